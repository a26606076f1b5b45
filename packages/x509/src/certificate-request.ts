import { type CallOptions, SealwrightError, type Signer } from '@sealwright/core'
import {
  type DerValue,
  der,
  derBitString,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  readDer,
} from '@sealwright/core/encoding'
import { type DistinguishedName, readName } from './distinguished-name.ts'
import { type Extension, encodeExtensions, readExtensions } from './extension.ts'
import { leafUsage } from './issue-certificate.ts'
import { OID } from './oids.ts'
import { publicKeyKind, publicKeyObject } from './public-key.ts'
import { signatureSchemeOf, signedDer, verifyWithScheme } from './signature-scheme.ts'
import { encodeSubject, type Subject } from './subject.ts'

/** A PKCS #10 certification request (RFC 2986) whose signature holds under the key that it asks a certificate for. */
export interface CertificateRequest {
  readonly der: Uint8Array
  readonly subject: DistinguishedName
  /** DER name. */
  readonly rawSubject: Uint8Array
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** What the requester wishes for (RFC 2985, extensionRequest): an issuer decides for itself. */
  readonly extensions: readonly Extension[]
}

export interface RequestOptions extends CallOptions {
  readonly signer: Signer
  readonly subject: Subject
  /** Default `codeSigning`. */
  readonly purpose?: 'codeSigning' | 'timestamping'
  /** As in {@link IssueOptions}. */
  readonly requireIdentity?: boolean
}

const MAX_BYTES = 1024 * 1024

/**
 * Makes a PKCS #10 request for a leaf certificate of the signer's key, signed by that key where it lives. It asks for the
 * key usages that the Notary Project profile demands.
 *
 * @returns DER.
 * @throws {@link SealwrightError} `VALIDATION` for the subject; whatever the signer throws.
 *
 * @example
 * ```ts
 * import type { Signer } from '@sealwright/core'
 * import { requestCertificate } from '@sealwright/x509'
 *
 * declare const signer: Signer
 * const der = await requestCertificate({ signer, subject: 'CN=release,O=Acme,ST=Hessen,C=DE' })
 * ```
 */
export async function requestCertificate(options: RequestOptions): Promise<Uint8Array> {
  const { signer, subject, purpose = 'codeSigning', requireIdentity = false } = options
  const wishes = der.sequence(der.oid(OID.extensionRequest), der.set(encodeExtensions(leafUsage(purpose))))
  const info = der.sequence(
    der.integer(0),
    encodeSubject(subject, requireIdentity),
    signer.key.publicKey,
    der.implicit(0, der.set(wishes)),
  )
  return parseCertificateRequest(await signedDer(info, signer, options)).der
}

/**
 * Reads a request in strict DER and verifies that its signature holds under its own key.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseCertificateRequest(
  bytes: Uint8Array,
  label: string = 'certificate request',
): CertificateRequest {
  if (bytes.length > MAX_BYTES)
    throw new SealwrightError('VALIDATION', `${label}: larger than ${MAX_BYTES} bytes`)
  const copy = Uint8Array.from(bytes)
  const [info, algorithm, signature, ...more] = derSequence(readDer(copy, label), label)
  const [version, subject, publicKey, attributes, ...beyond] = derSequence(info, label)
  if (more.length > 0 || beyond.length > 0)
    throw new SealwrightError('VALIDATION', `${label}: it has too many parts`)
  if (derSmallInteger(version, label) !== 0)
    throw new SealwrightError('VALIDATION', `${label}: its version is unknown`)
  const name = readName(subject, label)
  derSequence(publicKey, label)
  publicKeyKind(publicKey!.bytes, `${label}, public key`)
  derSequence(algorithm, label)
  const scheme = signatureSchemeOf(algorithm!.bytes)
  if ('refused' in scheme) throw new SealwrightError('VALIDATION', `${label}: ${scheme.refused}`)
  const bits = derBitString(signature, label)
  const holds =
    bits.unusedBits === 0 &&
    verifyWithScheme(scheme, publicKeyObject(publicKey!.bytes), info!.bytes, bits.bytes)
  if (!holds) {
    throw new SealwrightError('VALIDATION', `${label}: its signature does not hold under its own key`, {
      why: 'the requester has not shown to hold the private key, or the request was changed',
    })
  }
  return {
    der: copy,
    subject: name,
    rawSubject: subject!.bytes,
    publicKey: publicKey!.bytes,
    extensions: readWishes(attributes, label),
  }
}

function readWishes(attributes: DerValue | undefined, label: string): readonly Extension[] {
  if (attributes === undefined) return []
  if (attributes.tag !== 0xa0)
    throw new SealwrightError('VALIDATION', `${label}: its attributes are malformed`)
  for (const attribute of attributes.children()) {
    const [type, values] = derSequence(attribute, label)
    const [value] = derSet(values, label)
    if (derOid(type, label) === OID.extensionRequest) return readExtensions(value, label)
  }
  return []
}
