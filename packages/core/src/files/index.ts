export {
  AtomicFile,
  assertNothingAt,
  type CommitOptions,
  sweepTemporary,
  temporaryName,
  type WriteOptions,
  writeAt,
  writeFileAtomic,
} from './atomic-file.ts'
export { makeDirectory } from './make-directory.ts'
export {
  openRegular,
  type RegularFile,
  readOpen,
  readRegularFile,
  readRegularFileIfPresent,
  readRegularFileSync,
  readWhole,
} from './regular-file.ts'
export { classifySystemError, isAbsent, systemFailure } from './system-failure.ts'
