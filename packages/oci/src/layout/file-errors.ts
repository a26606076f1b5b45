import { systemFailure } from '@sealwright/core/files'

const ACTS: Readonly<Record<string, string>> = {
  mkdir: 'create',
  rename: 'write',
  write: 'write',
  fsync: 'write',
  rm: 'remove',
  unlink: 'remove',
  rmdir: 'remove',
}

/** Runs what touches files, and says what failed in the words of this library. */
export async function onFiles<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const { syscall = '', path } = (error ?? {}) as NodeJS.ErrnoException
    throw systemFailure(error, ACTS[syscall] ?? 'read', path ?? what)
  }
}
