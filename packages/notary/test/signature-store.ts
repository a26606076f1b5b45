import { SealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import { describe, signatureManifest } from '../src/signature-manifest.ts'

/** A store with envelopes attached to an artifact that is known by its descriptor alone. */
export function signatureStore(
  subject: Descriptor,
  envelopes: readonly { mediaType: string; bytes: Uint8Array }[],
): ArtifactStore {
  const blobs = new Map<string, Uint8Array>()
  const manifests = envelopes.map(({ mediaType, bytes }) => {
    const layer = describe(mediaType, bytes)
    const { manifest } = signatureManifest({
      form: 'config-type',
      subject,
      envelope: layer,
      fingerprints: [],
      signingTime: new Date(0),
    })
    blobs.set(layer.digest, bytes)
    blobs.set(manifest.descriptor.digest, manifest.bytes)
    return manifest.descriptor
  })
  const unused = async (): Promise<never> => {
    throw new SealwrightError('INTERNAL', 'a verifier only reads')
  }
  return {
    name: 'registry.example/test',
    resolve: async () => subject,
    async *fetch({ digest }) {
      const bytes = blobs.get(digest)
      if (bytes === undefined) throw new SealwrightError('NOT_FOUND', `no ${digest}`)
      yield bytes
    },
    exists: async ({ digest }) => blobs.has(digest),
    async *referrers() {
      yield* manifests
    },
    push: unused,
    tag: unused,
    delete: unused,
  }
}
