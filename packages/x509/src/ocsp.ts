import { hash } from 'node:crypto'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  type DerValue,
  der,
  derBitString,
  derContents,
  derExplicit,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSmallInteger,
  derUnsigned,
  encodeBase64,
  readDer,
} from '@sealwright/core/encoding'
import { type Certificate, isIssuedBy, parseCertificate } from './certificate.ts'
import { formatDistinguishedName } from './distinguished-name.ts'
import { type Extension, encodeExtensions, readExtensions, subjectPublicKey } from './extension.ts'
import { nameOfOid, OID } from './oids.ts'
import {
  derEnumerated,
  derGeneralizedTime,
  latestTime,
  type RevocationEvidence,
  type RevocationQuestion,
  type RevocationStatus,
  readInvalidityDate,
  readReason,
  timeText,
  type UnknownStatus,
} from './revocation-status.ts'
import { signatureSchemeOf, verifyWithScheme } from './signature-scheme.ts'

/** Largest OCSP response that is read, in bytes: as notation has it. */
export const MAX_OCSP_RESPONSE_BYTES: number = 20_480

const MAX_CERTIFICATES = 10
const MAX_GET_LENGTH = 255
const LABEL = 'the OCSP response'

/** OCSPResponseStatus (RFC 6960, section 4.2.1). */
const RESPONSE_STATUS: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
}

const CERT_ID_HASHES: Readonly<Record<string, string>> = {
  [OID.sha1]: 'sha1',
  [OID.sha256]: 'sha256',
  [OID.sha384]: 'sha384',
  [OID.sha512]: 'sha512',
}

export interface OcspRequestOptions {
  readonly certificate: Certificate
  /** The certificate that issued it. */
  readonly issuer: Certificate
  /** 1 to 128 bytes. Absent: the request has none, and a responder may answer from its cache. */
  readonly nonce?: Uint8Array | undefined
  /** Of the CertID; many deployed responders know `sha1` only. Default `sha1`. */
  readonly hash?: 'sha1' | 'sha256' | undefined
}

/**
 * Returns an OCSP request (RFC 6960, section 4.1) for one certificate, unsigned. Sent by POST as
 * `application/ocsp-request`, or by GET ({@link ocspUrl}).
 *
 * @returns DER.
 * @throws {@link SealwrightError} `VALIDATION` for a nonce of another length.
 */
export function ocspRequest({
  certificate,
  issuer,
  nonce,
  hash: algorithm = 'sha1',
}: OcspRequestOptions): Uint8Array {
  if (nonce !== undefined && (nonce.length < 1 || nonce.length > 128))
    throw new SealwrightError('VALIDATION', 'an OCSP nonce has 1 to 128 bytes')
  const certId = der.sequence(
    der.sequence(der.oid(OID[algorithm]), der.nul()),
    der.octetString(hash(algorithm, issuer.rawSubject, 'buffer')),
    der.octetString(hash(algorithm, subjectPublicKey(issuer.publicKey), 'buffer')),
    der.integer(Buffer.from(certificate.serialNumber, 'hex')),
  )
  const requests = der.sequence(der.sequence(certId))
  if (nonce === undefined) return der.sequence(der.sequence(requests))
  const extensions = [{ oid: OID.ocspNonce, critical: false, value: der.octetString(nonce) }]
  return der.sequence(der.sequence(requests, der.explicit(2, encodeExtensions(extensions))))
}

/**
 * Returns the URL that asks by GET (RFC 6960, appendix A.1); `undefined` when the request is too long for it, 255
 * characters or more, and has to be sent by POST.
 *
 * @param base - The responder's URL as the certificate names it.
 * @throws {@link SealwrightError} `VALIDATION` when `base` is not an absolute URL.
 */
export function ocspUrl(base: string, request: Uint8Array): string | undefined {
  const encoded = encodeURIComponent(encodeBase64(request))
  if (encoded.length >= MAX_GET_LENGTH) return undefined
  const url = URL.parse(base)
  if (url === null) throw new SealwrightError('VALIDATION', 'the URL of the OCSP responder is not a URL')
  url.pathname = `${url.pathname}${url.pathname.endsWith('/') ? '' : '/'}${encoded}`
  return url.href
}

export interface OcspJudgement extends RevocationQuestion {
  /** The nonce of the request. Compared when the response carries one. */
  readonly nonce?: Uint8Array | undefined
  /** Fingerprint of a delegated responder that was found to be not revoked: `uncheckedResponder` of {@link UnknownStatus}. */
  readonly checkedResponder?: string | undefined
}

/**
 * Judges an OCSP response, as it came from a responder, a cache or an archive. It never throws for what the response
 * holds.
 *
 * It is taken from the issuer itself, or from a responder whose certificate the issuer issued with the extended key usage
 * OCSPSigning, by the responder's name or the hash of its key; only with a nextUpdate.
 *
 * @param response - DER OCSPResponse of at most {@link MAX_OCSP_RESPONSE_BYTES}.
 * @throws {@link SealwrightError} `VALIDATION` for a skew out of range, and an issuer that the certificate does not name.
 */
export function judgeOcsp(response: Uint8Array, question: OcspJudgement): RevocationStatus {
  const latest = latestTime(question)
  try {
    return judge(readResponse(response), question, latest)
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return unknown(error.message)
    throw error
  }
}

function unknown(why: string, more: Partial<UnknownStatus> = {}): UnknownStatus {
  return { ...more, status: 'unknown', source: 'ocsp', why }
}

function judge(basic: BasicResponse, question: OcspJudgement, latest: number): RevocationStatus {
  const signer = authorizedSigner(basic, question)
  if (typeof signer === 'string') return unknown(signer)
  const mine = basic.responses.filter(({ certId }) => isSameCertificate(certId, question))
  const [first] = mine
  if (first === undefined) return unknown(`${LABEL} is about another certificate`)
  if (mine.length > 1) return unknown(`${LABEL} has several statuses for the certificate`)
  const { nonce } = basic
  if (nonce && question.nonce && Buffer.compare(nonce, question.nonce) !== 0)
    return unknown(`the nonce of ${LABEL} is not the nonce of the request`)
  const evidence = evidenceOf(basic, first, signer, latest)
  if ('why' in evidence) return evidence
  if (question.at > evidence.nextUpdate)
    return unknown(`${LABEL} expired at ${timeText(evidence.nextUpdate)}`, evidence)
  if (first.status === 'unknown') {
    return unknown('the OCSP responder does not know the certificate', {
      ...evidence,
      unknownToResponder: true,
    })
  }
  const { status } = first
  const mayPass = status === 'good' || status.invalidityDate !== undefined
  const unchecked = mayPass && signer !== question.issuer && uncheckedResponder(signer, question)
  if (unchecked) return unknown(unchecked.why, { ...unchecked, ...evidence })
  return status === 'good' ? { status, ...evidence } : { status: 'revoked', ...evidence, ...status }
}

/** When it was made and until when it holds; or why it does not hold at all. */
function evidenceOf(
  { producedAt }: BasicResponse,
  { thisUpdate, nextUpdate, archiveCutoff }: SingleResponse,
  signer: Certificate,
  latest: number,
): RevocationEvidence | UnknownStatus {
  if (nextUpdate === undefined) return unknown(`${LABEL} has no nextUpdate`, { thisUpdate })
  const evidence = {
    source: 'ocsp',
    thisUpdate,
    nextUpdate,
    signer: signer.fingerprint,
    expiredSince: archiveCutoff,
  } as const
  if (nextUpdate < thisUpdate) return unknown(`${LABEL} has a nextUpdate before its thisUpdate`, evidence)
  const future = [thisUpdate, producedAt].find(time => time.getTime() > latest)
  if (future) return unknown(`${LABEL} is from the future: ${timeText(future)}`, evidence)
  return evidence
}

/**
 * The certificate under whose key the response's signature holds, and which may sign it (RFC 6960, section 4.2.2.2); or
 * why there is none.
 */
function authorizedSigner(basic: BasicResponse, { issuer, at }: OcspJudgement): Certificate | string {
  const scheme = signatureSchemeOf(basic.algorithm)
  if ('refused' in scheme)
    return `${LABEL} is signed with an algorithm that is not accepted: ${scheme.refused}`
  const holdsUnder = ({ publicKeyObject }: Certificate) =>
    verifyWithScheme(scheme, publicKeyObject, basic.toBeSigned, basic.signature)
  const isIssuer = isResponder(basic.responder, issuer)
  if (isIssuer && holdsUnder(issuer)) return issuer
  const delegates = basic.certificates.filter(
    certificate =>
      certificate.fingerprint !== issuer.fingerprint && isResponder(basic.responder, certificate),
  )
  let why = isIssuer
    ? `the signature of ${LABEL} does not hold under the key of the issuer`
    : `the responder of ${LABEL} is neither the issuer nor one of the certificates in it`
  for (const delegate of delegates) {
    const name = formatDistinguishedName(delegate.subject)
    // Its own key comes last: only one that the issuer certified is worth the work.
    const fault =
      delegateFault(delegate, issuer, at) ??
      (holdsUnder(delegate) ? undefined : `the signature of ${LABEL} does not hold under its key`)
    if (fault === undefined) return delegate
    why = `the OCSP responder ${name} cannot be relied on: ${fault}`
  }
  return why
}

/** Extensions of a responder's certificate that are evaluated here or bind its subject alone. */
const DELEGATE_EXTENSIONS: readonly string[] = [
  OID.keyUsage,
  OID.basicConstraints,
  OID.extKeyUsage,
  OID.subjectAltName,
  OID.certificatePolicies,
  OID.cRLDistributionPoints,
  OID.ocspNoCheck,
]

function delegateFault(delegate: Certificate, issuer: Certificate, at: Date): string | undefined {
  if (!isIssuedBy(delegate, issuer))
    return 'its certificate was not issued by the issuer of the certificate in question'
  if (!delegate.extendedKeyUsage?.includes(OID.OCSPSigning)) return 'its extendedKeyUsage lacks OCSPSigning'
  if (delegate.keyUsage && !delegate.keyUsage.includes('digitalSignature'))
    return 'its keyUsage lacks digitalSignature'
  if (at < delegate.notBefore || at > delegate.notAfter) {
    return `its certificate is valid from ${timeText(delegate.notBefore)} to ${timeText(delegate.notAfter)}`
  }
  const odd = delegate.extensions.find(({ oid, critical }) => critical && !DELEGATE_EXTENSIONS.includes(oid))
  return odd && `its certificate has the critical extension ${nameOfOid(odd.oid)}, which is not evaluated`
}

/** RFC 6960, section 4.2.2.2.1, as the Notary Project specification narrows it: by CRLs, unless it has ocsp-nocheck. */
function uncheckedResponder(
  delegate: Certificate,
  { checkedResponder }: OcspJudgement,
): Pick<UnknownStatus, 'why' | 'uncheckedResponder'> | undefined {
  if (delegate.ocspNoCheck || delegate.fingerprint === checkedResponder) return undefined
  const name = formatDistinguishedName(delegate.subject)
  if (delegate.crlUrls.length > 0) {
    const why = `it is not known whether the OCSP responder ${name} was revoked itself`
    return { why, uncheckedResponder: delegate }
  }
  // A certificate that names no source of revocation cannot be revoked, as far as a verifier can know.
  if (delegate.ocspUrls.length === 0) return undefined
  return { why: `the OCSP responder ${name} has neither ocsp-nocheck nor a CRL that it could be judged by` }
}

function isResponder(responder: ResponderId, { rawSubject, publicKey }: Certificate): boolean {
  return 'name' in responder
    ? Buffer.compare(responder.name, rawSubject) === 0
    : Buffer.compare(responder.keyHash, hash('sha1', subjectPublicKey(publicKey), 'buffer')) === 0
}

function isSameCertificate(
  { algorithm, nameHash, keyHash, serialNumber }: CertId,
  { certificate, issuer }: OcspJudgement,
): boolean {
  const name = CERT_ID_HASHES[algorithm]
  return (
    name !== undefined &&
    serialNumber === certificate.serialNumber &&
    Buffer.compare(nameHash, hash(name, issuer.rawSubject, 'buffer')) === 0 &&
    Buffer.compare(keyHash, hash(name, subjectPublicKey(issuer.publicKey), 'buffer')) === 0
  )
}

type ResponderId = { readonly name: Uint8Array } | { readonly keyHash: Uint8Array }

interface BasicResponse {
  readonly toBeSigned: Uint8Array
  /** DER AlgorithmIdentifier. */
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
  readonly certificates: readonly Certificate[]
  readonly responder: ResponderId
  readonly producedAt: Date
  readonly responses: readonly SingleResponse[]
  readonly nonce: Uint8Array | undefined
}

interface SingleResponse {
  readonly certId: CertId
  readonly status: 'good' | 'unknown' | RevokedInfo
  readonly thisUpdate: Date
  readonly nextUpdate: Date | undefined
  readonly archiveCutoff: Date | undefined
}

type RevokedInfo = Pick<
  Extract<RevocationStatus, { status: 'revoked' }>,
  'revokedAt' | 'reason' | 'invalidityDate'
>

interface CertId {
  /** OID. */
  readonly algorithm: string
  readonly nameHash: Uint8Array
  readonly keyHash: Uint8Array
  readonly serialNumber: string
}

function readResponse(bytes: Uint8Array): BasicResponse {
  if (bytes.length > MAX_OCSP_RESPONSE_BYTES)
    throw fault(`it is larger than ${MAX_OCSP_RESPONSE_BYTES} bytes`)
  const [status, body] = fieldsOf(readDer(bytes, LABEL), 2)
  const code = derEnumerated(status, LABEL)
  if (code !== 0) throw fault(`the responder reports ${RESPONSE_STATUS[code] ?? `status ${code}`}`)
  const [type, response] = fieldsOf(derExplicit(body, 0, LABEL), 2)
  const oid = derOid(type, LABEL)
  if (oid !== OID.ocspBasic) throw fault(`it is of the type ${oid}, and not id-pkix-ocsp-basic`)
  return readBasic(readDer(derOctetString(response, LABEL), LABEL))
}

function readBasic(value: DerValue): BasicResponse {
  const [data, algorithm, signature, certificates] = fieldsOf(value, 4)
  derSequence(algorithm, LABEL)
  const bits = derBitString(signature, LABEL)
  if (bits.unusedBits !== 0) throw fault('its signature is not a whole number of bytes')
  return {
    toBeSigned: data!.bytes,
    algorithm: algorithm!.bytes,
    signature: bits.bytes,
    certificates: certificates ? readCertificates(derExplicit(certificates, 0, LABEL)) : [],
    ...readData(data),
  }
}

function readCertificates(value: DerValue): readonly Certificate[] {
  const elements = derSequence(value, LABEL)
  if (elements.length > MAX_CERTIFICATES) throw fault(`it has more than ${MAX_CERTIFICATES} certificates`)
  return elements.map((element, index) =>
    parseCertificate(element.bytes, `${LABEL}, certificate ${index + 1}`),
  )
}

function readData(
  data: DerValue | undefined,
): Pick<BasicResponse, 'responder' | 'producedAt' | 'responses' | 'nonce'> {
  const fields = derSequence(data, LABEL)
  // An explicit v1 is not DER, and yet what Go reads.
  if (fields[0]?.tag === 0xa0 && derSmallInteger(derExplicit(fields.shift(), 0, LABEL), LABEL) !== 0)
    throw fault('its version is not 1')
  const [responder, producedAt, responses, extensions, ...more] = fields
  if (more.length > 0) throw fault('it has parts that are unknown')
  return {
    responder: readResponder(responder),
    producedAt: derGeneralizedTime(producedAt, LABEL),
    responses: derSequence(responses, LABEL).map(readSingle),
    nonce: readNonce(extensionsAt(extensions)),
  }
}

function readResponder(value: DerValue | undefined): ResponderId {
  if (value?.tag === 0xa1) {
    const name = derExplicit(value, 1, LABEL)
    derSequence(name, LABEL)
    return { name: name.bytes }
  }
  return { keyHash: derOctetString(derExplicit(value, 2, LABEL), LABEL) }
}

function readSingle(value: DerValue): SingleResponse {
  const [certId, status, thisUpdate, ...rest] = derSequence(value, LABEL)
  const nextUpdate = rest[0]?.tag === 0xa0 ? derExplicit(rest.shift(), 0, LABEL) : undefined
  const extensions = extensionsAt(rest.shift())
  if (rest.length > 0) throw fault('a status in it has parts that are unknown')
  const invalidity = extensions.find(({ oid }) => oid === OID.invalidityDate)
  const cutoff = extensions.find(({ oid }) => oid === OID.ocspArchiveCutoff)
  return {
    certId: readCertId(certId),
    status: readStatus(status, invalidity),
    thisUpdate: derGeneralizedTime(thisUpdate, LABEL),
    nextUpdate: nextUpdate && derGeneralizedTime(nextUpdate, LABEL),
    archiveCutoff: cutoff && readCutoff(cutoff.value, `${LABEL}, archiveCutoff`),
  }
}

function readCutoff(value: Uint8Array, label: string): Date {
  return derGeneralizedTime(readDer(value, label), label)
}

function readCertId(value: DerValue | undefined): CertId {
  const [identifier, nameHash, keyHash, serialNumber] = fieldsOf(value, 4)
  const [algorithm, parameters] = fieldsOf(identifier, 2)
  if (parameters) derNull(parameters, LABEL)
  return {
    algorithm: derOid(algorithm, LABEL),
    nameHash: derOctetString(nameHash, LABEL),
    keyHash: derOctetString(keyHash, LABEL),
    serialNumber: Buffer.from(derUnsigned(serialNumber, LABEL)).toString('hex'),
  }
}

/** CertStatus: good [0] and unknown [2] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo. */
function readStatus(
  value: DerValue | undefined,
  invalidity: Extension | undefined,
): SingleResponse['status'] {
  if (value?.tag === 0x80 || value?.tag === 0x82) {
    if (value.contents.length > 0) throw fault('a status in it is malformed')
    return value.tag === 0x80 ? 'good' : 'unknown'
  }
  derContents(value, 0xa1, LABEL)
  const [revokedAt, code, ...more] = value!.children()
  if (more.length > 0) throw fault('a status in it is malformed')
  const reason = code ? readReason(derExplicit(code, 0, LABEL), LABEL) : 'unspecified'
  if (reason === 'removeFromCRL') throw fault('it gives removeFromCRL as the reason of a revocation')
  return {
    revokedAt: derGeneralizedTime(revokedAt, LABEL),
    reason,
    invalidityDate: invalidity && readInvalidityDate(invalidity.value, LABEL),
  }
}

const EXTENSIONS: readonly string[] = [OID.ocspNonce, OID.invalidityDate, OID.ocspArchiveCutoff]

/** The Extensions in `[1]`, none of which is critical and unknown. */
function extensionsAt(value: DerValue | undefined): readonly Extension[] {
  if (value === undefined) return []
  const extensions = readExtensions(derExplicit(value, 1, LABEL), LABEL)
  const odd = extensions.find(({ oid, critical }) => critical && !EXTENSIONS.includes(oid))
  if (odd) throw fault(`it has the critical extension ${nameOfOid(odd.oid)}, which is unknown`)
  return extensions
}

function readNonce(extensions: readonly Extension[]): Uint8Array | undefined {
  const nonce = extensions.find(({ oid }) => oid === OID.ocspNonce)
  return nonce && derOctetString(readDer(nonce.value, `${LABEL}, nonce`), `${LABEL}, nonce`)
}

/** The elements of a SEQUENCE of at most `limit`. */
function fieldsOf(value: DerValue | undefined, limit: number): DerValue[] {
  const fields = derSequence(value, LABEL)
  if (fields.length > limit) throw fault('it has parts that are unknown')
  return fields
}

function fault(what: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${LABEL} cannot be taken: ${what}`)
}
