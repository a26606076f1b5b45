export {
  BUNDLE_TYPE,
  type BundleVersion,
  type DsseContent,
  isBundleType,
  type MessageContent,
  parseBundle,
  type SigstoreBundle,
} from './bundle.ts'
export { type BundleFormat, keyHint, sigstoreBundle, timestampResponse } from './bundle-format.ts'
export { algorithmsFor, type CandidateKey, holdsUnder } from './dsse-signature.ts'
export {
  type JudgedArtifact,
  type JudgeOptions,
  judgeBundle,
  judgeSimpleSigning,
  type SigstoreFault,
  type SigstoreJudgement,
  type SigstoreSigner,
  type SigstoreTrust,
} from './judge.ts'
export {
  bundleOfSimpleSigning,
  formatSimpleSigning,
  parseSimpleSigning,
  SIMPLE_SIGNING_TYPE,
  type SimpleSigning,
  SimpleSigningAnnotations,
  type SimpleSigningLayer,
} from './simple-signing.ts'
export { attachSimpleSigning, findSimpleSigning, type SimpleSigningQuery } from './simple-signing-store.ts'
export {
  formatStatement,
  type InTotoStatement,
  isAbout,
  MAX_SUBJECTS,
  PREDICATE_LIMITS,
  parseStatement,
  SIGN_PREDICATE_TYPE,
  STATEMENT_TYPE,
  type StatementPredicate,
  type StatementSubject,
  subjectOf,
} from './statement.ts'
export {
  parseTrustedRoot,
  type TrustedAuthority,
  type TrustedLog,
  type TrustedPeriod,
  type TrustedRoot,
} from './trusted-root.ts'
