export {
  type AttachedAttestation,
  type AttestOptions,
  attestArtifact,
} from './attestation/attest-artifact.ts'
export { attestationAlgorithm } from './attestation/attestation-algorithm.ts'
export {
  BUNDLE_TYPE,
  type BundleVersion,
  type DsseContent,
  isBundleType,
  type MessageContent,
  parseBundle,
  type SigstoreBundle,
} from './attestation/bundle.ts'
export { sigstoreBundle } from './attestation/bundle-format.ts'
export { type EqualAttestationQuery, findEqualAttestation } from './attestation/equal-attestation.ts'
export {
  type PredicateName,
  predicateName,
  predicateTypeOf,
  predicateTypes,
} from './attestation/predicate-type.ts'
export {
  type Attestation,
  attestationOf,
  type InTotoStatement,
  MAX_PREDICATE_BYTES,
  parseStatement,
  type StatementSubject,
} from './attestation/statement.ts'
export { bindingFor, notaryCose, notaryJws, type SignatureBinding } from './binding.ts'
export {
  type EqualSignature,
  type EqualSignatureQuery,
  findEqualSignature,
  isEqualSignature,
} from './equal-signature.ts'
export { type FileContentOptions, fileContent } from './file-content.ts'
export { type FindOptions, type FoundSignature, findSignatures, readEnvelope } from './find-signatures.ts'
export {
  type AttachedSignature,
  type AttachOptions,
  attachSignature,
  type SignOptions,
  type SignPlaces,
  signArtifact,
} from './sign-artifact.ts'
export { signFile } from './sign-file.ts'
export type { ManifestForm } from './signature-manifest.ts'
export {
  type EnvelopeFault,
  type OpenedEnvelope,
  openEnvelope,
  type SoundEnvelope,
} from './sound-envelope.ts'
export { type CheckedPolicy, checkTrustPolicy } from './trust/check-policy.ts'
export { type TrustAnchorsOptions, trustAnchors, trustKey } from './trust/given-trust.ts'
export { subjectFault } from './trust/identity.ts'
export { formatTrustPolicy, parseTrustPolicy } from './trust/parse-policy.ts'
export type {
  Action,
  GovernedCheck,
  Level,
  PolicyKind,
  SignatureVerification,
  Statement,
  StoreType,
  TimestampOption,
  TrustPolicy,
} from './trust/policy.ts'
export { formatPolicyFault, type PolicyFault } from './trust/policy-fault.ts'
export { type PolicyFile, readPolicyFile } from './trust/policy-file.ts'
export { canonicalScope, unreachableScope } from './trust/scope.ts'
export { selectBlobStatement, selectOciStatement } from './trust/select-statement.ts'
export { type ParsedStoreReference, parseStoreReference } from './trust/store-reference.ts'
export type { PolicySource, Trust, TrustStore } from './trust/trust.ts'
export { type TrustDirectoryOptions, trustDirectory } from './trust/trust-directory.ts'
export {
  listTrustStores,
  readTrustStore,
  type StoreEntry,
  type StoreListing,
  type StoreReading,
  storeCertificateFault,
  storeFault,
  type TrustFault,
} from './trust/trust-store.ts'
export {
  type AttestationReport,
  type AttestationsReport,
  CHECKS,
  type CheckName,
  type CheckOutcome,
  type CheckReport,
  type FoundReferrers,
  type NamedManifest,
  type PolicyReport,
  type Reason,
  type ReasonCode,
  type Report,
  type SignatureReport,
  type TimeSource,
  type Verdict,
} from './verify/report.ts'
export type { ArtifactOptions, ArtifactRequest, FileRequest, VerifyOptions } from './verify/request.ts'
export { createVerifier, type Verifier, type VerifierOptions } from './verify/verifier.ts'
