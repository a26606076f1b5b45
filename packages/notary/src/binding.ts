import { SealwrightError, type StaplingFormat, type TargetArtifact } from '@sealwright/core'
import { notaryCose as coseFormat } from '@sealwright/core/notary-cose'
import { notaryJws as jwsFormat, type NotaryAttributes } from '@sealwright/core/notary-jws'
import type { Descriptor } from '@sealwright/oci'
import { RESERVED_PREFIX, SIGNATURE_TYPE } from './media-types.ts'

/** How an envelope format is tied to artifacts: one row of what signing and verifying need to know of it. */
export interface SignatureBinding<Attributes = NotaryAttributes> {
  /** As options and file names have it: `jws`, `cose`. */
  readonly name: string
  readonly envelope: StaplingFormat<TargetArtifact, Attributes>
  /** Of the layer that holds the envelope. */
  readonly mediaType: string
  readonly artifactType: string
  /**
   * What is signed for an artifact: its media type, digest and size, with user metadata.
   *
   * @throws {@link SealwrightError} `VALIDATION` for metadata under the reserved prefix.
   */
  contentOf(descriptor: Descriptor, metadata?: Readonly<Record<string, string>>): TargetArtifact
  /** The artifact that a content is about. */
  descriptorOf(content: TargetArtifact): Descriptor
}

/** The Notary Project's JWS envelope: the default. */
export const notaryJws: SignatureBinding = binding('jws', jwsFormat)

/** The Notary Project's COSE envelope. */
export const notaryCose: SignatureBinding = binding('cose', coseFormat)

/** The binding of an envelope's media type, exactly; `undefined` if there is none. */
export function bindingFor(mediaType: string): SignatureBinding | undefined {
  return [notaryJws, notaryCose].find(known => known.mediaType === mediaType)
}

function binding(name: string, envelope: StaplingFormat<TargetArtifact, NotaryAttributes>): SignatureBinding {
  return Object.freeze({
    name,
    envelope,
    mediaType: envelope.mediaType,
    artifactType: SIGNATURE_TYPE,
    contentOf,
    descriptorOf: ({ mediaType, digest, size }: TargetArtifact): Descriptor => ({ mediaType, digest, size }),
  })
}

function contentOf(descriptor: Descriptor, metadata: Readonly<Record<string, string>> = {}): TargetArtifact {
  const reserved = Object.keys(metadata).find(key => key.startsWith(RESERVED_PREFIX))
  if (reserved !== undefined) {
    throw new SealwrightError('VALIDATION', `the metadata key ${JSON.stringify(reserved)} is reserved`, {
      why: `keys that begin with ${RESERVED_PREFIX} belong to the Notary Project`,
      fix: 'choose a key of your own, as in com.example.build=42',
    })
  }
  const { mediaType, digest, size } = descriptor
  // The descriptor's own annotations stay out: in a layout they hold its tag, which is not what is signed.
  return {
    mediaType,
    digest,
    size,
    ...(Object.keys(metadata).length === 0 ? {} : { annotations: { ...metadata } }),
  }
}
