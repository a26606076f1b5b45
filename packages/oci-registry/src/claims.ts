import { isSealwrightError } from '@sealwright/core'
import {
  type Descriptor,
  type Manifest,
  parseManifest,
  type ReferrersQuery,
  referrersTag,
  type StoreCall,
} from '@sealwright/oci'
import { claimOf, claimTag, parseClaimTag, referrerEntry } from '@sealwright/oci/store'
import type { RegistryManifests, ServedManifest } from './manifests.ts'
import type { Subject } from './referrers-list.ts'
import type { RegistryTags } from './tags.ts'

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

export interface ClaimsOptions {
  readonly manifests: RegistryManifests
  readonly tags: RegistryTags
  /** Told once that claims cannot be looked for. */
  readonly onUnlisted: () => void
}

/** One tag found under the prefix of a subject. */
export interface Claim {
  readonly tag: string
  /** As the subject's list would have it; nothing for what is no referrer of the subject, or is gone. */
  readonly entry?: Descriptor
}

/** The tags that referrers have of their own, where a registry does not list referrers: see {@link claimTag}. */
export class ReferrersClaims {
  readonly #options: ClaimsOptions
  #said = false

  constructor(options: ClaimsOptions) {
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
    const tag = claimTag(subject.digest, digest)
    try {
      return await manifests.put(tag, { mediaType, digest, bytes }, call)
    } catch (error) {
      if (!isSealwrightError(error) || !REFUSALS.includes(error.code)) throw error
      // A registry that keeps no other digests than SHA-256 finds no such claim, and needs none that it cannot find.
      if (error.code === 'UNSUPPORTED' && !digest.startsWith('sha256:')) return undefined
      const known = await manifests.resolve(tag, call).catch(() => undefined)
      if (known?.digest !== digest) throw error
      return undefined
    }
  }

  /**
   * Takes a claim away. Most registries drop the tags of a manifest that is deleted; some delete none that has tags.
   *
   * @returns Whether there was one, and it is gone.
   */
  async remove(subject: Subject, digest: string, call: StoreCall): Promise<boolean> {
    const { manifests } = this.#options
    const tag = claimTag(subject.digest, digest)
    try {
      if ((await manifests.resolve(tag, call))?.digest !== digest) return false
      return await manifests.delete(tag, call)
    } catch (error) {
      if (isSealwrightError(error) && REFUSALS.includes(error.code)) return false
      throw error
    }
  }

  /** The claims on a subject that are not listed yet, each as its manifest says. */
  async unlisted(
    subject: Subject,
    listed: readonly Descriptor[],
    call: Pick<ReferrersQuery, 'signal' | 'tags'>,
  ): Promise<readonly Descriptor[]> {
    const known = new Set(listed.map(({ digest }) => claimOf(digest)))
    const list = referrersTag(subject.digest)
    const tags =
      call.tags === undefined
        ? await this.#tags(subject, call)
        : [...call.tags].filter(tag => parseClaimTag(tag)?.list === list)
    const claims = await this.read(
      subject,
      tags.filter(tag => !known.has(parseClaimTag(tag)!.claim)),
      call,
    )
    return claims.flatMap(({ entry }) => (entry === undefined ? [] : [entry]))
  }

  /** What stands under these tags. */
  async read(subject: Subject, tags: readonly string[], call: StoreCall): Promise<readonly Claim[]> {
    const found: Claim[] = []
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

  /** What is no manifest at all is no claim; what is not what the registry says it is, is an error. */
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
        if (parseClaimTag(tag) !== undefined) tags.push(tag)
      }
    } catch (error) {
      if (!isSealwrightError(error) || !REFUSALS.includes(error.code)) throw error
      if (!this.#said) this.#options.onUnlisted()
      this.#said = true
      return []
    }
    return tags
  }
}

function entryOf(subject: Subject, tag: string, served: ServedManifest | undefined): Descriptor | undefined {
  if (served === undefined || claimTag(subject.digest, served.descriptor.digest) !== tag) return undefined
  let manifest: Manifest
  try {
    manifest = parseManifest(served.bytes, served.descriptor.mediaType)
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
  return manifest.subject?.digest === subject.digest ? referrerEntry(served.descriptor, manifest) : undefined
}
