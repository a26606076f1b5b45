export type { BasicConstraints } from './basic-constraints.ts'
export { type Certificate, isIssuedBy, parseCertificate } from './certificate.ts'
export { encodeCertificates, parseCertificates } from './certificate-file.ts'
export {
  type CertificateRequest,
  parseCertificateRequest,
  type RequestOptions,
  requestCertificate,
} from './certificate-request.ts'
export { certificateSigningAlgorithm } from './certificate-signing-algorithm.ts'
export { assertChain, type ChainOptions, checkChain, orderChain } from './chain.ts'
export {
  type ChainFault,
  type ChainPurpose,
  type ChainRule,
  chainRules,
  type StricterRule,
} from './chain-rules.ts'
export {
  attributeValues,
  type DistinguishedName,
  type NameAttribute,
  type RelativeName,
} from './distinguished-name.ts'
export { decodeDistinguishedName, encodeDistinguishedName } from './distinguished-name-der.ts'
export { formatDistinguishedName } from './distinguished-name-format.ts'
export { parseDistinguishedName } from './distinguished-name-parse.ts'
export type { Extension } from './extension.ts'
export type { ExtensionFacts } from './extension-facts.ts'
export { type IssueOptions, issueCertificate } from './issue-certificate.ts'
export type { KeyUsageBit } from './key-usage.ts'
export { type RevocationSources, revocationSources } from './revocation-sources.ts'
export type { Subject } from './subject.ts'
