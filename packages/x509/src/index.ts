export { type Certificate, isIssuedBy, parseCertificate } from './certificate.ts'
export { encodeCertificates, parseCertificates } from './certificate-file.ts'
export {
  type CertificateRequest,
  parseCertificateRequest,
  type RequestOptions,
  requestCertificate,
} from './certificate-request.ts'
export { certificateSigningAlgorithm } from './certificate-signing-algorithm.ts'
export { assertChain, type ChainOptions, checkChain, checkValidity, orderChain } from './chain.ts'
export {
  type ChainFault,
  type ChainPurpose,
  type ChainRule,
  chainRules,
  type StricterRule,
} from './chain-rules.ts'
export { type Crl, MAX_CRL_BYTES, type ReadCrlOptions, readCrl } from './crl.ts'
export type { CrlEntries, CrlEntry } from './crl-entries.ts'
export type { CrlScope } from './crl-scope.ts'
export {
  attributeValues,
  type DistinguishedName,
  decodeDistinguishedName,
  encodeDistinguishedName,
  formatDistinguishedName,
  type NameAttribute,
  type RelativeName,
} from './distinguished-name.ts'
export { parseDistinguishedName } from './distinguished-name-parse.ts'
export type { BasicConstraints, Extension, KeyUsageBit } from './extension.ts'
export type { ExtensionFacts } from './extension-facts.ts'
export { type IssueOptions, issueCertificate } from './issue-certificate.ts'
export { type IssueCrlOptions, issueCrl } from './issue-crl.ts'
export { type CrlWithDelta, judgeCrl } from './judge-crl.ts'
export {
  judgeOcsp,
  MAX_OCSP_RESPONSE_BYTES,
  type OcspJudgement,
  type OcspRequestOptions,
  ocspRequest,
  ocspUrl,
} from './ocsp.ts'
export {
  type GoodStatus,
  type RevocationEvidence,
  type RevocationQuestion,
  type RevocationReason,
  type RevocationStatus,
  type RevokedStatus,
  statusWhenSigned,
  type UnknownStatus,
} from './revocation-status.ts'
export type { HashAlgorithm } from './signature-scheme.ts'
export type { Subject } from './subject.ts'
export type { TimeRange, TimestampInfo } from './timestamp-info.ts'
export {
  readTimestampResponse,
  type TimestampRequest,
  timestampRequest,
} from './timestamp-response.ts'
export type { CertificateId, IssuerAndSerial, TimestampSigner } from './timestamp-signer.ts'
export { readTimestampToken, type TimestampToken } from './timestamp-token.ts'
export {
  type VerifiedTimestamp,
  type VerifyTimestampOptions,
  verifyTimestampToken,
} from './timestamp-verify.ts'
