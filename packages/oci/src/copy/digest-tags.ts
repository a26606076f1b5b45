import { isSealwrightError } from '@sealwright/core'
import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import type { Descriptor } from '../descriptor.ts'
import { parseReferrerTag, referrersTag } from '../referrers-tag.ts'

/** A manifest that is named after a digest. */
export interface DigestTagged {
  readonly tag: string
  readonly descriptor: Descriptor
}

interface Listed {
  readonly all: ReadonlySet<string>
  /** By what stands before the dot, without tags of one referrer, which the store lists by itself. */
  readonly byDigest: ReadonlyMap<string, readonly string[]>
}

/** Beyond so many it is cheaper to ask for the known ones than to go on listing. */
const MAX_LISTED = 20_000
const COSIGN = ['.sig', '.att', '.sbom']
const LISTED = /^(sha256-[0-9a-f]{64})(?:\.[\w.-]+)?$/

/**
 * The tags that are made of digests: `sha256-<hex>` (an index of referrers), cosign's `.sig`, `.att` and `.sbom`, and
 * whatever else stands behind a dot. Listed all at once where a store lists its tags; else the known ones are tried.
 */
export class DigestTags {
  readonly #store: ArtifactStore
  readonly #call: StoreCall
  #listed: Promise<Listed | undefined> | undefined

  constructor(store: ArtifactStore, call: StoreCall) {
    this.#store = store
    this.#call = call
  }

  /** All of them; nothing if the store does not list, or lists too many. */
  async all(): Promise<ReadonlySet<string> | undefined> {
    this.#listed ??= this.#list()
    return (await this.#listed)?.all
  }

  /**
   * What is tagged after a digest, without the digest itself: GitLab takes the tag for the digest.
   *
   * @param guess - Whether the known tags are tried where the store lists none.
   */
  async of({ digest }: Descriptor, guess: boolean): Promise<readonly DigestTagged[]> {
    const base = referrersTag(digest)
    this.#listed ??= this.#list()
    const listed = digest.startsWith('sha256:') ? await this.#listed : undefined
    if (listed === undefined && !guess) return []
    const usual = digest.startsWith('sha256:') ? [base, ...COSIGN.map(suffix => base + suffix)] : [base]
    const tags = listed === undefined ? usual : (listed.byDigest.get(base) ?? [])
    const found = await Promise.all(tags.map(tag => this.#resolve(tag)))
    return found.filter(each => each !== undefined && each.descriptor.digest !== digest) as DigestTagged[]
  }

  async #resolve(tag: string): Promise<DigestTagged | undefined> {
    try {
      return { tag, descriptor: await this.#store.resolve(tag, this.#call) }
    } catch (error) {
      if (isSealwrightError(error) && error.code === 'NOT_FOUND') return undefined
      throw error
    }
  }

  async #list(): Promise<Listed | undefined> {
    const found = new Map<string, string[]>()
    const all = new Set<string>()
    if (this.#store.tags === undefined) return undefined
    try {
      for await (const tag of this.#store.tags({ ...this.#call, prefix: 'sha256-' })) {
        if (all.add(tag).size > MAX_LISTED) return undefined
        const base = LISTED.exec(tag)?.[1]
        if (base === undefined || parseReferrerTag(tag) !== undefined) continue
        const tags = found.get(base)
        if (tags === undefined) found.set(base, [tag])
        else tags.push(tag)
      }
    } catch (error) {
      // Listing is a right of its own, and not every registry offers it.
      if (isSealwrightError(error) && !error.retryable && error.code !== 'ABORTED') return undefined
      throw error
    }
    return { all, byDigest: found }
  }
}
