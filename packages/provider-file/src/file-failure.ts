import type { Failure } from '@sealwright/core'

const ERRNO: Readonly<Record<string, Failure>> = {
  ENOENT: { code: 'NOT_FOUND', why: 'there is no such file', fix: 'check the spelling of the path' },
  ENOTDIR: {
    code: 'NOT_FOUND',
    why: 'a part of the path is not a directory',
    fix: 'check the spelling of the path',
  },
  ELOOP: { code: 'VALIDATION', why: 'its symbolic links go in a circle', fix: 'correct the symbolic link' },
  ENAMETOOLONG: { code: 'VALIDATION', why: 'the name is too long', fix: 'use a shorter path' },
  EISDIR: { code: 'VALIDATION', why: 'it is a directory', fix: 'name the key file' },
  EACCES: {
    code: 'ACCESS_DENIED',
    why: 'the operating system refuses it to this user',
    fix: 'check the owner and the mode of the file and of the directories above it',
  },
  EPERM: {
    code: 'ACCESS_DENIED',
    why: 'the operating system refuses it to this user',
    fix: 'check the owner and the mode of the file and of the directories above it',
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
  EMFILE: { code: 'UNAVAILABLE', why: 'too many files are open' },
  ENFILE: { code: 'UNAVAILABLE', why: 'too many files are open' },
  EBUSY: { code: 'UNAVAILABLE', why: 'the file is in use' },
  EIO: { code: 'UNAVAILABLE', why: 'the disk failed to read or write' },
  ENXIO: { code: 'VALIDATION', why: 'it is not a regular file', fix: 'name the key file' },
}

/** Names a failure of the file system by its errno; `undefined` for any other. */
export function classify(error: unknown): Failure | undefined {
  const { code, path } = (error ?? {}) as { readonly code?: unknown; readonly path?: unknown }
  const failure = typeof code === 'string' && Object.hasOwn(ERRNO, code) ? ERRNO[code] : undefined
  const isTilde = failure?.code === 'NOT_FOUND' && typeof path === 'string' && path.includes('/~/')
  return isTilde ? { ...failure, fix: 'write $HOME: a shell expands ~ only at the start of a word' } : failure
}
