import { isSealwrightError } from '@sealwright/core'
import {
  type Descriptor,
  type Manifest,
  parseManifest,
  type ReferrersQuery,
  referrersTag,
  type StoreCall,
} from '@sealwright/oci'
import { parseReferrerTag, referrerEntry, referrerPart, referrerTag } from '@sealwright/oci/store'
import type { RegistryManifests, ServedManifest } from '../manifests.ts'
import type { RegistryTags } from '../tags.ts'
import type { Subject } from './referrers-list.ts'

/** How many manifests are read together. */
const AT_ONCE = 8

/** What a registry answers that does not list tags, or does not let us. */
const REFUSALS: readonly string[] = [
  'ACCESS_DENIED',
  'NOT_FOUND',
  'UNAUTHENTICATED',
  'UNSUPPORTED',
  'VALIDATION',
]

export interface ReferrerTagsOptions {
  readonly manifests: RegistryManifests
  readonly tags: RegistryTags
  /** Called once if the registry does not list tags: tags of single referrers cannot be found then. */
  readonly onUnlisted: () => void
}

/** One tag found under the prefix of a subject. */
export interface TaggedReferrer {
  readonly tag: string
  /** As the subject's list would have it; `undefined` for what does not refer to the subject, or is gone. */
  readonly entry?: Descriptor
}

/** The tags that referrers have of their own, where a registry does not list referrers: see {@link referrerTag}. */
export class ReferrerTags {
  readonly #options: ReferrerTagsOptions
  #isUnlistedReported = false

  constructor(options: ReferrerTagsOptions) {
    this.#options = options
  }

  /** Where tags are immutable, one that is there already is as good as one that was set. */
  async put(
    subject: Subject,
    { digest, mediaType }: Descriptor,
    bytes: Uint8Array,
    call: StoreCall,
  ): Promise<Headers | undefined> {
    const { manifests } = this.#options
    const tag = referrerTag(subject.digest, digest)
    try {
      return await manifests.put(tag, { mediaType, digest, bytes }, call)
    } catch (error) {
      if (!isSealwrightError(error) || !REFUSALS.includes(error.code)) throw error
      // A registry that keeps no other digests than SHA-256 does not find such a tag, and needs none.
      if (error.code === 'UNSUPPORTED' && !digest.startsWith('sha256:')) return undefined
      const known = await manifests.resolve(tag, call).catch(() => undefined)
      if (known?.digest !== digest) throw error
      return undefined
    }
  }

  /**
   * Removes the tag of a referrer. Most registries drop the tags of a deleted manifest; some delete no manifest with tags.
   *
   * @returns Whether there was one, and it is gone.
   */
  async remove(subject: Subject, digest: string, call: StoreCall): Promise<boolean> {
    const { manifests } = this.#options
    const tag = referrerTag(subject.digest, digest)
    try {
      if ((await manifests.resolve(tag, call))?.digest !== digest) return false
      return await manifests.delete(tag, call)
    } catch (error) {
      if (isSealwrightError(error) && REFUSALS.includes(error.code)) return false
      throw error
    }
  }

  /** Returns the tagged referrers of a subject that its index lacks, each as its manifest describes it. */
  async missingFromIndex(
    subject: Subject,
    listed: readonly Descriptor[],
    call: Pick<ReferrersQuery, 'signal' | 'tags'>,
  ): Promise<readonly Descriptor[]> {
    const known = new Set(listed.map(({ digest }) => referrerPart(digest)))
    const list = referrersTag(subject.digest)
    const tags =
      call.tags === undefined
        ? await this.#tags(subject, call)
        : [...call.tags].filter(tag => parseReferrerTag(tag)?.list === list)
    const found = await this.read(
      subject,
      tags.filter(tag => !known.has(parseReferrerTag(tag)!.part)),
      call,
    )
    return found.flatMap(({ entry }) => (entry === undefined ? [] : [entry]))
  }

  /** Reads what these tags name. */
  async read(subject: Subject, tags: readonly string[], call: StoreCall): Promise<readonly TaggedReferrer[]> {
    const found: TaggedReferrer[] = []
    for (let start = 0; start < tags.length; start += AT_ONCE) {
      const some = tags.slice(start, start + AT_ONCE)
      const served = await Promise.all(some.map(tag => this.#get(subject, tag, call)))
      some.forEach((tag, index) => {
        const entry = entryOf(subject, tag, served[index])
        found.push({ tag, ...(entry === undefined ? {} : { entry }) })
      })
    }
    return found
  }

  /** What is not a manifest is not a referrer; what is not what the registry says it is, is an error. */
  async #get(subject: Subject, tag: string, call: StoreCall): Promise<ServedManifest | undefined> {
    try {
      return await this.#options.manifests.getAbout(subject.digest, tag, call)
    } catch (error) {
      if (isSealwrightError(error) && (error.code === 'UNSUPPORTED' || error.code === 'VALIDATION'))
        return undefined
      throw error
    }
  }

  async #tags(subject: Subject, call: StoreCall): Promise<readonly string[]> {
    const tags: string[] = []
    try {
      for await (const tag of this.#options.tags.list(`${referrersTag(subject.digest)}.`, call)) {
        if (parseReferrerTag(tag) !== undefined) tags.push(tag)
      }
    } catch (error) {
      if (!isSealwrightError(error) || !REFUSALS.includes(error.code)) throw error
      if (!this.#isUnlistedReported) this.#options.onUnlisted()
      this.#isUnlistedReported = true
      return []
    }
    return tags
  }
}

function entryOf(subject: Subject, tag: string, served: ServedManifest | undefined): Descriptor | undefined {
  if (served === undefined || referrerTag(subject.digest, served.descriptor.digest) !== tag) return undefined
  let manifest: Manifest
  try {
    manifest = parseManifest(served.bytes, served.descriptor.mediaType)
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
  return manifest.subject?.digest === subject.digest ? referrerEntry(served.descriptor, manifest) : undefined
}
