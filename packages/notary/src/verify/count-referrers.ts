import { isSealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import type { FoundReferrers } from './report.ts'

/** What an artifact without signatures has instead: a hint for people, so that a failure to list it is none of theirs. */
export async function countReferrers(
  store: ArtifactStore,
  subject: Descriptor,
  call: { readonly signal?: AbortSignal },
): Promise<readonly FoundReferrers[]> {
  const counts = new Map<string, number>()
  try {
    for await (const { artifactType, mediaType } of store.referrers(subject, call)) {
      const type = artifactType ?? mediaType
      counts.set(type, (counts.get(type) ?? 0) + 1)
    }
  } catch (error) {
    if (!isSealwrightError(error) || call.signal?.aborted === true) throw error
  }
  return [...counts].map(([artifactType, count]) => ({ artifactType, count }))
}
