import { constants } from 'node:fs'
import { access, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeDirectory } from '@sealwright/core/files'
import { withFileLock } from '@sealwright/oci'
import type { Io } from '../runtime/io.ts'
import { assertHome } from './paths.ts'

/**
 * Runs what reads a file of ours, changes it and writes it, alone among all runs that do: of two at once neither loses
 * what the other wrote. Where nothing can be written nothing can be lost, and `task` itself says so if it tries.
 */
export async function locked<T>(
  { signal }: Pick<Io, 'signal'>,
  path: string,
  task: () => Promise<T>,
): Promise<T> {
  assertHome(path)
  const folder = dirname(path)
  let made: string | undefined
  try {
    made = await makeDirectory(folder, 0o700)
    await access(folder, constants.W_OK)
  } catch {
    return task()
  }
  try {
    return await withFileLock(`${path}.lock`, { signal }, task)
  } catch (error) {
    if (made !== undefined) await removeEmpty(folder, made)
    throw error
  }
}

/** A run that is refused leaves nothing behind, not even folders: from the last one made up to the first. */
async function removeEmpty(last: string, first: string): Promise<void> {
  for (let folder = last; folder.startsWith(first); folder = dirname(folder)) {
    try {
      await rmdir(folder)
    } catch {
      return
    }
  }
}
