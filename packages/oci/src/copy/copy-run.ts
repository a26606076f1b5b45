import { SealwrightError } from '@sealwright/core'
import pLimit, { type LimitFunction } from 'p-limit'
import { throwIfAborted } from '../abort.ts'
import type { Descriptor } from '../descriptor.ts'
import { parseManifest } from '../manifest.ts'
import { readBlob, readManifest } from '../read.ts'
import { asError, copyContent, type Sides } from './copy-content.ts'
import type { LeftBehind } from './copy-options.ts'
import { type CopyPlan, isForeign, keyOf, type PlannedManifest } from './copy-plan.ts'
import { CopyState } from './copy-state.ts'
import { type TagChange, tagChange } from './cosign-tags.ts'
import { lostReferrers } from './lost-referrers.ts'

export interface CopyRunOptions {
  readonly concurrency: number
  readonly dryRun: boolean
  /** Of the artifact, at the destination. */
  readonly tags: readonly string[]
  /** One of these that the artifact may be given as it is brought: nothing comes after it. */
  readonly rootTag?: string | undefined
  /** What was to be brought elsewhere, and was not: what refers to it stays behind as well. */
  readonly absent?: readonly LeftBehind[]
  /** What was copied elsewhere before. */
  readonly copiedBefore?: readonly Descriptor[]
}

/** What one content came to: nothing if it is at the destination. */
type Result = SealwrightError | undefined

/** What becomes of a manifest with tags that are made of digests. */
interface TaggedManifest {
  /** Whether it is brought: not for a tag that stays with another. */
  readonly wanted: boolean
  /** Every tag of it stays with another: it was left behind. */
  readonly refused: boolean
  set(): Promise<void>
}

/** What may be wrong with one content at the source, and not with the source. */
const FAULTS_OF_CONTENT: readonly string[] = ['NOT_FOUND', 'INTEGRITY', 'VALIDATION']

/** So many small contents count as one of the things that happen at the same time. */
const SMALL_AT_ONCE = 2

/** What is larger, in bytes, comes through a stream one at a time. */
const SMALL = 1024 * 1024

/**
 * Carries out a plan: blobs before their manifest, children before their index, what is referred to before what refers,
 * the tag last, when it is told to. Where all becomes visible together and in the order in which it is written, the manifests go first, so
 * that whoever reads the stream knows what comes.
 */
export class CopyRun {
  readonly copied: Descriptor[] = []
  readonly skipped: Descriptor[] = []
  readonly mounted: Descriptor[] = []
  readonly left: LeftBehind[] = []
  readonly #plan: CopyPlan
  readonly #sides: Sides
  readonly #options: CopyRunOptions
  readonly #state: CopyState
  readonly #limit: LimitFunction
  /**
   * What is small waits more than it works. Manifests wait for each other where a list of referrers is kept, too: many go
   * into one change of it.
   */
  readonly #smallLimit: LimitFunction
  readonly #oneByOne: LimitFunction
  readonly #blobs = new Map<string, Promise<Result>>()
  readonly #manifests = new Map<string, Promise<Result>>()
  readonly #tags = new Map<string, Promise<TaggedManifest>>()
  readonly #referrers: PlannedManifest[] = []
  readonly #unreadable: ReadonlyMap<string, SealwrightError>
  /** Errors that the source is to blame for, not the destination. */
  readonly #ofSource = new WeakSet<object>()
  /** Manifests that are at a destination already whose blobs are still to come. */
  readonly #announced = new Set<string>()
  /** The tag that the artifact was given as it was brought. */
  #rootTag: string | undefined

  constructor(plan: CopyPlan, sides: Omit<Sides, 'blameSource'>, options: CopyRunOptions) {
    this.#plan = plan
    this.#sides = { ...sides, blameSource: error => void this.#ofSource.add(Object(error)) }
    this.#options = options
    this.#state = new CopyState(this.#sides, plan.root.descriptor)
    this.#limit = pLimit(options.concurrency)
    this.#smallLimit = pLimit(options.concurrency * SMALL_AT_ONCE)
    this.#oneByOne = pLimit(1)
    this.left.push(...plan.left)
    for (const { why } of plan.left) this.#ofSource.add(why)
    const absent = [...(options.absent ?? []), ...plan.left]
    this.#unreadable = new Map(absent.map(({ descriptor, why }) => [descriptor.digest, why]))
  }

  /**
   * @param stop - Aborts the calls of this run; aborted when it fails, and waited for.
   * @throws {@link SealwrightError} when the artifact itself cannot be brought, or what failed may pass.
   */
  async all(stop: AbortController): Promise<void> {
    const { from, to } = this.#sides
    const { dryRun } = this.#options
    const { root, manifests, blobs } = this.#plan
    const underway: Promise<unknown>[] = []
    try {
      if (to.stream && !dryRun) await this.#announce()
      if (from.stream) await this.#inOrder([...blobs.values()])
      underway.push(
        ...[...blobs.values()].map(blob => this.#blob(blob)),
        ...[...manifests.values()].map(async each => {
          const failure = await this.#manifest(each)
          if (failure !== undefined && each === root) throw failure
        }),
      )
      await Promise.all(underway)
    } catch (error) {
      stop.abort()
      await Promise.allSettled([...underway, ...this.#blobs.values()])
      throw error
    }
    if (!dryRun && !to.stream) await this.#confirmReferrers()
  }

  /** Gives the artifact its tags: after {@link CopyRun.all}. What is written to a stream has them already. */
  async tag(): Promise<void> {
    const { to, call } = this.#sides
    const { dryRun, tags } = this.#options
    if (dryRun || to.stream) return
    const { descriptor, bytes } = this.#plan.root
    for (const tag of tags) if (tag !== this.#rootTag) await to.tag(descriptor, tag, { ...call, bytes })
  }

  /** What a layout or memory took it lists. */
  async #confirmReferrers(): Promise<void> {
    const { to } = this.#sides
    if (to.entries !== undefined) return
    for (const { descriptor } of await lostReferrers(this.#referrers, this.#sides)) {
      this.copied.splice(this.copied.indexOf(descriptor), 1)
      this.#leave(descriptor, notListed(descriptor, to.name))
    }
  }

  /** Blobs of a stream, from front to back: small ones together, each large one when all before it have come. */
  async #inOrder(blobs: readonly Descriptor[]): Promise<void> {
    let before: Promise<Result>[] = []
    for (const blob of blobs) {
      if (blob.size > SMALL) {
        await Promise.all(before)
        before = []
        await this.#blob(blob)
      } else before.push(this.#blob(blob))
    }
    await Promise.all(before)
  }

  /** Puts manifests and tags before the blobs: those of which nothing is known to be missing. */
  async #announce(): Promise<void> {
    const { from, to, call } = this.#sides
    const { root, manifests, blobs } = this.#plan
    // A source that is a stream itself would have to be read to its end to know.
    if (!from.stream) await Promise.all([...blobs.values()].map(blob => this.#assertThere(blob)))
    for (const planned of manifests.values()) {
      const { descriptor, bytes } = planned
      if (await this.#isKnownToBeMissing(planned)) continue
      const { wanted, set } = await this.#tagged(planned)
      if (wanted && !(await this.#state.isThere(descriptor, planned))) {
        const content = bytes ?? (await readBlob(from, descriptor, descriptor.size, call))
        await to.push(descriptor, content, { ...call, anyway: true })
        this.#announced.add(descriptor.digest)
      }
      await set()
      if (planned === root) for (const tag of this.#options.tags) await to.tag(descriptor, tag, call)
    }
  }

  /** Leaves a blob behind that the source does not have. */
  async #assertThere(blob: Descriptor): Promise<void> {
    const { from, call } = this.#sides
    if (blob.data !== undefined || isForeign(blob)) return
    const there = await this.#limit(() => from.exists(blob, call))
    if (there) return
    const why = new SealwrightError('NOT_FOUND', `${from.name} has no blob ${blob.digest}`)
    this.#ofSource.add(why)
    this.#blobs.set(keyOf(blob), Promise.resolve(this.#leave(blob, why)))
  }

  async #isKnownToBeMissing({ blobs, after }: PlannedManifest): Promise<boolean> {
    for (const blob of blobs) if ((await this.#blobs.get(keyOf(blob))) !== undefined) return true
    if (after === undefined) return false
    const before = this.#plan.manifests.get(after.digest)
    return before === undefined || this.#isKnownToBeMissing(before)
  }

  #blob(blob: Descriptor): Promise<Result> {
    const move = () => this.#move(blob, undefined, undefined)
    const inTurn = this.#sides.to.stream ? () => this.#oneByOne(move) : move
    return once(this.#blobs, keyOf(blob), inTurn)
  }

  #manifest(planned: PlannedManifest): Promise<Result> {
    const { descriptor, bytes } = planned
    return once(this.#manifests, descriptor.digest, async () => {
      const missing = await this.#missingFor(planned)
      const announced = this.#announced.has(descriptor.digest)
      if (missing === undefined && !announced) return this.#move(descriptor, bytes, planned)
      if (missing === undefined) {
        this.copied.push(descriptor)
        this.#sides.tell({ type: 'done', descriptor })
        return undefined
      }
      if (announced) await this.#sides.to.delete(descriptor, this.#sides.call)
      return this.#leave(descriptor, missing)
    })
  }

  /** What must be there before it and could not be brought. */
  async #missingFor({ descriptor, blobs, children, after }: PlannedManifest): Promise<Result> {
    const needed = [
      ...children.map(blob => ({ blob, result: this.#child(blob) })),
      ...blobs.filter(blob => !isForeign(blob)).map(blob => ({ blob, result: this.#blob(blob) })),
      ...(after === undefined ? [] : [{ blob: after, result: this.#planned(after) }]),
    ]
    for (const { result } of needed) result.catch(() => {})
    for (const { blob, result } of needed) {
      const cause = await result
      if (cause === undefined) continue
      const failure = without(descriptor, blob, cause)
      if (this.#ofSource.has(cause)) this.#ofSource.add(failure)
      return failure
    }
    return undefined
  }

  /**
   * A child that the source lacks or holds damaged is not a reason: an index may list what a store does not hold. One that the
   * destination refuses is, or the tag would lead to less than was there.
   */
  async #child(child: Descriptor): Promise<Result> {
    const result = await this.#planned(child)
    const lacks =
      result !== undefined && this.#ofSource.has(result) && FAULTS_OF_CONTENT.includes(result.code)
    return lacks ? undefined : result
  }

  #planned({ digest }: Descriptor): Promise<Result> {
    const planned = this.#plan.manifests.get(digest)
    return planned === undefined ? Promise.resolve(this.#unreadable.get(digest)) : this.#manifest(planned)
  }

  async #move(
    descriptor: Descriptor,
    bytes: Uint8Array | undefined,
    manifest: PlannedManifest | undefined,
  ): Promise<Result> {
    const { tell } = this.#sides
    const { dryRun, rootTag } = this.#options
    const small = this.#smallLimit
    const large = descriptor.size > SMALL ? this.#limit : small
    try {
      // Hardly any manifest has such tags, and each pass through a limit costs.
      const tagged = manifest?.tags.length ? await small(() => this.#tagged(manifest)) : undefined
      // Asked for ahead of the large ones that are under way.
      if (tagged?.refused) return undefined
      if (tagged?.wanted === false || (await small(() => this.#isThere(descriptor, manifest)))) {
        this.skipped.push(descriptor)
        tell({ type: 'skipped', descriptor })
      } else if (dryRun) {
        this.copied.push(descriptor)
      } else {
        const tag = manifest === this.#plan.root ? rootTag : undefined
        const moved = await large(() => copyContent({ descriptor, bytes, tag }, this.#sides))
        const { way, referrers } = moved
        if (moved.tagged) this.#rootTag = tag
        const list = way === 'done' ? this.copied : this.mounted
        list.push(descriptor)
        // Of a list that clients keep it was read back that it is there.
        if (manifest?.subject !== undefined && referrers !== 'tag') this.#referrers.push(manifest)
        tell({ type: way, descriptor })
      }
      if (tagged !== undefined && !dryRun) await small(tagged.set)
      return undefined
    } catch (thrown) {
      const error = asError(thrown)
      // Bytes that are not what they should be are found out on both sides.
      if (error.code === 'INTEGRITY' || this.#ofSource.has(Object(thrown))) this.#ofSource.add(error)
      // What may pass ends the copy, to be run again; the rest is about this content.
      if (error.retryable || error.code === 'ABORTED' || error.code === 'UNAUTHENTICATED') throw error
      // A directory or a file that may not be written takes nothing else either.
      const isClosed = error.code === 'ACCESS_DENIED' && this.#sides.to.entries !== undefined
      if (isClosed && !this.#ofSource.has(error)) throw error
      return isForeign(descriptor) && error.code === 'NOT_FOUND' ? error : this.#leave(descriptor, error)
    }
  }

  /**
   * What becomes of the tags of a manifest that are made of a digest: decided once, before it is brought. What cannot have
   * its tag is left behind; it is not brought for the tag alone.
   */
  #tagged(planned: PlannedManifest): Promise<TaggedManifest> {
    return once(this.#tags, planned.descriptor.digest, () => this.#decideTags(planned))
  }

  async #decideTags(planned: PlannedManifest): Promise<TaggedManifest> {
    const { from, to, call } = this.#sides
    const { descriptor, bytes, tags, after } = planned
    if (tags.length === 0) return { wanted: true, refused: false, set: async () => {} }
    const manifest = async () =>
      bytes === undefined ? readManifest(from, descriptor, call) : parseManifest(bytes, descriptor.mediaType)
    const isCopied = () => after !== undefined && this.#brings(after)
    const changes: { readonly tag: string; readonly change: TagChange }[] = []
    for (const tag of tags) {
      const change = await tagChange(to, tag, { ...call, descriptor, manifest, isCopied })
      changes.push({ tag, change })
      if (change.type === 'refuse') this.#leave(descriptor, change.why)
    }
    const needed = this.#plan.needed.has(descriptor.digest)
    return {
      wanted: needed || changes.some(({ change }) => change.type === 'set'),
      refused: !needed && changes.every(({ change }) => change.type === 'refuse'),
      set: async () => {
        for (const { tag, change } of changes) {
          if (change.type === 'set') await to.tag(descriptor, tag, call)
          if (change.type === 'merge') await this.#merge(tag, change)
        }
      },
    }
  }

  async #merge(tag: string, { config, manifest }: Extract<TagChange, { type: 'merge' }>): Promise<void> {
    const { to, call } = this.#sides
    for (const { descriptor, bytes } of [config, manifest]) {
      await to.push(descriptor, bytes, call)
      this.copied.push(descriptor)
    }
    await to.tag(manifest.descriptor, tag, call)
  }

  /** Whether the copy brings it: the artifact that was asked for, or what was not at the destination before. */
  #brings({ digest }: Descriptor): boolean {
    return (
      digest === this.#plan.root.descriptor.digest ||
      this.#announced.has(digest) ||
      [...this.copied, ...(this.#options.copiedBefore ?? [])].some(each => each.digest === digest)
    )
  }

  async #isThere(descriptor: Descriptor, manifest: PlannedManifest | undefined): Promise<boolean> {
    throwIfAborted(this.#sides.call.signal)
    return this.#state.isThere(descriptor, manifest)
  }

  #leave(descriptor: Descriptor, why: SealwrightError): SealwrightError {
    this.left.push({ descriptor, why })
    this.#sides.tell({ type: 'failed', descriptor, error: why })
    return why
  }
}

function notListed({ digest }: Descriptor, name: string): SealwrightError {
  return new SealwrightError('UNAVAILABLE', `${name} took ${digest} and does not list it as a referrer`, {
    fix: 'copy again; copied content is kept',
  })
}

function without({ digest }: Descriptor, needed: Descriptor, cause: SealwrightError): SealwrightError {
  return new SealwrightError(cause.code, `${digest} cannot be copied without ${needed.digest}`, {
    why: cause.why === undefined ? cause.message : `${cause.message}: ${cause.why}`,
    fix: cause.fix,
    remedy: cause.remedy,
    cause,
  })
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
