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

/**
 * A store that holds one detached envelope as the signature of an artifact, so that it is judged as one from a registry
 * would be, whatever its bytes are.
 */
export async function envelopeStore(subject: Descriptor, bytes: Uint8Array): Promise<ArtifactStore> {
  const store = memory()
  const layer = { mediaType: envelopeType(bytes), digest: digestOf('sha256', bytes), size: bytes.byteLength }
  const manifest = formatManifest({
    kind: 'image',
    mediaType: MediaTypes.manifest,
    artifactType: SIGNATURE_TYPE,
    config: emptyConfig,
    layers: [layer],
    subject,
  })
  await store.push(layer, bytes)
  await store.push(emptyConfig, Buffer.from('{}'))
  await store.push(
    { mediaType: MediaTypes.manifest, digest: digestOf('sha256', manifest), size: manifest.byteLength },
    manifest,
  )
  return store
}
