import { SealwrightError } from '@sealwright/core'
import {
  type DerValue,
  derContents,
  derOctetString,
  derSequence,
  derSet,
  derSmallInteger,
  derUnsigned,
} from '@sealwright/core/encoding'
import type { Certificate } from './certificate.ts'
import { formatDistinguishedName } from './distinguished-name.ts'
import { GENERAL_NAME } from './general-names.ts'
import { malformed } from './malformed.ts'
import { nameOfOid, OID, readOid } from './oids.ts'
import {
  cmsSignatureScheme,
  HASH_LENGTH,
  type HashAlgorithm,
  isDigestOf,
  readHashAlgorithm,
} from './signature-scheme.ts'

/** Names a certificate by its issuer (DER Name) and serial number (as {@link Certificate.serialNumber}). */
export interface IssuerAndSerial {
  readonly issuer: Uint8Array
  readonly serialNumber: string
}

/** ESSCertIDv2 (RFC 5035, section 4): names a certificate by its digest. */
export interface CertificateId {
  readonly hash: HashAlgorithm
  readonly digest: Uint8Array
  readonly issuerSerial?: IssuerAndSerial
}

/** Who signed a token, and how (SignerInfo, RFC 5652, section 5.3). */
export interface TimestampSigner {
  readonly identifier: IssuerAndSerial | { readonly subjectKeyIdentifier: Uint8Array }
  /** From signingCertificateV2: the certificate that signed first; further ones limit the chain. */
  readonly certificateIds: readonly [CertificateId, ...CertificateId[]]
  /** Of the message digest and the signature. */
  readonly hash: HashAlgorithm
  readonly messageDigest: Uint8Array
  /** DER SET OF Attribute, which the signature is over. */
  readonly signedAttributes: Uint8Array
  /** DER AlgorithmIdentifier. */
  readonly signatureAlgorithm: Uint8Array
  readonly signature: Uint8Array
}

const MAX_ATTRIBUTES = 32
const MAX_CERTIFICATE_IDS = 20

/** @throws {@link SealwrightError} `VALIDATION`. */
export function readTimestampSigner(value: DerValue, label: string): TimestampSigner {
  const fields = derSequence(value, label)
  const version = derSmallInteger(fields.shift(), `${label}, version`)
  const identifier = readIdentifier(fields.shift(), version, label)
  const digestAlgorithm = fields.shift()
  const hash = readHashAlgorithm(digestAlgorithm, `${label}, digestAlgorithm`)
  if (hash === undefined) throw malformed(label, 'its digest algorithm is not SHA-256, SHA-384 or SHA-512')
  const attributes = fields.shift()
  const values = readSignedAttributes(attributes, label)
  const algorithm = fields.shift()
  derSequence(algorithm, `${label}, signatureAlgorithm`)
  const scheme = cmsSignatureScheme(algorithm!.bytes, hash)
  if ('refused' in scheme) throw malformed(label, scheme.refused)
  const signature = derOctetString(fields.shift(), `${label}, signature`)
  if (fields[0]?.tag === 0xa1) readAttributes(fields.shift()!, `${label}, unsigned attributes`)
  if (fields.length > 0) throw malformed(label, 'SignerInfo has more parts than it may')
  // As signed: the implicit tag [0] gives way to that of a SET (RFC 5652, section 5.4).
  const signedAttributes = Uint8Array.from(attributes!.bytes)
  signedAttributes[0] = 0x31
  return {
    identifier,
    ...readAttributeValues(values, { hash, algorithm: algorithm!, label }),
    hash,
    signedAttributes,
    signatureAlgorithm: algorithm!.bytes,
    signature,
  }
}

function readIdentifier(
  value: DerValue | undefined,
  version: number,
  label: string,
): TimestampSigner['identifier'] {
  const isByKey = value?.tag === 0x80
  if (version !== (isByKey ? 3 : 1))
    throw malformed(label, `SignerInfo has version ${version}, not ${isByKey ? 3 : 1}`)
  if (isByKey) return { subjectKeyIdentifier: value.contents }
  const [issuer, serialNumber, ...more] = derSequence(value, `${label}, sid`)
  derSequence(issuer, `${label}, issuer`)
  if (more.length > 0) throw malformed(label, 'sid has more than two parts')
  return { issuer: issuer!.bytes, serialNumber: serialText(serialNumber, label) }
}

/** The values by the OID of their type. */
type AttributeValues = ReadonlyMap<string, readonly DerValue[]>

function readSignedAttributes(value: DerValue | undefined, label: string): AttributeValues {
  const name = `${label}, signed attributes`
  derContents(value, 0xa0, name)
  // The signature is over their DER, whatever the rest is encoded in (RFC 5652, section 5.3).
  const encoded = value!.children().map(({ bytes }) => bytes)
  if (encoded.some((bytes, index) => index > 0 && Buffer.compare(encoded[index - 1]!, bytes) > 0))
    throw malformed(name, 'they are not in the order of DER')
  return readAttributes(value!, name)
}

function readAttributes(value: DerValue, label: string): AttributeValues {
  const attributes = value.children()
  if (attributes.length > MAX_ATTRIBUTES) throw malformed(label, `more than ${MAX_ATTRIBUTES}`)
  const values = new Map<string, readonly DerValue[]>()
  for (const attribute of attributes) {
    const [type, set, ...more] = derSequence(attribute, label)
    const oid = readOid(type, label)
    if (more.length > 0) throw malformed(label, `${nameOfOid(oid)} has more than two parts`)
    if (values.has(oid)) throw malformed(label, `${nameOfOid(oid)} is there twice`)
    values.set(oid, derSet(set, `${label}, ${nameOfOid(oid)}`))
  }
  return values
}

interface SignedWith {
  readonly hash: HashAlgorithm
  readonly algorithm: DerValue
  readonly label: string
}

function readAttributeValues(
  attributes: AttributeValues,
  { hash, algorithm, label }: SignedWith,
): Pick<TimestampSigner, 'certificateIds' | 'messageDigest'> {
  const contentType = readOid(oneValue(attributes, OID.contentType, label), `${label}, contentType`)
  if (contentType !== OID.tstInfo)
    throw malformed(label, `the signed contentType is ${contentType}, not ${OID.tstInfo}`)
  const messageDigest = derOctetString(
    oneValue(attributes, OID.messageDigest, label),
    `${label}, messageDigest`,
  )
  if (messageDigest.length !== HASH_LENGTH[hash])
    throw malformed(label, `messageDigest has ${messageDigest.length} bytes, not ${HASH_LENGTH[hash]}`)
  if (attributes.has(OID.algorithmProtection))
    checkProtection(oneValue(attributes, OID.algorithmProtection, label), { hash, algorithm, label })
  if (!attributes.has(OID.signingCertificateV2) && attributes.has(OID.signingCertificate)) {
    throw malformed(label, 'it has signingCertificate, whose digest is SHA-1, without signingCertificateV2')
  }
  const signingCertificate = oneValue(attributes, OID.signingCertificateV2, label)
  return {
    messageDigest,
    certificateIds: readCertificateIds(signingCertificate, `${label}, signingCertificateV2`),
  }
}

function oneValue(attributes: AttributeValues, oid: string, label: string): DerValue {
  const [value, ...more] = attributes.get(oid) ?? []
  if (value === undefined) throw malformed(label, `the signed attribute ${nameOfOid(oid)} is absent`)
  if (more.length > 0) throw malformed(label, `${nameOfOid(oid)} has more than one value`)
  return value
}

/** CMSAlgorithmProtection (RFC 6211): the algorithms again, signed. */
function checkProtection(value: DerValue, { hash, algorithm, label }: SignedWith): void {
  const name = `${label}, algorithmProtection`
  const [digestAlgorithm, signatureAlgorithm, ...more] = derSequence(value, name)
  const protectedHash = readHashAlgorithm(digestAlgorithm, name)
  derContents(signatureAlgorithm, 0xa1, name)
  const identifier = Uint8Array.from(signatureAlgorithm!.bytes)
  identifier[0] = 0x30
  if (protectedHash !== hash || Buffer.compare(identifier, algorithm.bytes) !== 0 || more.length > 0)
    throw malformed(name, 'it does not match the algorithms of the signer')
}

/** SigningCertificateV2 (RFC 5035, section 3). */
function readCertificateIds(value: DerValue, label: string): [CertificateId, ...CertificateId[]] {
  const [certs, policies, ...more] = derSequence(value, label)
  if (policies !== undefined) derSequence(policies, `${label}, policies`)
  if (more.length > 0) throw malformed(label, 'it has more than two parts')
  const [first, ...others] = derSequence(certs, label)
  if (first === undefined) throw malformed(label, 'it names no certificate')
  if (others.length >= MAX_CERTIFICATE_IDS)
    throw malformed(label, `it names more than ${MAX_CERTIFICATE_IDS} certificates`)
  return [readCertificateId(first, label), ...others.map(id => readCertificateId(id, label))]
}

function readCertificateId(value: DerValue, label: string): CertificateId {
  const fields = derSequence(value, label)
  const hash = fields[0]?.tag === 0x30 ? readHashAlgorithm(fields.shift(), label) : 'sha256'
  if (hash === undefined)
    throw malformed(label, 'the hash of a certificate is not SHA-256, SHA-384 or SHA-512')
  const digest = derOctetString(fields.shift(), label)
  if (digest.length !== HASH_LENGTH[hash])
    throw malformed(label, `the digest of a certificate has ${digest.length} bytes, not ${HASH_LENGTH[hash]}`)
  const issuerSerial = fields.shift()
  if (fields.length > 0) throw malformed(label, 'ESSCertIDv2 has more than three parts')
  return { hash, digest, ...(issuerSerial && { issuerSerial: readIssuerSerial(issuerSerial, label) }) }
}

function readIssuerSerial(value: DerValue, label: string): IssuerAndSerial {
  const [names, serialNumber, ...more] = derSequence(value, `${label}, issuerSerial`)
  const [name, ...otherNames] = derSequence(names, `${label}, issuer`)
  // RFC 5035, section 4: exactly one name, and it is the distinguished name of the issuer.
  if (name?.tag !== GENERAL_NAME.directoryName || otherNames.length > 0)
    throw malformed(label, 'the issuer of a certificate is not one directory name')
  if (more.length > 0) throw malformed(label, 'issuerSerial has more than two parts')
  const [issuer, ...beyond] = name.children()
  if (issuer?.tag !== 0x30 || beyond.length > 0)
    throw malformed(label, 'the issuer of a certificate is not a name')
  return { issuer: issuer.bytes, serialNumber: serialText(serialNumber, label) }
}

function serialText(value: DerValue | undefined, label: string): string {
  return Buffer.from(derUnsigned(value, `${label}, serial number`)).toString('hex')
}

/**
 * The certificate that the signer identifies and that signingCertificateV2 has the digest of.
 *
 * @throws {@link SealwrightError} `VALIDATION` when it is not there, `INTEGRITY` when it is another.
 */
export function signerCertificate(
  { identifier, certificateIds: [id] }: TimestampSigner,
  certificates: readonly Certificate[],
): Certificate {
  const candidates = certificates.filter(certificate =>
    'issuer' in identifier
      ? isNamedBy(certificate, identifier)
      : certificate.subjectKeyIdentifier !== undefined &&
        Buffer.compare(certificate.subjectKeyIdentifier, identifier.subjectKeyIdentifier) === 0,
  )
  const [candidate] = candidates
  if (candidate === undefined) {
    throw new SealwrightError('VALIDATION', 'the timestamp token lacks the certificate of its signer', {
      why: 'neither the token nor the trust configuration has it',
      fix: 'ask the authority for its certificates (certReq), or configure them',
    })
  }
  const certificate = candidates.find(one => isIdentifiedBy(one, id))
  if (certificate === undefined) {
    throw new SealwrightError(
      'INTEGRITY',
      'the certificate of the signer is not the one that the timestamp token was signed with',
      {
        why: `signingCertificateV2 has another digest than that of ${formatDistinguishedName(candidate.subject)}`,
      },
    )
  }
  if (id.issuerSerial !== undefined && !isNamedBy(certificate, id.issuerSerial)) {
    throw new SealwrightError(
      'INTEGRITY',
      'the timestamp token names another certificate of its signer than it was signed with',
      {
        why: `issuerSerial of signingCertificateV2 is not that of ${formatDistinguishedName(certificate.subject)}`,
      },
    )
  }
  return certificate
}

function isNamedBy({ rawIssuer, serialNumber }: Certificate, named: IssuerAndSerial): boolean {
  return serialNumber === named.serialNumber && Buffer.compare(rawIssuer, named.issuer) === 0
}

/** Whether a certificate has the digest of an ESSCertIDv2. */
export function isIdentifiedBy(
  { der, fingerprint }: Certificate,
  { hash: algorithm, digest }: CertificateId,
): boolean {
  return algorithm === 'sha256'
    ? fingerprint === Buffer.from(digest).toString('hex')
    : isDigestOf(der, digest, algorithm)
}
