import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'
import { derSequence, readDer } from '@sealwright/core/encoding'
import {
  type InTotoStatement,
  isBundleType,
  parseBundle,
  parseStatement,
  STATEMENT_TYPE,
  sigstoreBundle,
} from '@sealwright/sigstore'
import type { TimestampClaim } from '../sound-envelope.ts'

/** The media type of a DSSE that stands alone, as cosign stored attestations before there were bundles. */
export const DSSE_TYPE: string = dsse.mediaType

/** Any of in-toto's own payload types: the general one, and those that name a predicate. */
const PAYLOAD_TYPE = /^application\/vnd\.in-toto(?:\.[\w.-]+)?\+json$/

/** Each is tried with every key that may be trusted. */
const MAX_SIGNATURES = 16

/** An attestation that was read. Nothing of it is judged. */
export interface OpenedAttestation {
  readonly format: 'sigstore-bundle' | 'dsse'
  readonly toBeSigned: Uint8Array
  /** ECDSA in DER or as r‖s; a bundle has one, a DSSE alone may have more. */
  readonly signatures: readonly Uint8Array[]
  /** DER, leaf first, without the root in most cases. */
  readonly certificates?: readonly Uint8Array[]
  /** What it says of its key. */
  readonly hint?: string
  /** Over the signature, as it stands in the bundle. */
  readonly timestamps: readonly TimestampClaim[]
  readonly payload: Uint8Array
  readonly statement: InTotoStatement
}

/**
 * The token of a TimeStampResp (RFC 3161, section 2.4.2), which is what bundles hold. What has no such form is left to the
 * reader of tokens, which says what is wrong with it.
 */
function tokenIn(response: Uint8Array): Uint8Array {
  try {
    const [, token] = derSequence(readDer(response, 'timestamp'), 'timestamp')
    return token?.tag === 0x30 ? token.bytes : response
  } catch (error) {
    if (isSealwrightError(error)) return response
    throw error
  }
}

/** Whether an envelope of this media type is one that {@link openAttestation} opens. */
export function isAttestationEnvelope(mediaType: string): boolean {
  return mediaType === DSSE_TYPE || isBundleType(mediaType)
}

/**
 * Opens an envelope around an in-toto statement: a Sigstore bundle, or a DSSE alone.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function openAttestation(mediaType: string, bytes: Uint8Array): OpenedAttestation {
  const bundle = isBundleType(mediaType) ? parseBundle(bytes) : undefined
  const { payload, payloadType, signatures } = (bundle === undefined ? dsse : sigstoreBundle).open(bytes)
  if (payloadType !== STATEMENT_TYPE && !PAYLOAD_TYPE.test(payloadType)) {
    throw new SealwrightError('VALIDATION', 'the payload is not an in-toto statement')
  }
  if (signatures.length > MAX_SIGNATURES) {
    throw new SealwrightError('VALIDATION', `the DSSE has more than ${MAX_SIGNATURES} signatures`)
  }
  const { certificates, hint = signatures[0]!.keyId, timestamps = [] } = bundle ?? {}
  return {
    format: bundle === undefined ? 'dsse' : 'sigstore-bundle',
    toBeSigned: signatures[0]!.toBeSigned,
    signatures: signatures.map(signature => signature.bytes),
    ...(certificates === undefined ? {} : { certificates }),
    ...(hint === undefined ? {} : { hint }),
    timestamps: timestamps.map(response => ({
      token: tokenIn(response),
      message: signatures[0]!.bytes,
    })),
    payload,
    statement: parseStatement(payload),
  }
}
