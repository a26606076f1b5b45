import { isSealwrightError, type TargetArtifact } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import { type Certificate, readTimestampToken, verifyTimestampToken } from '@sealwright/x509'
import { bindingFor } from './binding.ts'
import { ChainCache } from './chain-cache.ts'
import { findSignatures, readEnvelope } from './find-signatures.ts'
import { orPass } from './or-pass.ts'
import { openEnvelope, type SoundEnvelope, sameMetadata, type TimestampClaim } from './sound-envelope.ts'

export interface EqualSignatureQuery {
  /** What would be signed. */
  readonly content: TargetArtifact
  /** DER SubjectPublicKeyInfo of the key that would sign it. */
  readonly publicKey: Uint8Array
  /**
   * DER of the certificate that it would have. The chain is not signed: without this, whoever may push could have a
   * signature with a useless chain taken for ours.
   */
  readonly certificate?: Uint8Array | undefined
  /** It must have a timestamp by an authority whose chain ends in one of these. Default: none is looked for. */
  readonly timestampedBy?: readonly Certificate[] | undefined
  readonly now: Date
  /** Only envelopes of this type; without it of any. */
  readonly mediaType?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface EqualSignature {
  /** The manifest that attaches it. */
  readonly signature: Descriptor
  readonly envelope: SoundEnvelope
}

/**
 * Finds a signature that makes another one unnecessary: sound, by the same key, over the same content, neither expired nor
 * with an expired chain. Signatures that cannot be read are passed over.
 *
 * @throws {@link SealwrightError} as {@link findSignatures}; otherwise the errors of the store when it does not answer, such
 * as `UNAVAILABLE`.
 */
export async function findEqualSignature(
  store: ArtifactStore,
  subject: Descriptor,
  query: EqualSignatureQuery,
): Promise<EqualSignature | undefined> {
  const call = { signal: query.signal }
  const chains = new ChainCache()
  for await (const { manifest, envelope } of findSignatures(store, subject, call)) {
    const binding = envelope === undefined ? undefined : bindingFor(envelope.mediaType)
    if (envelope === undefined || binding === undefined) continue
    if (query.mediaType !== undefined && query.mediaType !== binding.mediaType) continue
    const bytes = await orPass(() => readEnvelope(store, envelope, call))
    const sound = bytes === undefined ? undefined : openEnvelope(binding, bytes, chains).sound
    if (sound !== undefined && isEqualSignature(sound, query)) return { signature: manifest, envelope: sound }
  }
  return undefined
}

/** Returns whether a sound envelope is by this key and certificate, signs this content, and is good at this time. */
export function isEqualSignature(
  { chain, attributes, content, timestamps }: SoundEnvelope,
  query: Pick<EqualSignatureQuery, 'content' | 'publicKey' | 'certificate' | 'timestampedBy' | 'now'>,
): boolean {
  const { publicKey, der } = chain[0]!
  if (Buffer.compare(publicKey, query.publicKey) !== 0) return false
  if (query.certificate !== undefined && Buffer.compare(der, query.certificate) !== 0) return false
  if (attributes.expiry !== undefined && attributes.expiry <= query.now) return false
  if (!chain.every(({ notBefore, notAfter }) => notBefore <= query.now && query.now <= notAfter)) return false
  if (query.timestampedBy !== undefined && !isTimestamped(timestamps, query.timestampedBy)) return false
  const signed = contentOrPass(content)
  if (signed === undefined) return false
  const { mediaType, digest, size, annotations = {} } = signed
  const wanted = query.content
  const same = mediaType === wanted.mediaType && digest === wanted.digest && size === wanted.size
  return same && sameMetadata(annotations, wanted.annotations ?? {})
}

/** Whether one of the timestamps holds. Whether its authority was revoked is left to verification. */
export function isTimestamped(timestamps: readonly TimestampClaim[], roots: readonly Certificate[]): boolean {
  return timestamps.some(({ token, message }) => {
    try {
      verifyTimestampToken(readTimestampToken(token), { message, roots })
      return true
    } catch (error) {
      if (isSealwrightError(error)) return false
      throw error
    }
  })
}

function contentOrPass(content: () => TargetArtifact): TargetArtifact | undefined {
  try {
    return content()
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return undefined
    throw error
  }
}
