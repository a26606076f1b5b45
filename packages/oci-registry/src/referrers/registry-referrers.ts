import { SealwrightError } from '@sealwright/core'
import { SingleFlight } from '@sealwright/core/adapter'
import {
  type Descriptor,
  parseDigest,
  type ReferrersQuery,
  referrersTag,
  type StoreCall,
} from '@sealwright/oci'
import { mayBeOfType } from '@sealwright/oci/store'
import type { RegistryManifests } from '../manifests.ts'
import { shared } from '../shared.ts'
import type { ReferrersApi } from './referrers-api.ts'
import type { ReferrersFallback } from './referrers-fallback.ts'
import type { Subject } from './referrers-list.ts'

export interface RegistryReferrersOptions {
  /** Of the repository, for messages. */
  readonly name: string
  readonly manifests: RegistryManifests
  readonly api: ReferrersApi
  readonly fallback: ReferrersFallback
  readonly mode: 'auto' | 'api' | 'tag'
}

interface Referrer {
  readonly descriptor: Descriptor
  /** As the list of its subject has it. */
  readonly entry: Descriptor
  readonly bytes: Uint8Array
}

/** How long a missing referrers API is remembered: a run of the command line. */
const LACKING_FOR_MS = 5 * 60_000
/** How long after a manifest was pushed other clients hardly refer to it. */
const UNKNOWN_FOR_MS = 10_000
/** More is not remembered. */
const MAX_REMEMBERED = 10_000

/** Who refers to what in a repository: by the registry's API where there is one, by lists that clients keep elsewhere. */
export class RegistryReferrers {
  readonly #options: RegistryReferrersOptions
  /** Whether it answered as one with the API does. */
  #lists = false
  /** Whether it answered as one without does. Enough for those who ask for thousands. */
  #lacksApi = false
  /** Whether there is a manifest: what it answers from then on is not that it knows no such repository. */
  #exists = false
  /** How often it answered so since then. One answer may be a slip of something in between, but for a definite one. */
  #lacks = 0
  /** When it last did, by `performance.now()`. */
  #lackedAt = Number.NEGATIVE_INFINITY
  readonly #askingAgain = new SingleFlight<boolean>()
  /** Digests of manifests that were not there and that we have put there, and when, by `performance.now()`. */
  readonly #pushedAt = new Map<string, number>()

  constructor(options: RegistryReferrersOptions) {
    this.#options = options
  }

  /** Takes note that there is something in the repository. */
  knowsRepository(): void {
    this.#exists = true
  }

  /** Takes note of a manifest that was not there, and that we have put there. */
  pushed(digest: string): void {
    this.#exists = true
    if (this.#pushedAt.size < MAX_REMEMBERED) this.#pushedAt.set(digest, performance.now())
  }

  async *list(subject: Descriptor, query: ReferrersQuery): AsyncGenerator<Descriptor> {
    parseDigest(subject.digest)
    const { api, fallback, mode } = this.#options
    const { tags } = query
    if (mode !== 'tag' && !this.#isKnownToLack() && !(this.#lacksApi && tags !== undefined)) {
      const { listed, definite } = await api.list(subject, query)
      if (listed !== undefined) {
        this.#hasApi()
        this.#lists = true
        return yield* listed
      }
      if (mode === 'api') throw this.#noApi()
      this.#learnLack(definite)
    }
    if (tags !== undefined && subject.digest.startsWith('sha256:') && !isTagged(subject.digest, tags)) return
    for (const entry of await fallback.all(subject, query)) {
      if (mayBeOfType(entry, query.artifactType)) yield entry
    }
  }

  /** @returns How it is found. */
  async push(subject: Subject, referrer: Referrer, call: StoreCall): Promise<'api' | 'tag'> {
    const { manifests, fallback, mode } = this.#options
    const { descriptor, bytes } = referrer
    const { mediaType, digest } = descriptor
    const knows = (headers: Headers | undefined) => headers?.get('oci-subject') === subject.digest
    // Under its claim it is there by its digest, too: by that of the registry, which is SHA-256.
    if (digest.startsWith('sha256:') && (await this.#keepsLists(subject, call))) {
      const known = knows(await fallback.claim(subject, descriptor, bytes, call))
      if (mode === 'tag' || !known) return this.#addToList(subject, referrer, call)
      // It has learned the API meanwhile.
      this.#hasApi()
    }
    const isKnown = knows(await manifests.put(digest, { mediaType, digest, bytes }, call))
    this.#exists = true
    if (await this.#isListed(subject, digest, isKnown, call)) return 'api'
    await fallback.claim(subject, descriptor, bytes, call)
    return this.#addToList(subject, referrer, call)
  }

  /** Takes one that was deleted out of the lists. */
  async forget(subject: Subject, digest: string, call: StoreCall): Promise<void> {
    const { fallback, mode } = this.#options
    // With the API too: the list of an older client may be there, and would go on naming what is gone.
    if (mode !== 'api') await fallback.remove(subject, digest, call)
  }

  /**
   * Deletes a referrer that the list of its subject names, where the registry deletes nothing that an index names: takes it
   * off the list first, and puts it back if it stays.
   *
   * @returns False where the list does not name it, or it is refused all the same.
   */
  async deleteUnlisted(subject: Subject, entry: Descriptor, call: StoreCall): Promise<boolean> {
    const { manifests, fallback, mode } = this.#options
    const { digest } = entry
    if (mode === 'api' || !(await fallback.lists(subject, digest, call))) return false
    await fallback.remove(subject, digest, call)
    let deleted = false
    try {
      deleted = (await manifests.deleteUnused(digest, call)).inUse === undefined
    } finally {
      if (!deleted) await fallback.add(subject, entry, false, call)
    }
    return deleted
  }

  /** Takes away the tag that a referrer has of its own. False if it has none, or it stays. */
  unclaim(subject: Subject, digest: string, call: StoreCall): Promise<boolean> {
    return this.#options.fallback.unclaim(subject, digest, call)
  }

  /** How referrers of a subject are found, whatever the mode. */
  async foundBy(subject: Subject, call: StoreCall): Promise<'api' | 'tag'> {
    const { listed } = await this.#options.api.list(subject, call)
    await listed?.return(undefined)
    return listed === undefined ? 'tag' : 'api'
  }

  /**
   * Whether the registry lists one that was pushed. `OCI-Subject` alone proves nothing, as some send it without having the
   * API, nor does its absence, as others list without sending it: the listing decides.
   *
   * @param isKnown - Whether the registry says that it knows the subject.
   */
  async #isListed(subject: Subject, pushed: string, isKnown: boolean, call: StoreCall): Promise<boolean> {
    const { api, mode } = this.#options
    if (mode === 'tag') return false
    // Once it has shown that it lists, its word is enough: a list of a thousand need not be read a thousand times.
    if (isKnown && this.#lists) return true
    const { listed, definite } = await api.list(subject, call)
    if (listed === undefined) {
      if (mode === 'api') throw this.#noApi()
      this.#learnLack(definite)
      return false
    }
    if (isKnown || mode === 'api') {
      await listed.return(undefined)
      this.#lists = true
      return true
    }
    for await (const { digest } of listed) if (digest === pushed) return true
    return false
  }

  #hasApi(): void {
    this.#lacksApi = false
    this.#lacks = 0
  }

  #learnLack(definite = false): void {
    this.#lacksApi = this.#options.mode === 'auto'
    if (!this.#lacksApi || !this.#exists) return
    this.#lacks += definite ? 2 : 1
    this.#lackedAt = performance.now()
  }

  #isKnownToLack(): boolean {
    return this.#lacks > 1 && performance.now() - this.#lackedAt < LACKING_FOR_MS
  }

  /** Whether clients keep the lists here, as far as is known before one is pushed. */
  async #keepsLists(subject: Subject, call: StoreCall): Promise<boolean> {
    const { mode } = this.#options
    if (mode !== 'auto') return mode === 'tag'
    if (this.#lacks === 0 || this.#isKnownToLack()) return this.#lacks > 0
    return shared(this.#askingAgain, '', call, async asking => {
      const lacks = (await this.foundBy(subject, asking)) === 'tag'
      if (lacks) this.#learnLack()
      else this.#hasApi()
      return lacks
    })
  }

  async #addToList(subject: Subject, { entry }: Referrer, call: StoreCall): Promise<'tag'> {
    const pushedAt = this.#pushedAt.get(subject.digest) ?? Number.NEGATIVE_INFINITY
    const alone = performance.now() - pushedAt < UNKNOWN_FOR_MS
    await this.#options.fallback.add(subject, entry, alone, call)
    return 'tag'
  }

  #noApi(): SealwrightError {
    return new SealwrightError('UNSUPPORTED', `${this.#options.name} has no referrers API`, {
      fix: 'let referrers be found by the fallback tag',
    })
  }
}

/** Whether a list of the referrers of a digest, or a claim on it, is among these tags. */
function isTagged(digest: string, tags: ReadonlySet<string>): boolean {
  const list = referrersTag(digest)
  if (tags.has(list)) return true
  for (const tag of tags) if (tag.startsWith(`${list}.`)) return true
  return false
}
