import type { Descriptor } from '../descriptor.ts'
import type { Sides } from './copy-content.ts'
import type { PlannedManifest } from './copy-plan.ts'

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
    // A blob file alone is no entry of `index.json`.
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
    return digests
  }
}
