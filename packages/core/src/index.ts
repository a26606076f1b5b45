export type { Algorithm, AlgorithmId, KeyType } from './algorithm.ts'
export { algorithms, isAlgorithmId } from './algorithm.ts'
export type { Call, CallOptions, Limiter } from './call.ts'
export type {
  Envelope,
  EnvelopeFormat,
  Evidence,
  Prepared,
  Seal,
  SealOptions,
  SignerIdentity,
  StapledEvidence,
  StaplingFormat,
  UnverifiedEnvelope,
  UnverifiedSignature,
} from './envelope.ts'
export type { ErrorCause, ErrorCode, Remedy, SealwrightErrorOptions } from './errors.ts'
export { errorCodes, isSealwrightError, SealwrightError } from './errors.ts'
export type { Accepts, KeyDescriptor, KeySpec } from './key.ts'
export { type KeyManager, manageKeys } from './manage-keys.ts'
export { STAPLED_LIMITS, type StapledKind } from './notary/stapled.ts'
export { openSigner } from './open-signer.ts'
export type { SignerStep, SignerTrace } from './pipeline/trace.ts'
export type {
  FailedOperation,
  Failure,
  FailureCode,
  KeyAdmin,
  KeyHandle,
  KeyProvider,
  KeyState,
  ListedKey,
  Operation,
  RawSignature,
  SignRequest,
  StreamedSignature,
} from './provider.ts'
export type { PublicJwk } from './public-key.ts'
export { fingerprint, keyType, toJwk, toPem } from './public-key.ts'
export { seal } from './seal.ts'
export type { AuditRecord, Message, OpenOptions, OpenSigner, Signature, Signer } from './signer.ts'
export { assertLeafKey, assertSignedBy } from './signer-identity.ts'
export type { TargetArtifact } from './target-artifact.ts'
export { verifySignature } from './verify-signature.ts'
