export {
  type AttachedAttestation,
  type AttestationBatch,
  type AttestOptions,
  attestArtifact,
  attestBatch,
  type BatchSubject,
} from './attestation/attest-artifact.ts'
export { type Attestation, attestationOf, MAX_PREDICATE_BYTES } from './attestation/attestation.ts'
export { attestationAlgorithm } from './attestation/attestation-algorithm.ts'
export { type EqualAttestationQuery, findEqualAttestation } from './attestation/equal-attestation.ts'
export {
  type PredicateName,
  predicateName,
  predicateTypeOf,
  predicateTypes,
} from './attestation/predicate-type.ts'
export {
  type SummarizedReport,
  type SummaryOptions,
  summaryFault,
  summaryOf,
} from './attestation/verification-summary.ts'
export { bindingFor, notaryCose, notaryJws, type SignatureBinding } from './binding.ts'
export {
  type EqualSignature,
  type EqualSignatureQuery,
  findEqualSignature,
  isEqualSignature,
  isTimestamped,
} from './equal-signature.ts'
export {
  type AttachEvidenceOptions,
  type AttachedEvidence,
  attachEvidence,
  EVIDENCE_TYPE,
  type EvidenceFilter,
  type FoundEvidence,
  type ReadEvidenceOptions,
  readEvidence,
} from './evidence/attached-evidence.ts'
export {
  type CollectedEvidence,
  type CollectedStatement,
  createEvidenceCollector,
  type EvidenceCollector,
  type EvidenceCollectorOptions,
} from './evidence/collect-evidence.ts'
export { mergeEvidence, type SignatureEvidence, stapleable } from './evidence/evidence.ts'
export {
  type NewTimestamp,
  type StapleOptions,
  type StapleReport,
  stapleSignatures,
  type TimestampedSignature,
} from './evidence/staple-signatures.ts'
export { type FileContentOptions, fileContent } from './file-content.ts'
export { type FindOptions, type FoundSignature, findSignatures, readEnvelope } from './find-signatures.ts'
export type {
  EnvelopeFacts,
  FoundEnvelope,
  InspectedEnvelope,
  InspectedFormat,
} from './inspect/envelope-facts.ts'
export { envelopeTypeOf } from './inspect/envelope-type.ts'
export { type AttachedEnvelope, type EnvelopesOptions, findEnvelopes } from './inspect/find-envelopes.ts'
export { inspectEnvelope } from './inspect/inspect-envelope.ts'
export {
  type CheckedSealwrightPolicy,
  checkSealwrightPolicy,
  isSealwrightPolicy,
  parseSealwrightPolicy,
} from './policy/check-sealwright-policy.ts'
export { formatSealwrightPolicy } from './policy/format-sealwright-policy.ts'
export {
  type AllOf,
  type AnyOf,
  type AtLeastOf,
  type AttestationLeaf,
  type CertificateSigner,
  type KeySigner,
  type PolicySigner,
  type PolicyStatement,
  type Requirement,
  type RequirementLeaf,
  type RevocationRule,
  SEALWRIGHT_POLICY_FILE,
  SEALWRIGHT_POLICY_VERSION,
  type SealwrightPolicy,
  type SignerLeaf,
  type SigstoreSigner,
  type TimestampRule,
} from './policy/policy.ts'
export { readSealwrightPolicy } from './policy/read-sealwright-policy.ts'
export {
  describeMissing,
  type MissingChoice,
  type MissingLeaf,
  type RequirementReport,
  type RequirementState,
  type UnmetLeaf,
} from './policy/requirement-report.ts'
export {
  type PolicyDecision,
  type PolicyTarget,
  selectPolicyStatement,
} from './policy/select-policy-statement.ts'
export {
  type ObtainedTimestamp,
  requestTimestamp,
  type TimestampFailure,
  type TimestampOptions,
} from './request-timestamp.ts'
export { type ProbedSource, probeRevocation } from './revocation/probe.ts'
export { isPublicAddress, publicLookup } from './revocation/public-address.ts'
export {
  type CrlFiles,
  type RevocationCache,
  type RevocationDirectories,
  revocationCache,
} from './revocation/revocation-cache.ts'
export type { RevocationCall, RevocationOptions } from './revocation/revocation-sources.ts'
export {
  type AttachedSignature,
  type AttachOptions,
  attachSignature,
  type SignOptions,
  type SignPlaces,
  signArtifact,
  signFile,
} from './sign-artifact.ts'
export type { ManifestForm } from './signature-manifest.ts'
export {
  type EnvelopeFault,
  type OpenedEnvelope,
  openEnvelope,
  type SoundEnvelope,
  type TimestampClaim,
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
export {
  formatPolicyFault,
  type ParsedStoreReference,
  type PolicyFault,
  parseStoreReference,
} from './trust/policy.ts'
export { type PolicyFile, readPolicyFile } from './trust/policy-file.ts'
export { canonicalScope, unreachableScope } from './trust/scope.ts'
export { selectBlobStatement, selectOciStatement } from './trust/select-statement.ts'
export type { PolicySource, SealwrightPolicySource, Trust, TrustStore } from './trust/trust.ts'
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
  type RevocationReport,
  type SignatureReport,
  type TimeSource,
  type TimestampReport,
  type Verdict,
} from './verify/report.ts'
export type { ArtifactOptions, ArtifactRequest, FileRequest, VerifyOptions } from './verify/request.ts'
export { createVerifier, type Verifier, type VerifierOptions } from './verify/verifier.ts'
