import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import {
  type Descriptor,
  MAX_MANIFEST_BYTES,
  type ReferrersQuery,
  referrersTag,
  type StoreCall,
} from '@sealwright/oci'
import { pause, throwIfAborted } from '@sealwright/oci/store'
import type { ReferrerTags } from './referrer-tags.ts'
import type { ReferrersList, Subject } from './referrers-list.ts'

const ATTEMPTS = 6
/** What registries answer where a tag is immutable: by code (ECR, Harbor, ACR), or in their own words. */
const IMMUTABLE = /immutable|already exists|overwritten|\blocked\b/i
/** Without an end to it, who came first would wait as long as others come. */
const ROUNDS_WITH_MORE = 3
const SHORTEST_SETTLE_MS = 20
const LONGEST_SETTLE_MS = 2000

/** All clients of this process: a registry seldom offers more than last-writer-wins. */
const writers = new KeyedMutex()

export interface FallbackOptions {
  readonly list: ReferrersList
  readonly referrerTags: ReferrerTags
  /** Of the repository, for messages, and to keep writers to the same one apart. */
  readonly name: string
  /** After a write, how long to wait before looking whether it lasted. */
  readonly settleMs: number | undefined
  readonly onWarning: ((text: string) => void) | undefined
}

/** One change of a list that waits for its turn. */
interface Change {
  readonly entry?: Descriptor
  readonly removed?: string
  /** Hardly anybody else knows the subject yet. */
  readonly alone?: boolean
  done?: true
}

/**
 * Referrers where a registry has no API for them: an index under a tag that is made of the subject's digest and kept by
 * the clients (distribution-spec, "Referrers Tag Schema"), and beside it a claim for each, which no race can overwrite.
 */
export class ReferrersFallback {
  readonly #options: FallbackOptions
  readonly #waiting = new Map<string, Change[]>()
  /** By tag: ends the wait of whoever has the turn. */
  readonly #settling = new Map<string, AbortController>()

  constructor(options: FallbackOptions) {
    this.#options = options
  }

  /** All that are listed or claimed. Of the listed, their manifests say whether they truly refer to the subject. */
  async all(subject: Subject, call: Pick<ReferrersQuery, 'signal' | 'tags'>): Promise<readonly Descriptor[]> {
    const { list, referrerTags } = this.#options
    const { manifests } = await list.read(subject, call)
    return [...manifests, ...(await referrerTags.missingFromIndex(subject, manifests, call))]
  }

  /**
   * Comes before {@link add}: from then on the referrer is found, whatever becomes of the list.
   *
   * @returns The headers of the answer.
   */
  claim(
    subject: Subject,
    descriptor: Descriptor,
    bytes: Uint8Array,
    call: StoreCall,
  ): Promise<Headers | undefined> {
    return this.#options.referrerTags.put(subject, descriptor, bytes, call)
  }

  /**
   * Lists what has a claim.
   *
   * @param alone - The subject was brought only now, by us: another client that writes to the same list is not likely, and
   *   is waited for as long as it takes at least.
   */
  add(subject: Subject, entry: Descriptor, alone: boolean, call: StoreCall): Promise<void> {
    return this.#change(subject, { entry, alone }, call)
  }

  /** Takes away the tag that a referrer has of its own. False if it has none, or it stays. */
  unclaim(subject: Subject, digest: string, call: StoreCall): Promise<boolean> {
    return this.#options.referrerTags.remove(subject, digest, call)
  }

  /** Whether the list names a referrer. */
  async lists(subject: Subject, digest: string, call: StoreCall): Promise<boolean> {
    const { manifests } = await this.#options.list.read(subject, call)
    return manifests.some(each => each.digest === digest)
  }

  async remove(subject: Subject, digest: string, call: StoreCall): Promise<void> {
    await this.#options.referrerTags.remove(subject, digest, call)
    await this.#change(subject, { removed: digest }, call)
  }

  /** Whoever has the turn writes for all who wait. */
  async #change(subject: Subject, change: Change, call: StoreCall): Promise<void> {
    const tag = referrersTag(subject.digest)
    const waiting = this.#waiting.get(tag) ?? []
    this.#waiting.set(tag, waiting)
    waiting.push(change)
    this.#settling.get(tag)?.abort()
    await writers.run(`${this.#options.name} ${tag}`, async () => {
      if (change.done) return
      const batch = [...waiting.splice(waiting.indexOf(change), 1)]
      take(waiting, batch)
      try {
        await this.#write(subject, batch, waiting, call)
        for (const each of batch) each.done = true
      } catch (error) {
        // It was this caller's time that ran out, or its right that was missing: the others try for themselves.
        waiting.unshift(...batch.filter(each => each !== change))
        throw error
      } finally {
        if (waiting.length === 0) this.#waiting.delete(tag)
      }
    })
  }

  /**
   * Read, change, write, and read again: what another client wrote in between would otherwise be lost, or have lost
   * this. Registries that know conditional requests are told what they may replace, though few do. After a conflict
   * whatever others claim is written too, as they may have lost theirs. Who comes meanwhile is taken along, a few times.
   */
  async #write(subject: Subject, batch: Change[], waiting: Change[], call: StoreCall): Promise<void> {
    const { list, referrerTags } = this.#options
    let written: readonly Change[] = []
    let conflicts = 0
    for (let round = 1; ; round++) {
      const started = performance.now()
      const { manifests, served, taken, unreadable } = await list.read(subject, call)
      if (round <= ROUNDS_WITH_MORE) take(waiting, batch)
      if (holds(manifests, batch)) return
      if (!holds(manifests, written) && ++conflicts === ATTEMPTS) {
        return this.#couldNotUpdate(subject, batch, `others changed it each time, ${ATTEMPTS} times`, call)
      }
      if (taken)
        return this.#couldNotUpdate(
          subject,
          batch,
          'it answers for the tag of the list with the subject',
          call,
        )
      const others = conflicts === 0 ? [] : await referrerTags.missingFromIndex(subject, manifests, call)
      const wanted = apply([...manifests, ...others], batch)
      if (!list.fits(wanted)) {
        return this.#couldNotUpdate(subject, batch, `its list would exceed ${MAX_MANIFEST_BYTES} bytes`, call)
      }
      const refused = await this.#refusal(list.write(subject, served, wanted, call, unreadable))
      if (refused !== undefined) {
        // Only the first list can be written then.
        if (served === undefined) throw refused
        return this.#couldNotUpdate(subject, batch, `all tags are immutable, the index too`, call, refused)
      }
      written = [...batch]
      const mayBeCut = round < ROUNDS_WITH_MORE
      if (mayBeCut && waiting.length > 0) continue
      const took = performance.now() - started
      const alone = conflicts === 0 && batch.every(each => each.alone)
      await this.#settle(subject, this.#settleMs(took, alone) * (conflicts + 1), mayBeCut, call)
    }
  }

  async #refusal(writing: Promise<unknown>): Promise<SealwrightError | undefined> {
    try {
      await writing
      return undefined
    } catch (error) {
      if (isSealwrightError(error) && IMMUTABLE.test(`${error.message} ${error.why ?? ''}`)) return error
      throw error
    }
  }

  /** How long another client that read the list before may take to write it: about as long as we did. */
  #settleMs(tookMs: number, alone: boolean): number {
    const { settleMs = Math.min(Math.max(2 * tookMs, SHORTEST_SETTLE_MS), LONGEST_SETTLE_MS) } = this.#options
    return alone ? Math.min(tookMs, settleMs) : settleMs * (0.5 + Math.random())
  }

  /** @param mayBeCut - Whether who has more to write need not wait for the end of it. */
  async #settle(subject: Subject, milliseconds: number, mayBeCut: boolean, call: StoreCall): Promise<void> {
    if (!mayBeCut) return pause(milliseconds, call.signal)
    const tag = referrersTag(subject.digest)
    const more = new AbortController()
    this.#settling.set(tag, more)
    try {
      await pause(milliseconds, call.signal ? AbortSignal.any([call.signal, more.signal]) : more.signal)
    } catch (error) {
      throwIfAborted(call.signal)
      if (!more.signal.aborted) throw error
    } finally {
      this.#settling.delete(tag)
    }
  }

  /** Fails only if the list lacks a referrer that cannot be found by a tag of its own either. */
  async #couldNotUpdate(
    subject: Subject,
    batch: readonly Change[],
    why: string,
    call: StoreCall,
    refused?: SealwrightError,
  ): Promise<void> {
    const { referrerTags, name, onWarning } = this.#options
    const removes = batch.some(({ removed }) => removed !== undefined)
    if (removes || !holds(await referrerTags.missingFromIndex(subject, [], call), batch)) {
      if (refused !== undefined) throw refused
      throw new SealwrightError('UNAVAILABLE', `the list of referrers in ${name} could not be changed`, {
        why: `${why} (tag ${referrersTag(subject.digest)})`,
        fix: 'try again when others are done',
      })
    }
    if (batch.some(({ entry }) => entry !== undefined)) {
      onWarning?.(
        `other programs may not find this referrer in ${name}, because it is only under a tag of its own: ${why}`,
      )
    }
  }
}

/** Moves changes into a batch, in their order, but for one that would undo another. */
function take(waiting: Change[], batch: Change[]): void {
  for (const change of waiting.splice(0)) {
    const contradicts = batch.some(
      each => each.entry?.digest === (change.removed ?? '') || each.removed === (change.entry?.digest ?? ''),
    )
    if (contradicts) waiting.push(change)
    else batch.push(change)
  }
}

function holds(listed: readonly Descriptor[], batch: readonly Change[]): boolean {
  const digests = new Set(listed.map(({ digest }) => digest))
  return batch.every(
    ({ entry, removed }) =>
      (entry === undefined || digests.has(entry.digest)) && (removed === undefined || !digests.has(removed)),
  )
}

function apply(listed: readonly Descriptor[], batch: readonly Change[]): readonly Descriptor[] {
  const entries = new Map(listed.map(each => [each.digest, each]))
  for (const { entry, removed } of batch) {
    if (entry !== undefined && !entries.has(entry.digest)) entries.set(entry.digest, entry)
    if (removed !== undefined) entries.delete(removed)
  }
  return [...entries.values()]
}
