import {
  type DerValue,
  derContents,
  derExplicit,
  derOctetString,
  derSequence,
  derSet,
  derSmallInteger,
  readDer,
} from '@sealwright/core/encoding'
import { type Certificate, parseCertificate } from './certificate.ts'
import { malformed } from './malformed.ts'
import { OID, readOid } from './oids.ts'
import { type HashAlgorithm, readHashAlgorithm } from './signature-scheme.ts'
import { readTimestampInfo, type TimestampInfo } from './timestamp-info.ts'
import { readTimestampSigner, type TimestampSigner } from './timestamp-signer.ts'

/**
 * An RFC 3161 TimeStampToken as it was read: well-formed, and no more. Nothing in it is to be trusted before
 * {@link verifyTimestampToken} has accepted it.
 */
export interface TimestampToken extends TimestampInfo {
  /** The whole token, DER ContentInfo. Every other byte array is a view of it. */
  readonly der: Uint8Array
  /** DER TSTInfo, which the signer's message digest is over. */
  readonly content: Uint8Array
  /** The certificates that the token carries, in its order; at most 20. */
  readonly certificates: readonly Certificate[]
  readonly signer: TimestampSigner
}

const MAX_BYTES = 1024 * 1024
const MAX_CERTIFICATES = 20
const MAX_DIGEST_ALGORITHMS = 8

/**
 * Reads an RFC 3161 TimeStampToken: a CMS SignedData (RFC 5652) over a TSTInfo of version 1, with exactly one signer and
 * the signed attributes contentType, messageDigest and signingCertificateV2.
 *
 * Refused are BER, hashes other than SHA-256, SHA-384 and SHA-512, attribute certificates, and critical extensions.
 *
 * @param der - Copied; at most 1 MiB.
 * @param label - Names the input in messages.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readTimestampToken(der: Uint8Array, label: string = 'timestamp token'): TimestampToken {
  if (der.length > MAX_BYTES) throw malformed(label, `larger than ${MAX_BYTES} bytes`)
  const bytes = Uint8Array.from(der)
  const [type, signedData, ...more] = derSequence(readDer(bytes, label), label)
  expectOid(type, OID.signedData, `${label}, content type`)
  if (more.length > 0) throw malformed(label, 'ContentInfo has more than two parts')
  return { der: bytes, ...readSignedData(derExplicit(signedData, 0, label), label) }
}

function readSignedData(value: DerValue, label: string): Omit<TimestampToken, 'der'> {
  const fields = derSequence(value, label)
  const version = derSmallInteger(fields.shift(), `${label}, version`)
  if (version !== 3) throw malformed(label, `SignedData has version ${version}, not 3`)
  const digestAlgorithms = readDigestAlgorithms(fields.shift(), `${label}, digestAlgorithms`)
  const content = readContent(fields.shift(), label)
  const certificates = fields[0]?.tag === 0xa0 ? readCertificates(fields.shift()!, label) : []
  // CRLs: what was revoked is judged elsewhere, by evidence that is current.
  if (fields[0]?.tag === 0xa1) fields.shift()
  const signers = derSet(fields.shift(), `${label}, signerInfos`)
  if (fields.length > 0) throw malformed(label, 'SignedData has parts after signerInfos')
  if (signers.length !== 1) {
    // RFC 3161, section 2.4.2: no signatures other than the authority's.
    throw malformed(label, `it has ${signers.length} signers, and must have exactly one`)
  }
  const signer = readTimestampSigner(signers[0]!, `${label}, signer`)
  if (!digestAlgorithms.includes(signer.hash))
    throw malformed(label, 'digestAlgorithms lacks the hash of the signer')
  return { ...readTimestampInfo(content, `${label}, TSTInfo`), content, certificates, signer }
}

function readDigestAlgorithms(value: DerValue | undefined, label: string): (HashAlgorithm | undefined)[] {
  const algorithms = derSet(value, label)
  if (algorithms.length > MAX_DIGEST_ALGORITHMS)
    throw malformed(label, `more than ${MAX_DIGEST_ALGORITHMS} algorithms`)
  return algorithms.map(algorithm => readHashAlgorithm(algorithm, label))
}

function readContent(value: DerValue | undefined, label: string): Uint8Array {
  const [type, content, ...more] = derSequence(value, label)
  expectOid(type, OID.tstInfo, `${label}, type of the signed content`)
  if (content === undefined) throw malformed(label, 'the signed content is detached')
  if (more.length > 0) throw malformed(label, 'EncapsulatedContentInfo has more than two parts')
  return derOctetString(derExplicit(content, 0, label), `${label}, signed content`)
}

function readCertificates(value: DerValue, label: string): Certificate[] {
  derContents(value, 0xa0, label)
  const certificates = value.children()
  if (certificates.length > MAX_CERTIFICATES)
    throw malformed(label, `it has ${certificates.length} certificates; at most ${MAX_CERTIFICATES} are read`)
  return certificates.map(({ tag, bytes }, index) => {
    // Attribute certificates and those of PKCS #6, which a version other than 3 would announce.
    if (tag !== 0x30) throw malformed(label, `certificate ${index + 1} is not an X.509 certificate`)
    return parseCertificate(bytes, `${label}, certificate ${index + 1}`)
  })
}

/** @throws {@link SealwrightError} `VALIDATION` for another OID. */
function expectOid(value: DerValue | undefined, expected: string, label: string): void {
  const oid = readOid(value, label)
  if (oid !== expected) throw malformed(label, `it is ${oid}, not ${expected}`)
}
