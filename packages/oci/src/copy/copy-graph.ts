import type { ArtifactStore } from '../artifact-store.ts'
import { isDigest } from '../digest.ts'
import type { CopyOptions, CopyReport, Moved } from './copy-options.ts'
import { type CopyPlan, planCopy } from './copy-plan.ts'
import { CopyRun, type CopyRunOptions } from './copy-run.ts'
import { splitPlan } from './split-plan.ts'

const CONCURRENCY = 8

/**
 * Copies an artifact with all that belongs to it (as {@link walkGraph} finds it) from one store to another: what is there
 * already stays, a registry is asked to take over blobs of its own, the rest is streamed and checked. Done again, it
 * completes what was cut off.
 *
 * The tag is written last, so a tag that resolves implies a complete copy, wherever `referrersTo` puts the referrers.
 *
 * @param reference - A tag or a digest in `from`.
 * @returns What was done, and what had to stay behind.
 * @throws {@link SealwrightError} when the artifact itself cannot be brought; and for what may pass (`UNAVAILABLE`,
 *   `THROTTLED`, `TIMEOUT`), after several tries.
 *
 * @example
 * ```ts
 * import { copyGraph, layoutArchive, layoutDirectory } from '@sealwright/oci'
 *
 * const archive = layoutArchive('app.tar', { create: true })
 * const { root } = await copyGraph(layoutDirectory('image'), 'v1', archive)
 * ```
 */
export async function copyGraph(
  from: ArtifactStore,
  reference: string,
  to: ArtifactStore,
  options: CopyOptions = {},
): Promise<CopyReport> {
  const { concurrency = CONCURRENCY, dryRun = false, retry = {}, onProgress, signal } = options
  const stop = new AbortController()
  const call = { signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]) }
  const tell = onProgress ?? (() => {})
  const artifact = await from.resolve(reference, call)
  const plan = await planCopy(from, artifact, { ...options, ...call, concurrency })
  // The destination itself is not another place.
  const referrersTo = options.referrersTo === to ? undefined : options.referrersTo
  const { artifact: own, referrers: others } =
    referrersTo === undefined ? { artifact: plan, referrers: undefined } : splitPlan(plan)
  announce(tell, others === undefined ? [own] : [own, others])
  const tags = options.tags ?? (isDigest(reference) ? [] : [reference])
  // Without referrers the artifact itself comes last, and its tag with it.
  const rootTag = plan.referring.size === 0 ? tags[0] : undefined
  const begin = async (
    part: CopyPlan,
    store: ArtifactStore,
    more: Pick<CopyRunOptions, 'tags' | 'rootTag' | 'absent' | 'copiedBefore'>,
  ) => {
    const run = new CopyRun(part, { from, to: store, call, retry, tell }, { concurrency, dryRun, ...more })
    await run.all(stop)
    return run
  }
  const writing = <T>(store: ArtifactStore, work: (store: ArtifactStore) => Promise<T>): Promise<T> =>
    dryRun || store.batch === undefined ? work(store) : store.batch(work, call)
  return writing(to, async destination => {
    const run = await begin(own, destination, { tags, rootTag })
    const other =
      referrersTo &&
      others &&
      (await writing(referrersTo, place =>
        begin(others, place, { tags: [], absent: run.left, copiedBefore: run.copied }),
      ))
    await run.tag()
    return {
      root: plan.root.descriptor,
      tags,
      ...movedBy(run),
      ...(other === undefined ? {} : { referrers: movedBy(other) }),
    }
  })
}

function announce(tell: NonNullable<CopyOptions['onProgress']>, parts: readonly CopyPlan[]): void {
  const blobs = parts.flatMap(part => [...part.blobs.values()])
  tell({
    type: 'planned',
    manifests: parts.reduce((sum, { manifests }) => sum + manifests.size, 0),
    blobs: blobs.length,
    bytes: blobs.reduce((sum, { size }) => sum + size, 0),
  })
}

function movedBy({ copied, skipped, mounted, left }: CopyRun): Moved {
  return { copied, skipped, mounted, left }
}
