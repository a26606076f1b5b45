export {
  BUNDLE_TYPE,
  type BundleVersion,
  type DsseContent,
  isBundleType,
  type MessageContent,
  parseBundle,
  type SigstoreBundle,
} from './bundle.ts'
export { type BundleFormat, keyHint, sigstoreBundle } from './bundle-format.ts'
export { algorithmsFor, type CandidateKey, holdsUnder } from './dsse-signature.ts'
export {
  formatStatement,
  type InTotoStatement,
  isAbout,
  MAX_SUBJECTS,
  PREDICATE_LIMITS,
  parseStatement,
  STATEMENT_TYPE,
  type StatementPredicate,
  type StatementSubject,
} from './statement.ts'
