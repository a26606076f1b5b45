import { isSealwrightError, SealwrightError } from '@sealwright/core'

/** Runs what touches files, and says what failed in the words of this library. */
export async function onFiles<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw fileError(error, what)
  }
}

/** What the operating system refused. Its own errors name the file, and no content. */
function fileError(error: unknown, what: string): unknown {
  if (isSealwrightError(error)) return error
  const { code, syscall, path } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return error
  const why = `${syscall}${path === undefined ? '' : ` ${path}`}: ${code}`
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new SealwrightError('NOT_FOUND', `${what}: a file is missing`, { why, cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new SealwrightError('ACCESS_DENIED', `${what}: the system denies access`, { why, cause: error })
    case 'ELOOP':
    case 'EISDIR':
    case 'ENAMETOOLONG':
    case 'EEXIST':
      return new SealwrightError('VALIDATION', `${what}: a file is not what it should be`, {
        why,
        cause: error,
      })
    default:
      return new SealwrightError('UNAVAILABLE', `${what}: the system could not do it`, { why, cause: error })
  }
}
