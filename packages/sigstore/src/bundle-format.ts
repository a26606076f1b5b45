import { createHash } from 'node:crypto'
import {
  algorithms,
  type EnvelopeFormat,
  SealwrightError,
  type Signature,
  type SignerIdentity,
} from '@sealwright/core'
import { type DsseAttributes, type DssePayload, dsse } from '@sealwright/core/dsse'
import {
  decodeUtf8,
  der,
  ecdsaToDer,
  encodeBase64,
  encodeJson,
  encodeUtf8,
  type JsonObject,
  type JsonValue,
} from '@sealwright/core/encoding'
import { parseCertificate } from '@sealwright/x509'
import { BUNDLE_TYPE, type DsseContent, parseBundle } from './bundle.ts'

const LABEL = 'Sigstore bundle'

export interface BundleFormat extends EnvelopeFormat<DssePayload, DsseAttributes> {
  /** What a timestamp in the bundle is over: the signature as it stands there. */
  timestampedBytes(signature: Signature): Uint8Array
}

/**
 * The Sigstore bundle v0.3 around a DSSE with one signature; several signers make several bundles. ECDSA signatures stand
 * in it in DER, which is what sigstore's clients read, and not as `dsse` alone writes them.
 *
 * With certificates it carries them (without a root, which proves nothing there), else a hint at the key: standard base64
 * of the SHA-256 of its SubjectPublicKeyInfo, as cosign writes. One or the other: the format has no place for both.
 *
 * Bundles of versions 0.1 to 0.3 are opened, if they hold a DSSE. Log entries are not written (`UNSUPPORTED`), and those that
 * others wrote are not looked at.
 */
export const sigstoreBundle: BundleFormat = Object.freeze<BundleFormat>({
  mediaType: BUNDLE_TYPE,
  algorithmFor: dsse.algorithmFor,
  timestampedBytes: asSigstore,

  prepare(content, attributes, identity, onto) {
    if (onto !== undefined) {
      throw new SealwrightError('VALIDATION', 'a Sigstore bundle has one signature', {
        fix: 'make a bundle of its own for each signer',
      })
    }
    const prepared = dsse.prepare(content, attributes, identity)
    return {
      toBeSigned: prepared.toBeSigned,
      close(signature, evidence) {
        const { timestamps = [], ...others } = evidence
        const envelope = prepared.close({ ...signature, bytes: asSigstore(signature) }, others)
        const verificationMaterial = { ...materialOf(identity), ...timestampMaterial(timestamps) }
        const head = encodeJson({ mediaType: BUNDLE_TYPE, verificationMaterial }, { label: LABEL })
        return encodeUtf8(`${head.slice(0, -1)},"dsseEnvelope":${decodeUtf8(envelope, LABEL)}}`, LABEL)
      },
    }
  },

  open(bytes) {
    const { content, certificates, hint } = parseBundle(bytes)
    if (content.kind !== 'dsse') throw new SealwrightError('VALIDATION', `${LABEL}: it holds no DSSE`)
    const envelope = openDsse(content)
    const { keyId: _, ...rest } = envelope.signatures[0]!
    return {
      ...envelope,
      signatures: [
        {
          ...rest,
          ...(certificates === undefined ? {} : { certificates }),
          ...(hint === undefined ? {} : { keyId: hint }),
        },
      ],
    }
  },
})

/** Opens the DSSE of a bundle, which has one signature. Throws `VALIDATION`. */
export function openDsse({ envelope }: DsseContent): ReturnType<typeof dsse.open> {
  const opened = dsse.open(envelope)
  const { length } = opened.signatures
  if (length === 1) return opened
  throw new SealwrightError('VALIDATION', `${LABEL}: its DSSE has ${length} signatures instead of one`)
}

/** Returns the response (RFC 3161, section 2.4.2) that holds a token and says `granted`: what Sigstore's formats hold. */
export function timestampResponse(token: Uint8Array): Uint8Array {
  return der.sequence(der.sequence(der.integer(0)), token)
}

function timestampMaterial(tokens: readonly Uint8Array[]): JsonObject {
  if (tokens.length === 0) return {}
  const rfc3161Timestamps = tokens.map(token => ({
    signedTimestamp: encodeBase64(timestampResponse(token)),
  }))
  return { timestampVerificationData: { rfc3161Timestamps } }
}

/** What cosign names a key by in a bundle. */
export function keyHint(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('base64')
}

function asSigstore({ algorithm, bytes }: Signature): Uint8Array {
  return algorithms[algorithm].family === 'ECDSA' ? ecdsaToDer(bytes) : bytes
}

function materialOf({ key, certificates = [] }: SignerIdentity): JsonObject {
  const raw = (bytes: Uint8Array): JsonValue => ({ rawBytes: encodeBase64(bytes) })
  const [leaf, ...above] = certificates
  if (leaf === undefined) return { publicKey: { hint: keyHint(key.publicKey) } }
  const kept = above.filter(der => !parseCertificate(der).selfSigned)
  return kept.length === 0
    ? { certificate: raw(leaf) }
    : { x509CertificateChain: { certificates: [leaf, ...kept].map(raw) } }
}
