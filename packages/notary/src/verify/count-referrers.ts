import { isSealwrightError } from '@sealwright/core'
import { type ArtifactStore, type Descriptor, readManifest, referrersTag } from '@sealwright/oci'
import { orPass } from '../or-pass.ts'
import type { FoundReferrers } from './report.ts'

/** What cosign calls its signatures where it attaches them as referrers. */
const COSIGN_SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json'
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'

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
    const tagged = await cosignSignatures(store, subject, call)
    if (tagged > 0) counts.set(COSIGN_SIGNATURE, (counts.get(COSIGN_SIGNATURE) ?? 0) + tagged)
  } catch (error) {
    if (!isSealwrightError(error) || call.signal?.aborted === true) throw error
  }
  return [...counts].map(([artifactType, count]) => ({ artifactType, count }))
}

/** Signatures that cosign keeps under its tag `sha256-<hex>.sig`, one in each layer. */
async function cosignSignatures(
  store: ArtifactStore,
  { digest }: Descriptor,
  call: { readonly signal?: AbortSignal },
): Promise<number> {
  const manifest = await orPass(async () =>
    readManifest(store, await store.resolve(`${referrersTag(digest)}.sig`, call), call),
  )
  if (manifest?.kind !== 'image') return 0
  return manifest.layers.filter(({ mediaType }) => mediaType === SIMPLE_SIGNING).length
}
