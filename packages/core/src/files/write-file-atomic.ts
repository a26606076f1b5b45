import { randomBytes } from 'node:crypto'
import { open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { makeDirectory } from './make-directory.ts'
import { notRegular } from './regular-file.ts'
import { isAbsent, systemFailure } from './system-failure.ts'

export interface WriteOptions {
  /** Default 0600: nothing that we write is for others, unless it says so. */
  readonly mode?: number
  /** Where the unfinished file lies, on the same file system; for directories in which every file counts. */
  readonly temporaryIn?: string
  /**
   * Replaces a symbolic link instead of writing the file that it names. For paths that nobody named, in directories
   * that others may have made.
   */
  readonly replaceLink?: boolean
  /** A last check, of a lock say; what it throws leaves the old content. */
  readonly beforeRename?: () => Promise<void>
}

/** As many as Linux follows. */
const MAX_LINKS = 40

/**
 * Writes a file whole: under another name first, to the disk, then renamed. A reader sees the old file or the new one. A
 * failed write leaves nothing; a run that is killed leaves at most a hidden `.tmp` file that nothing reads. Missing
 * directories are made, for this user alone.
 *
 * @throws {@link SealwrightError} `VALIDATION` where the path is a directory, a pipe or a device; otherwise as
 *   {@link systemFailure}.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600, temporaryIn, replaceLink = false, beforeRename }: WriteOptions = {},
): Promise<void> {
  try {
    const file = replaceLink ? path : await followLinks(path)
    await assertReplaceable(file)
    await makeDirectory(dirname(file), 0o700)
    const name = `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`
    await writeThenRename(join(temporaryIn ?? dirname(file), name), file, content, { mode, beforeRename })
    await syncDirectory(dirname(file))
  } catch (error) {
    throw systemFailure(error, 'write', path)
  }
}

async function writeThenRename(
  temporary: string,
  path: string,
  content: string | Uint8Array,
  { mode, beforeRename }: { readonly mode: number; readonly beforeRename: WriteOptions['beforeRename'] },
): Promise<void> {
  const file = await open(temporary, 'wx', mode)
  try {
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await beforeRename?.()
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw error
  }
}

/** The file that a symbolic link names in the end, which need not exist; any other path as it is. */
async function followLinks(path: string): Promise<string> {
  let file = path
  for (let links = 0; links < MAX_LINKS; links++) {
    const target = await linkTarget(file)
    if (target === undefined) return file
    file = resolve(await realpath(dirname(file)), target)
  }
  throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP', syscall: 'readlink' })
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    // EINVAL: it is there, and is not a link; Windows says UNKNOWN.
    if (isAbsent(error) || ['EINVAL', 'UNKNOWN'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw error
  }
}

/** A rename would put a file in the place of a pipe or a device, `/dev/null` for root. */
async function assertReplaceable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && !found.isFile()) throw notRegular(path, found)
}

/** Makes the rename itself last; not every file system allows it, and then there is nothing to wait for. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined)
  await directory?.sync().catch(() => {})
  await directory?.close()
}
