import type { Report } from '@sealwright/notary'
import {
  type ArtifactStore,
  type Descriptor,
  digestOf,
  emptyConfig,
  formatManifest,
  MediaTypes,
  memory,
} from '@sealwright/oci'

const SIGNATURE_TYPE = 'application/vnd.cncf.notary.signature'

/** The media type of a detached envelope, by its first byte: JSON is JWS, everything else must be COSE. */
export function envelopeType(bytes: Uint8Array): 'application/jose+json' | 'application/cose' {
  const first = bytes.find(byte => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  return first === 0x7b ? 'application/jose+json' : 'application/cose'
}

/** Detached envelopes as the signatures of an artifact. */
export interface EnvelopeStore {
  readonly store: ArtifactStore
  /** A report on this store, with the digests of the envelopes: their manifests are nowhere but here. */
  named(report: Report): Report
}

/**
 * Holds detached envelopes as the signatures of an artifact, so that they are judged as those from a registry would be,
 * whatever their bytes are.
 */
export async function envelopeStore(
  subject: Descriptor,
  envelopes: readonly Uint8Array[],
): Promise<EnvelopeStore> {
  const store = memory()
  const digests = new Map<string, string>()
  await store.push(emptyConfig, Buffer.from('{}'))
  for (const bytes of envelopes) {
    const layer = {
      mediaType: envelopeType(bytes),
      digest: digestOf('sha256', bytes),
      size: bytes.byteLength,
    }
    const manifest = formatManifest({
      kind: 'image',
      mediaType: MediaTypes.manifest,
      artifactType: SIGNATURE_TYPE,
      config: emptyConfig,
      layers: [layer],
      subject,
    })
    const digest = digestOf('sha256', manifest)
    await store.push(layer, bytes)
    await store.push({ mediaType: MediaTypes.manifest, digest, size: manifest.byteLength }, manifest)
    digests.set(digest, layer.digest)
  }
  return {
    store,
    named: report => ({
      ...report,
      signatures: report.signatures.map(signature => ({
        ...signature,
        digest: digests.get(signature.digest) ?? signature.digest,
      })),
    }),
  }
}
