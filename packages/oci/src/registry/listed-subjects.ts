import { SealwrightError } from '@sealwright/core'
import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import { listedSubject } from '../referrers-tag.ts'

/**
 * Everything in a repository of which clients keep a list of referrers under a tag, or which a referrer claims by a tag of
 * its own: see `repairReferrers`. It need not be there itself. Of digests other than SHA-256 the tag has only a part, and
 * they are not found.
 *
 * @returns Digests, in their order.
 * @throws {@link SealwrightError} `UNSUPPORTED` where tags are not listed, and what registries end with.
 */
export async function listedSubjects(store: ArtifactStore, call: StoreCall = {}): Promise<readonly string[]> {
  if (store.tags === undefined) {
    throw new SealwrightError('UNSUPPORTED', `${store.name} does not list its tags`)
  }
  const subjects = new Set<string>()
  for await (const tag of store.tags({ ...call, prefix: 'sha256-' })) {
    const subject = listedSubject(tag)
    if (subject !== undefined) subjects.add(subject)
  }
  return [...subjects].toSorted()
}
