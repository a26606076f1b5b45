import { SealwrightError } from '@sealwright/core'
import { throwIfAborted } from '../abort.ts'
import type { Descriptor } from '../descriptor.ts'
import { asError, copyContent, type Sides } from './copy-content.ts'
import type { LeftBehind } from './copy-options.ts'
import { type CopyPlan, keyOf, type PlannedManifest } from './copy-plan.ts'
import { Limiter } from './limiter.ts'

/** What one content came to: nothing if it is at the destination. */
type Result = SealwrightError | undefined

/** Carries out a plan: blobs before their manifest, children before their index, what is referred to before what refers. */
export class CopyRun {
  readonly copied: Descriptor[] = []
  readonly skipped: Descriptor[] = []
  readonly mounted: Descriptor[] = []
  readonly left: LeftBehind[] = []
  readonly #plan: CopyPlan
  readonly #sides: Sides
  readonly #dryRun: boolean
  readonly #limiter: Limiter
  readonly #blobs = new Map<string, Promise<Result>>()
  readonly #manifests = new Map<string, Promise<Result>>()
  readonly #listed = new Map<string, Promise<ReadonlySet<string>>>()
  readonly #unreadable: ReadonlyMap<string, SealwrightError>

  constructor(
    plan: CopyPlan,
    sides: Sides,
    { concurrency, dryRun }: { concurrency: number; dryRun: boolean },
  ) {
    this.#plan = plan
    this.#sides = sides
    this.#dryRun = dryRun
    this.#limiter = new Limiter(concurrency)
    this.left.push(...plan.left)
    this.#unreadable = new Map(plan.left.map(({ descriptor, why }) => [descriptor.digest, why]))
  }

  /**
   * @param stop - Aborts the calls of this run; aborted when it fails, and waited for.
   * @throws {@link SealwrightError} when the artifact itself cannot be brought, or what failed may pass.
   */
  async all(stop: AbortController): Promise<void> {
    const { root, manifests, blobs } = this.#plan
    const underway = [
      // In the order of the plan, so that a source that is a stream is read from front to back.
      ...[...blobs.values()].map(blob => this.#blob(blob)),
      ...[...manifests.values()].map(each => this.#manifest(each)),
      this.#manifest(root).then(failure => {
        if (failure !== undefined) throw failure
      }),
    ]
    try {
      await Promise.all(underway)
    } catch (error) {
      stop.abort()
      await Promise.allSettled(underway)
      throw error
    }
  }

  #blob(blob: Descriptor): Promise<Result> {
    return once(this.#blobs, keyOf(blob), () =>
      this.#limiter.run(() => this.#move(blob, undefined, undefined)),
    )
  }

  #manifest(planned: PlannedManifest): Promise<Result> {
    return once(this.#manifests, planned.descriptor.digest, async () => {
      const missing = await this.#missingFor(planned)
      if (missing !== undefined) return this.#leave(planned.descriptor, missing)
      return this.#limiter.run(() => this.#move(planned.descriptor, planned.bytes, planned))
    })
  }

  /** What must be there before it and could not be brought. */
  async #missingFor({ descriptor, blobs, children, after }: PlannedManifest): Promise<Result> {
    // A child that is missing is no reason: an index may list what a store does not hold.
    const before = [
      ...blobs.map(async blob => (isForeign(blob) ? void (await this.#blob(blob)) : this.#blob(blob))),
      ...children.map(async child => void (await this.#planned(child))),
      ...(after === undefined ? [] : [this.#planned(after)]),
    ]
    const needed = [...blobs, ...children, ...(after === undefined ? [] : [after])]
    const results = await Promise.all(before)
    const index = results.findIndex(result => result !== undefined)
    const cause = results[index]
    return (
      cause &&
      new SealwrightError(
        cause.code,
        `${descriptor.digest} cannot be copied without ${needed[index]?.digest}`,
        {
          why: cause.why === undefined ? cause.message : `${cause.message}: ${cause.why}`,
          ...(cause.fix === undefined ? {} : { fix: cause.fix }),
          cause,
        },
      )
    )
  }

  async #planned({ digest }: Descriptor): Promise<Result> {
    const planned = this.#plan.manifests.get(digest)
    return planned === undefined ? this.#unreadable.get(digest) : this.#manifest(planned)
  }

  async #move(
    descriptor: Descriptor,
    bytes: Uint8Array | undefined,
    manifest: PlannedManifest | undefined,
  ): Promise<Result> {
    const { to, call, tell } = this.#sides
    throwIfAborted(call.signal)
    try {
      if (await this.#isThere(descriptor, manifest)) {
        this.skipped.push(descriptor)
        tell({ type: 'skipped', descriptor })
      } else if (this.#dryRun) {
        this.copied.push(descriptor)
      } else {
        const way = await copyContent(descriptor, bytes, this.#sides)
        const list = way === 'done' ? this.copied : this.mounted
        list.push(descriptor)
        tell({ type: way, descriptor })
      }
      if (!this.#dryRun) for (const tag of manifest?.tags ?? []) await to.tag(descriptor, tag, call)
      return undefined
    } catch (thrown) {
      const error = asError(thrown)
      // What may pass ends the copy, to be run again; the rest is about this content.
      if (error.retryable || error.code === 'ABORTED' || error.code === 'UNAUTHENTICATED') throw error
      return isForeign(descriptor) && error.code === 'NOT_FOUND' ? error : this.#leave(descriptor, error)
    }
  }

  /** A referrer must be listed too: one that only lies there is not found by anyone. */
  async #isThere(descriptor: Descriptor, manifest: PlannedManifest | undefined): Promise<boolean> {
    const { to, call } = this.#sides
    const subject = manifest?.subject
    if (subject !== undefined) {
      const listed = await once(this.#listed, subject.digest, async () => {
        const digests = new Set<string>()
        for await (const { digest } of to.referrers(subject, call)) digests.add(digest)
        return digests as ReadonlySet<string>
      })
      if (!listed.has(descriptor.digest)) return false
    }
    return to.exists(descriptor, call)
  }

  #leave(descriptor: Descriptor, why: SealwrightError): SealwrightError {
    this.left.push({ descriptor, why })
    this.#sides.tell({ type: 'failed', descriptor, error: why })
    return why
  }
}

/** Layers that their owner lets be fetched from him alone (image-spec `layer.md`, "Non-Distributable Layers"). */
function isForeign({ mediaType, urls }: Descriptor): boolean {
  return urls !== undefined && /\.(?:foreign|nondistributable)\./.test(mediaType)
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  // Whoever waits for it is told; nobody may wait any more when the copy has failed.
  made.catch(() => {})
  known.set(key, made)
  return made
}
