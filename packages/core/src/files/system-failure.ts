import { isSealwrightError, SealwrightError } from '../errors.ts'
import type { Failure } from '../provider.ts'

const SPELLING = 'check the spelling of the path'

/** What the operating system's codes mean; any other code is `UNAVAILABLE`. */
const MEANINGS: Readonly<Record<string, Failure>> = {
  ENOENT: { code: 'NOT_FOUND', why: 'no such file or directory', fix: SPELLING },
  ENOTDIR: { code: 'VALIDATION', why: 'a part of the path is not a directory', fix: SPELLING },
  EISDIR: { code: 'VALIDATION', why: 'it is a directory', fix: 'name a file' },
  ELOOP: {
    code: 'VALIDATION',
    why: 'its symbolic links lead back to themselves',
    fix: 'correct the symbolic link',
  },
  ENAMETOOLONG: { code: 'VALIDATION', why: 'the path is too long', fix: 'use a shorter path' },
  EEXIST: { code: 'VALIDATION', why: 'something else has that name', fix: 'choose another path' },
  ENXIO: { code: 'VALIDATION', why: 'it is a socket or an absent device', fix: 'name a file' },
  // Node's own, before it asks the system.
  ERR_INVALID_ARG_VALUE: { code: 'VALIDATION', why: 'the path holds a NUL character', fix: SPELLING },
  EACCES: {
    code: 'ACCESS_DENIED',
    why: 'the file system denies access (EACCES)',
    fix: 'check the owner and the mode of the path and of the directories above it',
  },
  EPERM: {
    code: 'ACCESS_DENIED',
    why: 'the operating system does not permit it (EPERM)',
    fix: 'check the owner and the mode of the path and of the directories above it',
  },
  EROFS: {
    code: 'ACCESS_DENIED',
    why: 'the file system is read-only',
    fix: 'use a path on a file system that can be written',
  },
  ENOSPC: { code: 'UNAVAILABLE', why: 'the disk is full', fix: 'free space on the disk' },
  EDQUOT: {
    code: 'UNAVAILABLE',
    why: 'the disk quota is used up',
    fix: 'free space, or have the quota raised',
  },
  EIO: { code: 'UNAVAILABLE', why: 'the disk reported an error (EIO)', fix: 'check the disk' },
  EMFILE: {
    code: 'UNAVAILABLE',
    why: 'this process has too many open files',
    fix: 'raise the limit: ulimit -n 4096',
  },
  ENFILE: { code: 'UNAVAILABLE', why: 'this machine has too many open files' },
  EBUSY: { code: 'UNAVAILABLE', why: 'another program uses it' },
}

/** Whether a file system call failed because nothing is at the path. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/**
 * Names a failed file system call by its code; any other error is `undefined`. For `classify` of a key store in files, and
 * for {@link systemFailure}.
 */
export function classifySystemError(error: unknown): Failure | undefined {
  if (isSealwrightError(error) || !(error instanceof Error)) return undefined
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === undefined || (syscall === undefined && code !== 'ERR_INVALID_ARG_VALUE')) return undefined
  const known = Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined
  return known ?? { code: 'UNAVAILABLE', why: `the operating system reports ${code}` }
}

/**
 * Returns a failed file system call as a {@link SealwrightError} that names the file and the act: `cannot read PATH`.
 * Any other error is returned as it is.
 *
 * @param act - A verb: `read`, `write`, `create`, …
 */
export function systemFailure(error: unknown, act: string, path: string): unknown {
  const failure = classifySystemError(error)
  if (failure === undefined) return error
  const { code, why, fix } = failure
  return new SealwrightError(code, `cannot ${act} ${path}`, { why, fix, cause: error })
}
