import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { SealwrightError } from '../errors.ts'
import { isAbsent } from './system-failure.ts'

/**
 * Makes a directory and those above it that are missing. Node's own way never ends where a directory exists and the system
 * says that it does not when something is made in it, as below `/proc`.
 *
 * @param mode - Of those that are made. Default: what the umask leaves.
 * @returns The uppermost that was made; `undefined` if all were there.
 * @throws The error of the system; {@link SealwrightError} `ACCESS_DENIED` where the file system takes no directories.
 */
export async function makeDirectory(path: string, mode?: number): Promise<string | undefined> {
  const directory = resolve(path)
  try {
    await mkdir(directory, mode)
    return directory
  } catch (error) {
    if (await isDirectory(directory)) return undefined
    const above = dirname(directory)
    if (!isAbsent(error) || above === directory) throw error
    if (await isDirectory(above)) {
      throw new SealwrightError('ACCESS_DENIED', `cannot create ${directory}`, {
        why: `${above} takes no new directories`,
        fix: 'name a path on another file system',
        cause: error,
      })
    }
    const first = await makeDirectory(above, mode)
    const last = await makeDirectory(directory, mode)
    return first ?? last
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
