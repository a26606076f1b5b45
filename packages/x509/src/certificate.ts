import { hash, type KeyObject } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'
import {
  type DerValue,
  derBitString,
  derExplicit,
  derOid,
  derSequence,
  derSmallInteger,
  derTime,
  derUnsigned,
  readDer,
} from '@sealwright/core/encoding'
import { type DistinguishedName, readName } from './distinguished-name.ts'
import { type Extension, readExtensions } from './extension.ts'
import { type ExtensionFacts, readExtensionFacts } from './extension-facts.ts'
import { publicKeyKind, publicKeyObject } from './public-key.ts'
import { signatureSchemeOf, verifyWithScheme } from './signature-scheme.ts'

/** An X.509 certificate (RFC 5280) as it was read; every byte array is a view of {@link Certificate.der}. */
export interface Certificate extends ExtensionFacts {
  readonly der: Uint8Array
  /** SHA-256 of `der`, 64 lower-case hexadecimal digits. */
  readonly fingerprint: string
  readonly version: 1 | 2 | 3
  /** Hexadecimal, lower-case, at least two digits, without a sign. */
  readonly serialNumber: string
  readonly subject: DistinguishedName
  readonly issuer: DistinguishedName
  /** DER names; names are chained by comparing these bytes. */
  readonly rawSubject: Uint8Array
  readonly rawIssuer: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** The same for `node:crypto`, made when first asked for. Throws `VALIDATION` where the key is unsound or unknown. */
  readonly publicKeyObject: KeyObject
  readonly extensions: readonly Extension[]
  /** OID. */
  readonly signatureAlgorithm: string
  /** The same with its parameters: DER AlgorithmIdentifier. */
  readonly signatureAlgorithmIdentifier: Uint8Array
  /** DER TBSCertificate, which the signature is over. */
  readonly toBeSigned: Uint8Array
  /** ECDSA in DER. */
  readonly signature: Uint8Array
  /** Whether it names itself as issuer, by equal bytes, and its signature holds under its own key. */
  readonly selfSigned: boolean
}

const MAX_BYTES = 1024 * 1024

/**
 * Reads one certificate in strict DER.
 *
 * Refused are trailing bytes, BER, a second extension of a kind, extensions before version 3, a negative serial number,
 * and a signature algorithm that differs within and outside of what is signed. An unknown key type or algorithm is
 * accepted here: the rules of {@link checkChain} judge it.
 *
 * @param der - Copied; at most 1 MiB.
 * @param label - Names the input in messages.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseCertificate(der: Uint8Array, label: string = 'certificate'): Certificate {
  if (der.length > MAX_BYTES)
    throw new SealwrightError('VALIDATION', `${label}: larger than ${MAX_BYTES} bytes`)
  const bytes = Uint8Array.from(der)
  const [tbs, algorithm, signature, ...more] = derSequence(readDer(bytes, label), label)
  if (more.length > 0) throw new SealwrightError('VALIDATION', `${label}: it has more than three parts`)
  const fields = readTbs(tbs, label)
  const outer = derSequence(algorithm, label)
  if (Buffer.compare(fields.signatureAlgorithmIdentifier, algorithm!.bytes) !== 0) {
    throw new SealwrightError(
      'VALIDATION',
      `${label}: its signature algorithm differs within and outside of the signed part`,
    )
  }
  const bits = derBitString(signature, label)
  if (bits.unusedBits !== 0)
    throw new SealwrightError('VALIDATION', `${label}: its signature is not a whole number of bytes`)
  return withKey({
    der: bytes,
    fingerprint: hash('sha256', bytes),
    ...fields,
    signatureAlgorithm: derOid(outer[0], label),
    toBeSigned: tbs!.bytes,
    signature: bits.bytes,
  })
}

type Fields = Omit<Certificate, 'publicKeyObject' | 'selfSigned'>

/** Adds what takes cryptography, computed once and when first asked for. */
function withKey(fields: Fields): Certificate {
  let key: KeyObject | undefined
  let selfSigned: boolean | undefined
  return {
    ...fields,
    get publicKeyObject() {
      key ??= publicKeyObject(fields.publicKey)
      return key
    },
    get selfSigned() {
      selfSigned ??= isIssuedBy(this, this)
      return selfSigned
    },
  }
}

/** Whether `certificate` names `issuer` as its issuer, by equal bytes, and its signature holds under the issuer's key. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return Buffer.compare(certificate.rawIssuer, issuer.rawSubject) === 0 && isSignedBy(certificate, issuer)
}

/** Whether the signature of `certificate` holds under the key of `issuer`; `false` also for algorithms not accepted. */
export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  const scheme = signatureSchemeOf(certificate.signatureAlgorithmIdentifier)
  if ('refused' in scheme) return false
  try {
    return verifyWithScheme(scheme, issuer.publicKeyObject, certificate.toBeSigned, certificate.signature)
  } catch {
    // A key that cannot be used verifies nothing.
    return false
  }
}

function readTbs(
  tbs: DerValue | undefined,
  label: string,
): Omit<Fields, 'der' | 'fingerprint' | 'signatureAlgorithm' | 'toBeSigned' | 'signature'> {
  const parts = derSequence(tbs, label)
  const version = parts[0]?.tag === 0xa0 ? readVersion(parts.shift(), label) : 1
  const serialNumber = Buffer.from(derUnsigned(parts.shift(), `${label}, serial number`)).toString('hex')
  const [algorithm, issuer, validity, subject, spki, ...rest] = parts
  derSequence(algorithm, label)
  const [notBefore, notAfter, ...beyond] = derSequence(validity, label)
  if (beyond.length > 0)
    throw new SealwrightError('VALIDATION', `${label}: its validity has more than two times`)
  const issuerName = readName(issuer, label)
  const subjectName = readName(subject, label)
  derSequence(spki, label)
  publicKeyKind(spki!.bytes, `${label}, public key`)
  const extensions = readTail(rest, version, label)
  return {
    version,
    serialNumber,
    issuer: issuerName,
    subject: subjectName,
    rawIssuer: issuer!.bytes,
    rawSubject: subject!.bytes,
    notBefore: derTime(notBefore, label),
    notAfter: derTime(notAfter, label),
    publicKey: spki!.bytes,
    signatureAlgorithmIdentifier: algorithm!.bytes,
    extensions,
    ...readExtensionFacts(extensions, label),
  }
}

function readVersion(value: DerValue | undefined, label: string): 1 | 2 | 3 {
  const version = derSmallInteger(derExplicit(value, 0, label), label) + 1
  if (version === 1 || version === 2 || version === 3) return version
  throw new SealwrightError('VALIDATION', `${label}: version ${version} of X.509 does not exist`)
}

/** The unique identifiers of version 2, which nobody uses, and the extensions of version 3. */
function readTail(rest: DerValue[], version: 1 | 2 | 3, label: string): readonly Extension[] {
  const tail = [...rest]
  if (version > 1 && tail[0]?.tag === 0x81) tail.shift()
  if (version > 1 && tail[0]?.tag === 0x82) tail.shift()
  const extensions = version === 3 && tail[0]?.tag === 0xa3 ? tail.shift() : undefined
  if (tail.length > 0)
    throw new SealwrightError('VALIDATION', `${label}: version ${version} of X.509 has no such part`)
  return extensions ? readExtensions(derExplicit(extensions, 3, label), label) : []
}
