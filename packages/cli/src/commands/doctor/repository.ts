import { randomBytes } from 'node:crypto'
import { isSealwrightError } from '@sealwright/core'
import type { ArtifactStore } from '@sealwright/oci'
import {
  examineRegistry,
  listedSubjects,
  type ReferrersState,
  repairReferrers,
} from '@sealwright/oci-registry'
import pLimit from 'p-limit'
import type { RegistryFlags } from '../../flags/common-flags.ts'
import { asSealwrightError } from '../../runtime/failure.ts'
import type { Session } from '../../session/session.ts'
import { type OpenTarget, openTarget } from '../../targets/open-target.ts'
import type { ArtifactTarget } from '../../targets/target.ts'
import { type Check, failed, fault, ok, warning } from './check.ts'
import type { CheckedTarget } from './document.ts'
import { abilityChecks, referrersCheck } from './referrers.ts'

/** Everything in the repository whose signatures clients list by a tag; or why that cannot be known. */
type Found = { readonly subjects: readonly string[] } | { readonly refused: unknown }

/** What a registry offers for a repository, and whether the lists of signatures in it are true; `fix` makes them so. */
export async function checkRepository(
  session: Session,
  target: ArtifactTarget,
  flags: RegistryFlags,
  fix: boolean,
): Promise<CheckedTarget> {
  const checked = { reference: target.text, resolved: null, referrers: null, checks: [] }
  await using open = await openTarget(session, target, flags)
  const { signatures } = open
  try {
    const signal = await session.deadline()
    const { found, tagged, abilities } = await session.dialogue.waiting(signatures.name, async () => {
      const found = await taggedIn(signatures, signal)
      const tagged =
        'subjects' in found ? (found.subjects[0] ?? (await firstTagged(open, signal))) : undefined
      // Not every registry answers for the referrers of what it does not have as the specification demands.
      const subject = { digest: tagged ?? `sha256:${randomBytes(32).toString('hex')}` }
      return { found, tagged, abilities: await examineRegistry(signatures, subject, { signal }) }
    })
    const isEmpty = 'subjects' in found && tagged === undefined && abilities.referrers === 'tag'
    const there = isEmpty
      ? warning('registry', `${open.store.name} has no tags: it is new, or called otherwise`)
      : ok('registry', `${signatures.name} answers`)
    const listing =
      abilities.referrers === 'api'
        ? [listedByRegistry(found)]
        : await listChecks(session, signatures, found, { fix, flags })
    const checks = [there, ...abilityChecks(abilities), ...listing]
    return { ...checked, referrers: abilities.referrers, checks }
  } catch (error) {
    return { ...checked, checks: [failed(session, 'registry', error)] }
  }
}

async function taggedIn(store: ArtifactStore, signal: AbortSignal): Promise<Found> {
  try {
    return { subjects: await listedSubjects(store, { signal }) }
  } catch (error) {
    if (isRefusal(error)) return { refused: error }
    throw error
  }
}

async function firstTagged({ store }: OpenTarget, signal: AbortSignal): Promise<string | undefined> {
  try {
    for await (const tag of store.tags?.({ signal }) ?? []) {
      return (await store.resolve(tag, { signal })).digest
    }
    return undefined
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

/** What a registry answers that does not list its tags, or does not let us; or has no such tag any more. */
function isRefusal(error: unknown): boolean {
  return (
    isSealwrightError(error) &&
    ['ACCESS_DENIED', 'NOT_FOUND', 'UNAUTHENTICATED', 'UNSUPPORTED', 'VALIDATION'].includes(error.code)
  )
}

function listedByRegistry(found: Found): Check {
  const lists = 'subjects' in found ? found.subjects.length : 0
  const none = 'the registry lists signatures itself, and no list needs to be mended'
  return ok('list', lists === 0 ? none : `${none}; ${lists} that clients kept here stay as they are`)
}

async function listChecks(
  session: Session,
  store: ArtifactStore,
  found: Found,
  { fix, flags }: { readonly fix: boolean; readonly flags: RegistryFlags },
): Promise<readonly Check[]> {
  if ('refused' in found) {
    const { message } = asSealwrightError(found.refused, session.io.signal)
    return [
      fault(
        'list',
        `the registry does not list the tags of ${store.name}, so that its lists of signatures cannot be looked for: ${message}`,
        'allow the listing of tags, or name what is looked at: by its tag or digest',
      ),
    ]
  }
  const { subjects } = found
  if (subjects.length === 0) {
    return [ok('list', 'no list of signatures is kept here, and no signature has a tag of its own')]
  }
  const limit = pLimit(flags.concurrency ?? (await session.settings()).concurrency)
  const looked = await session.dialogue.waiting(`the signatures of ${subjects.length} artifacts`, () =>
    Promise.all(subjects.map(subject => limit(() => listCheck(session, store, subject, fix)))),
  )
  const wrong = looked.filter(check => check !== undefined)
  const sound = subjects.length - wrong.length
  return [
    ok(
      'list',
      `artifacts with signatures that clients list: ${subjects.length}, listed as they are: ${sound}`,
    ),
    ...wrong,
  ]
}

/** Returns `undefined` if the list is correct. A failure of one list does not stop the checks of the others. */
async function listCheck(
  session: Session,
  store: ArtifactStore,
  digest: string,
  fix: boolean,
): Promise<Check | undefined> {
  try {
    // Each has the time of a target: a list may be long.
    const signal = await session.deadline()
    const found = await repairReferrers(store, { digest }, { dryRun: true, signal })
    const whose = ` of ${digest}`
    if (isOther(found)) {
      return warning(
        'list',
        `${found.tag} names an index in which nothing refers to ${digest}: it may be no list, and stays as it is`,
        'if it is one, name the artifact itself, by its digest, with --fix',
      )
    }
    const mends = fix && !found.taken && !isSound(found)
    const state = mends ? await repairReferrers(store, { digest }, { signal }) : found
    const isTrue = isSound(state) && (!state.taken || state.referrers === 0)
    return isTrue ? undefined : referrersCheck(state, { whose, fix })
  } catch (error) {
    const check = failed(session, 'list', error)
    return { ...check, detail: `${digest}: ${check.detail}` }
  }
}

function isSound({ faults, damage }: ReferrersState): boolean {
  return faults.length === 0 && damage === undefined
}

/** Somebody may name an image after a digest: an index of which nothing refers to it is not written over unasked. */
function isOther({ referrers, faults, damage }: ReferrersState): boolean {
  return damage === undefined && referrers === 0 && faults.some(each => each.fault === 'foreign')
}
