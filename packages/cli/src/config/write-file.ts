import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface WriteOptions {
  /** Default 0600: nothing that we write is for others, unless it says so. */
  readonly mode?: number
  /** Where the unfinished file lies, on the same file system; for folders whose every file counts. */
  readonly temporaryIn?: string
}

/**
 * Writes a file whole: under another name first, to the disk, then renamed. Whoever looks sees the old file or the new
 * one, and a run that is killed leaves at most a hidden `.tmp` file that nothing reads.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600, temporaryIn = dirname(path) }: WriteOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = join(temporaryIn, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  const file = await open(temporary, 'wx', mode)
  try {
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw error
  }
  await syncDirectory(dirname(path))
}

/** Makes the rename itself last; not every file system allows it, and then there is nothing to wait for. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined)
  await directory?.sync().catch(() => {})
  await directory?.close()
}
