import { SealwrightError } from '@sealwright/core'
import {
  type Descriptor,
  digestOf,
  isDigest,
  MAX_MANIFEST_BYTES,
  MediaTypes,
  referrersTag,
  type StoreCall,
} from '@sealwright/oci'
import { type ListedIndex, readReferrersIndex, referrersIndex } from '@sealwright/oci/store'
import type { RegistryManifests, ServedManifest } from '../manifests.ts'

/** What is referred to; it need not be there. */
export type Subject = Pick<Descriptor, 'digest'>

/** What stands under the tag that lists the referrers of a subject. */
export interface ListedReferrers {
  readonly manifests: readonly Descriptor[]
  readonly served?: ServedManifest
  readonly unreadable?: ListedIndex['unreadable']
  /** The tag leads to the subject itself, and no list can be kept there. */
  readonly taken?: true
}

/** The index of referrers under a tag that is made of the subject's digest: one reading, one writing. */
export class ReferrersList {
  readonly #manifests: RegistryManifests
  readonly #name: string
  /** Told of an entry that cannot be read. */
  readonly #onSkipped: (entry: string) => void

  constructor(manifests: RegistryManifests, name: string, onSkipped: (entry: string) => void) {
    this.#manifests = manifests
    this.#name = name
    this.#onSkipped = onSkipped
  }

  /** @throws {@link SealwrightError} `INTEGRITY` where something else than a list stands under the tag. */
  async read(subject: Subject, call: StoreCall): Promise<ListedReferrers> {
    const tag = referrersTag(subject.digest)
    const served = await this.#manifests.getAbout(subject.digest, tag, call)
    if (served === undefined) return { manifests: [] }
    // GitLab takes the tag for the digest that it is made of.
    if (served.descriptor.digest === subject.digest) return { manifests: [], taken: true }
    const { mediaType, digest } = served.descriptor
    if (mediaType !== MediaTypes.index) {
      throw this.#unusable(tag, `it answers for that tag with ${digest}, which is ${mediaType} and no index`)
    }
    const { manifests, unreadable } = readReferrersIndex(served.bytes)
    for (const { fault } of unreadable) this.#onSkipped(`${tag}: ${fault}`)
    return { manifests, served, unreadable }
  }

  /**
   * Replaces the list, on the condition that it is still `before`, as far as the registry minds conditions.
   *
   * @param kept - What others listed and is not ours to drop.
   * @returns False when the registry says that it is not.
   */
  async write(
    subject: Subject,
    before: ServedManifest | undefined,
    entries: readonly Descriptor[],
    call: StoreCall,
    kept: ListedIndex['unreadable'] = [],
  ): Promise<boolean> {
    const bytes = referrersIndex(
      entries,
      kept.map(({ entry }) => entry),
    )
    const digest = digestOf('sha256', bytes)
    const list = { mediaType: MediaTypes.index, digest, bytes }
    const conditions: Record<string, string> =
      before === undefined ? { 'if-none-match': '*' } : before.etag ? { 'if-match': before.etag } : {}
    return (await this.#manifests.put(referrersTag(subject.digest), list, call, conditions)) !== undefined
  }

  /** The digests in a list that cannot be read as one. */
  async salvage(subject: Subject, call: StoreCall): Promise<ListedReferrers> {
    const tag = referrersTag(subject.digest)
    const served = await this.#manifests.getAbout(subject.digest, tag, call)
    if (served === undefined) return { manifests: [] }
    const digests = new Set(
      Buffer.from(served.bytes)
        .toString()
        .match(/\bsha(?:256|384|512):[0-9a-f]+\b/g),
    )
    const { mediaType } = served.descriptor
    const manifests = [...digests].filter(isDigest).map(digest => ({ mediaType, digest, size: 0 }))
    return { manifests, served }
  }

  /** Whether a list of these can be read again. */
  fits(entries: readonly Descriptor[]): boolean {
    return referrersIndex(entries).byteLength <= MAX_MANIFEST_BYTES
  }

  #unusable(tag: string, why: string): SealwrightError {
    return new SealwrightError('INTEGRITY', `${this.#name} cannot list referrers under the tag ${tag}`, {
      why,
    })
  }
}
