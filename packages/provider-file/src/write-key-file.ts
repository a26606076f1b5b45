import { randomBytes } from 'node:crypto'
import { link, lstat, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import { makeDirectory } from '@sealwright/core/files'

/** File systems without hard links say so with one of these. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

/**
 * Writes a new private key file with mode 0600, whole or not at all: under a name of its own first, then linked to its
 * place, which fails when something is there already. Missing directories are made with mode 0700.
 *
 * @throws {@link SealwrightError} `VALIDATION` when the file exists.
 */
export async function writeKeyFile(path: string, text: string): Promise<void> {
  const folder = dirname(path)
  await makeDirectory(folder, 0o700)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.chmod(0o600)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await place(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(folder)
}

/** @throws {@link SealwrightError} `VALIDATION` when there is anything at `path`, a broken link included. */
export async function assertNothingAt(path: string): Promise<void> {
  try {
    await lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  throw exists(path)
}

async function place(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw exists(path)
    if (!NO_LINKS.includes(code)) throw error
    // Rename replaces what is there: looked at just before, which is the best that such a file system allows.
    await assertNothingAt(path)
    await rename(temporary, path)
  }
}

/** The name lasts through a power failure only when its directory was written too; Windows cannot do that. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function exists(path: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${path} exists`, {
    why: 'a key is never written over an existing file',
    fix: 'choose another name, or move the file away',
  })
}
