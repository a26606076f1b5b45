import { createHash } from 'node:crypto'
import { Annotations, type Descriptor, emptyConfig, formatManifest, MediaTypes } from '@sealwright/oci'
import { SIGNATURE_TYPE, THUMBPRINTS } from './media-types.ts'

/**
 * `config-type` is what every tagged notation writes and finds: the config's media type names the artifact.
 * `artifact-type` is the form of OCI 1.1 and of the specification; notation 1.3 does not find it in a layout.
 */
export type ManifestForm = 'config-type' | 'artifact-type'

export interface SignatureManifestParts {
  readonly form: ManifestForm
  readonly subject: Descriptor
  /** The layer: media type, digest and size of the envelope. */
  readonly envelope: Descriptor
  /** SHA-256 fingerprints of the chain in lower-case hexadecimal, leaf first. */
  readonly fingerprints: readonly string[]
  readonly signingTime: Date
}

export interface StorableBytes {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

const CONFIG_BYTES = Buffer.from('{}')

/** The manifest that attaches an envelope to its subject, with its config: what is pushed after the envelope. */
export function signatureManifest(parts: SignatureManifestParts): {
  manifest: StorableBytes
  config: StorableBytes
} {
  const { form, subject, envelope, fingerprints, signingTime } = parts
  const config: StorableBytes = {
    bytes: CONFIG_BYTES,
    descriptor: describe(form === 'config-type' ? SIGNATURE_TYPE : MediaTypes.empty, CONFIG_BYTES),
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaTypes.manifest,
    ...(form === 'artifact-type' ? { artifactType: SIGNATURE_TYPE } : {}),
    config:
      form === 'artifact-type'
        ? { ...config.descriptor, data: CONFIG_BYTES.toString('base64') }
        : config.descriptor,
    layers: [envelope],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    annotations: {
      [THUMBPRINTS]: JSON.stringify(fingerprints),
      [Annotations.created]: `${signingTime.toISOString().slice(0, 19)}Z`,
    },
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  return {
    config,
    manifest: {
      bytes,
      // The artifact type in the descriptor is what an index of referrers repeats.
      descriptor: {
        ...describe(MediaTypes.manifest, bytes),
        artifactType: SIGNATURE_TYPE,
        annotations: manifest.annotations,
      },
    },
  }
}

/** A manifest of OCI 1.1 with the empty config, for what refers to an artifact or a signature. */
export function referrerManifest({
  artifactType,
  subject: { mediaType, digest, size },
  layers,
  annotations,
}: {
  readonly artifactType: string
  readonly subject: Descriptor
  readonly layers: readonly Descriptor[]
  readonly annotations: Readonly<Record<string, string>>
}): { manifest: StorableBytes; config: StorableBytes } {
  const { data: _, ...config } = emptyConfig
  const bytes = formatManifest({
    kind: 'image',
    mediaType: MediaTypes.manifest,
    artifactType,
    config,
    layers,
    subject: { mediaType, digest, size },
    annotations,
  })
  const descriptor = { ...describe(MediaTypes.manifest, bytes), artifactType, annotations }
  return { manifest: { descriptor, bytes }, config: { descriptor: config, bytes: CONFIG_BYTES } }
}

/** The descriptor of bytes by their SHA-256. */
export function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return {
    mediaType,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    size: bytes.byteLength,
  }
}
