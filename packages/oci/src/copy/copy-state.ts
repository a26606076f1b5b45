import { isSealwrightError } from '@sealwright/core'
import type { Descriptor } from '../descriptor.ts'
import { MediaTypes } from '../media-types.ts'
import { readManifest } from '../read.ts'
import { referrersTag, referrerTag } from '../referrers-tag.ts'
import type { Sides } from './copy-content.ts'
import type { PlannedManifest } from './copy-plan.ts'
import { childrenOf } from './graph-node.ts'

/** What the destination of a copy has already. */
export class CopyState {
  readonly #sides: Sides
  readonly #root: Descriptor
  readonly #listed = new Map<string, Promise<ReadonlySet<string>>>()

  constructor(sides: Sides, root: Descriptor) {
    this.#sides = sides
    this.#root = root
  }

  /** A manifest must also be found by those who look for it: a referrer by its subject, the artifact in a layout. */
  async isThere(descriptor: Descriptor, manifest: PlannedManifest | undefined): Promise<boolean> {
    const { to, call } = this.#sides
    const { digest } = descriptor
    if (manifest?.subject !== undefined && !(await this.#referrers(manifest.subject)).has(digest))
      return false
    if (!(await to.exists(descriptor, call))) return false
    // A blob file alone is not an entry of `index.json`.
    if (digest !== this.#root.digest || to.entries === undefined) return true
    return (await to.entries(call)).some(entry => entry.descriptor.digest === digest)
  }

  /** Listed once for each subject. */
  #referrers(subject: Descriptor): Promise<ReadonlySet<string>> {
    const known = this.#listed.get(subject.digest)
    if (known !== undefined) return known
    const listing = this.#list(subject)
    listing.catch(() => {})
    this.#listed.set(subject.digest, listing)
    return listing
  }

  async #list(subject: Descriptor): Promise<ReadonlySet<string>> {
    const { to, call } = this.#sides
    const digests = new Set<string>()
    for await (const { digest } of to.referrers(subject, call)) digests.add(digest)
    if (digests.size > 0)
      for (const digest of await this.#missingFromIndex(subject, digests)) digests.delete(digest)
    return digests
  }

  /**
   * Of these referrers those that only we find, by a tag of their own: where clients keep the list, one that was cut off
   * in between is not in it, and is brought again so that other programs find it too.
   */
  async #missingFromIndex(subject: Descriptor, digests: ReadonlySet<string>): Promise<readonly string[]> {
    const { to, call } = this.#sides
    if (to.entries !== undefined || to.tags === undefined) return []
    const candidates = [...digests].filter(digest => digest.startsWith('sha256:'))
    const ownTags = new Set<string>()
    try {
      for await (const tag of to.tags({ ...call, prefix: `${referrersTag(subject.digest)}.` }))
        ownTags.add(tag)
      if (ownTags.size === 0) return []
      const list = await to.resolve(referrersTag(subject.digest), call)
      // GitLab takes that tag for the digest, and has no list.
      if (list.digest === subject.digest || list.mediaType !== MediaTypes.index) return []
      const listed = new Set(childrenOf(await readManifest(to, list, call)).map(({ digest }) => digest))
      return candidates.filter(
        digest => ownTags.has(referrerTag(subject.digest, digest)) && !listed.has(digest),
      )
    } catch (error) {
      if (!isSealwrightError(error) || error.retryable || error.code === 'ABORTED') throw error
      // There is no list at all yet, or the registry does not list its tags.
      return error.code === 'NOT_FOUND' && ownTags.size > 0 ? candidates : []
    }
  }
}
