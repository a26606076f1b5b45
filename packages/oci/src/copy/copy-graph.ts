import type { ArtifactStore } from '../artifact-store.ts'
import { isDigest } from '../digest.ts'
import type { CopyOptions, CopyReport } from './copy-options.ts'
import { planCopy } from './copy-plan.ts'
import { CopyRun } from './copy-run.ts'

const CONCURRENCY = 8

/**
 * Copies an artifact with all that belongs to it (as {@link walkGraph} finds it) from one store to another: what is there
 * already stays, a registry is asked to take over blobs of its own, the rest is streamed and checked. Done again, it
 * completes what was cut off.
 *
 * The tag comes last: who finds it finds all.
 *
 * @param reference - A tag or a digest in `from`.
 * @returns What was done, and what had to stay behind.
 * @throws {@link SealwrightError} when the artifact itself cannot be brought; and for what may pass (`UNAVAILABLE`,
 *   `THROTTLED`, `TIMEOUT`), after several tries.
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
  tell({
    type: 'planned',
    manifests: plan.manifests.size,
    blobs: plan.blobs.size,
    bytes: [...plan.blobs.values()].reduce((sum, { size }) => sum + size, 0),
  })
  const tags = options.tags ?? (isDigest(reference) ? [] : [reference])
  const root = plan.root.descriptor
  const copy = async (destination: ArtifactStore): Promise<CopyReport> => {
    const run = new CopyRun(plan, { from, to: destination, call, retry, tell }, { concurrency, dryRun, tags })
    await run.all(stop)
    const { copied, skipped, mounted, left } = run
    return { root, tags, copied, skipped, mounted, left }
  }
  return dryRun || to.batch === undefined ? copy(to) : to.batch(copy, call)
}
