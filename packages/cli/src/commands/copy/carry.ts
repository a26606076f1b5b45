import { createVerifier } from '@sealwright/notary'
import { type ArtifactStore, type CopyReport, copyGraph, type Descriptor, isTag } from '@sealwright/oci'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import type { OpenTarget } from '../../targets/open-target.ts'
import type { ArtifactTarget } from '../../targets/target.ts'
import { revocationOptions } from '../../trust/network.ts'
import { type Judged, judgedBy } from '../../verification/judged.ts'
import { trustOf } from '../../verification/trust.ts'
import type { Destination } from './destination.ts'
import { progressOf } from './progress.ts'
import type { CopyFlags } from './spec.ts'

/** Copies what was named, as the flags say, and shows how it goes. */
export async function carry(
  session: Session,
  stores: {
    readonly from: ArtifactStore
    readonly to: ArtifactStore
    /** Where all goes that refers to the artifact, if not to `to`. */
    readonly referrersTo: ArtifactStore | undefined
  },
  plan: {
    readonly artifact: Descriptor
    /** The artifact, or the image of the platform that was asked for. */
    readonly root: Descriptor
    readonly source: ArtifactTarget
    readonly destination: Destination
    readonly flags: CopyFlags
    readonly signal: AbortSignal
  },
): Promise<CopyReport> {
  const { artifact, root, source, destination, flags, signal } = plan
  const { only, dryRun = false } = flags
  if (destination.digest !== undefined && destination.digest !== root.digest) {
    throw usageError(`${destination.target.text} names another artifact`, {
      why: `what would be copied is ${root.digest}`,
      fix: 'name a tag at the destination, or none: a digest cannot change',
    })
  }
  const tags = await tagsOf(stores.from, { artifact, source, destination, signal })
  const progress = progressOf(session)
  try {
    return await copyGraph(stores.from, root.digest, stores.to, {
      signal,
      dryRun,
      tags,
      concurrency: flags.concurrency ?? (await session.settings()).concurrency,
      onProgress: event => progress.take(event),
      only,
      referrersTo: stores.referrersTo,
    })
  } finally {
    progress.end()
  }
}

/** The tag that the destination names; else those by which the source was found. A digest alone has none. */
async function tagsOf(
  store: ArtifactStore,
  {
    artifact: { digest },
    source,
    destination,
    signal,
  }: {
    readonly artifact: Descriptor
    readonly source: ArtifactTarget
    readonly destination: Destination
    readonly signal: AbortSignal
  },
): Promise<readonly string[]> {
  if (destination.tag !== undefined) return [destination.tag]
  if (destination.digest !== undefined) return []
  if (source.tag !== undefined) return tagsAt(destination, [source.tag])
  if (source.digest !== undefined) return []
  // The one artifact of a layout: what it is called there.
  const entries = (await store.entries?.({ signal })) ?? []
  const own = entries.filter(entry => entry.descriptor.digest === digest)
  return tagsAt(
    destination,
    own.flatMap(({ tags }) => tags),
  )
}

/** A layout may hold whole names, as podman writes them; a registry takes the tag in them. */
function tagsAt({ target }: Destination, names: readonly string[]): readonly string[] {
  if (target.kind !== 'registry') return names
  const tags = names.map(name => ({ name, tag: name.slice(name.lastIndexOf(':') + 1) }))
  const wrong = tags.find(({ tag }) => !isTag(tag))
  if (wrong === undefined) return [...new Set(tags.map(({ tag }) => tag))]
  throw usageError(`"${wrong.name}" is not a valid tag for a registry`, {
    why: 'the layout calls the artifact so, and there is no tag in it',
    fix: `name the tag at the destination: ${target.repository}:TAG`,
  })
}

/** Judges what is about to be copied under the trust of this run, by its digest: a tag may move meanwhile. */
export async function judge(
  session: Session,
  open: OpenTarget,
  {
    reference,
    digest,
    scope,
    caFile,
  }: {
    readonly reference: string
    readonly digest: string
    readonly scope?: string | undefined
    readonly caFile?: string | undefined
  },
  signal: AbortSignal,
): Promise<Judged> {
  const verifier = await createVerifier({
    trust: await trustOf(session, {}),
    clock: session.io.now,
    revocation: await revocationOptions(session, { caFile }),
  })
  const judgedAs = open.scope ?? scope
  const report = await verifier.verify(
    {
      artifacts: open.store,
      signatures: open.signatures,
      reference: digest,
      scope: judgedAs,
      places: open.places,
    },
    { signal, offline: session.flags.offline },
  )
  const judged = judgedBy(report)
  return { ...judged, target: { ...judged.target, reference, resolved: open.nameOf(digest) } }
}
