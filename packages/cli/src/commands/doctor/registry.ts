import { isSealwrightError } from '@sealwright/core'
import {
  type ArtifactStore,
  childrenOf,
  type Descriptor,
  MediaTypes,
  readManifest,
  referrersTag,
} from '@sealwright/oci'
import { examineRegistry, repairReferrers } from '@sealwright/oci-registry'
import type { RegistryFlags } from '../../flags/common-flags.ts'
import type { Session } from '../../session/session.ts'
import { openTarget } from '../../targets/open-target.ts'
import type { ArtifactTarget } from '../../targets/target.ts'
import { type Check, failed, ok } from './check.ts'
import type { CheckedTarget } from './document.ts'
import { abilityChecks, referrersCheck } from './referrers.ts'

/** What a registry offers for a target, and whether the list of its signatures is true; `fix` makes it so. */
export async function checkRegistry(
  session: Session,
  target: ArtifactTarget,
  flags: RegistryFlags,
  fix: boolean,
): Promise<CheckedTarget> {
  const reference = target.text
  const checked = { reference, resolved: null, referrers: null, checks: [] }
  await using open = await openTarget(session, target, flags)
  const signal = await session.deadline()
  let subject: Descriptor
  try {
    subject = await session.dialogue.waiting(open.store.name, () => open.resolve(signal))
  } catch (error) {
    return { ...checked, checks: [failed(session, 'registry', error)] }
  }
  const resolved = open.nameOf(subject.digest)
  const { signatures } = open
  try {
    const abilities = await session.dialogue.waiting(signatures.name, () =>
      examineRegistry(signatures, subject, { signal }),
    )
    const checks = [
      ok('registry', `${resolved} is there`),
      ...abilityChecks(abilities),
      ...(abilities.referrers === 'tag'
        ? await listChecks(session, { artifacts: open.store, signatures, subject, fix })
        : await keptListCheck(signatures, subject, signal)),
    ]
    return { reference, resolved, referrers: abilities.referrers, checks }
  } catch (error) {
    return { ...checked, resolved, checks: [failed(session, 'registry', error)] }
  }
}

/** A list that older clients left where the registry lists referrers itself: zot deletes nothing that it names. */
async function keptListCheck(
  store: ArtifactStore,
  { digest }: Descriptor,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const tag = referrersTag(digest)
  let list: Descriptor
  try {
    list = await store.resolve(tag, { signal })
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'NOT_FOUND') return []
    throw error
  }
  if (list.digest === digest || list.mediaType !== MediaTypes.index) return []
  const named = childrenOf(await readManifest(store, list, { signal })).length
  if (named === 0) return []
  return [
    ok(
      'list',
      `an index under ${tag} names ${named} of the signatures too; some registries (zot) delete a signature only once no index names it, and \`sealwright delete\` removes it from the index first`,
    ),
  ]
}

/** Of the target, and of the manifests of an index. */
async function listChecks(
  session: Session,
  {
    artifacts,
    signatures,
    subject,
    fix,
  }: {
    readonly artifacts: ArtifactStore
    readonly signatures: ArtifactStore
    readonly subject: Descriptor
    readonly fix: boolean
  },
): Promise<readonly Check[]> {
  const manifest = await readManifest(artifacts, subject, { signal: await session.deadline() })
  const checks: Check[] = []
  for (const one of [subject, ...childrenOf(manifest)]) {
    // Each has the time of a target: a list may be long.
    const signal = await session.deadline()
    const state = await session.dialogue.waiting(`the signatures of ${one.digest}`, () =>
      repairReferrers(signatures, one, { dryRun: !fix, signal }),
    )
    checks.push(referrersCheck(state, { whose: one === subject ? '' : ` of ${one.digest}`, fix }))
  }
  return checks
}
