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
export { isAbsent, systemFailure } from './system-failure.ts'
export { type WriteOptions, writeFileAtomic } from './write-file-atomic.ts'
