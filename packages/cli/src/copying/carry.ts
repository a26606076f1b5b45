import {
  type ArtifactStore,
  type CopyReport,
  choosePlatform,
  copyGraph,
  type Descriptor,
  isTag,
} from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import type { ArtifactTarget } from '../targets/target.ts'
import type { Destination } from './destination.ts'
import type { CopyFlags } from './flags.ts'
import { progressOf } from './progress.ts'

/** Copies what was named, as the flags say, and shows how it goes. */
export async function carry(
  context: Context,
  stores: {
    readonly from: ArtifactStore
    readonly to: ArtifactStore
    /** Where all goes that refers to the artifact, if not to `to`. */
    readonly referrersTo: ArtifactStore | undefined
  },
  plan: {
    readonly artifact: Descriptor
    readonly source: ArtifactTarget
    readonly destination: Destination
    readonly flags: CopyFlags
    readonly signal: AbortSignal
  },
): Promise<CopyReport> {
  const { artifact, source, destination, flags, signal } = plan
  const { platform, only, dryRun = false } = flags
  const root =
    platform === undefined ? artifact : await choosePlatform(stores.from, artifact, platform, { signal })
  if (destination.digest !== undefined && destination.digest !== root.digest) {
    throw usageError(`${destination.target.text} names another artifact`, {
      why: `what would be copied is ${root.digest}`,
      fix: 'name a tag at the destination, or nothing: a digest stays what it is',
    })
  }
  const tags = await tagsOf(stores.from, artifact, source, destination, signal)
  const progress = progressOf(context)
  try {
    return await copyGraph(stores.from, root.digest, stores.to, {
      signal,
      dryRun,
      tags,
      concurrency: flags.concurrency ?? (await context.settings()).concurrency,
      onProgress: event => progress.take(event),
      ...(only === undefined ? {} : { only }),
      ...(stores.referrersTo === undefined ? {} : { referrersTo: stores.referrersTo }),
    })
  } finally {
    progress.end()
  }
}

/** The tag that the destination names; else those by which the source was found. A digest alone has none. */
async function tagsOf(
  store: ArtifactStore,
  { digest }: Descriptor,
  source: ArtifactTarget,
  destination: Destination,
  signal: AbortSignal,
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
  throw usageError(`"${wrong.name}" is not a tag that a registry takes`, {
    why: 'the layout calls the artifact so, and there is no tag in it',
    fix: `name the tag at the destination: ${target.repository}:TAG`,
  })
}
