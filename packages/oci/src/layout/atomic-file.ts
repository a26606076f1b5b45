import { randomBytes } from 'node:crypto'
import { type FileHandle, lstat, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { named, writeAt } from './write-chunks.ts'

const TEMPORARY = /\.[0-9a-f]{16}\.tmp$/
const LEFT_BEHIND_MS = 24 * 60 * 60 * 1000

/**
 * A file that gets its name when it is whole: written beside its place under a name that nothing reads, flushed to the
 * disk, renamed, and the rename flushed too. Whenever the process ends, the name means the old content or the new.
 */
export class AtomicFile {
  readonly temporary: string
  readonly handle: FileHandle
  readonly path: string

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.path = path
    this.temporary = temporary
    this.handle = handle
  }

  static async create(path: string, mode?: number): Promise<AtomicFile> {
    const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`
    return new AtomicFile(path, temporary, await named(path, () => open(temporary, 'wx', mode)))
  }

  /** @param beforeRename - A last check; what it throws leaves the old content. */
  async commit(beforeRename?: () => Promise<void>): Promise<void> {
    await named(this.path, () => this.handle.sync())
    await named(this.path, () => this.handle.close())
    await beforeRename?.()
    await named(this.path, () => rename(this.temporary, this.path))
    await syncDirectory(dirname(this.path))
  }

  async discard(): Promise<void> {
    await this.handle.close().catch(() => {})
    await rm(this.temporary, { force: true })
  }
}

export interface AtomicWrite {
  readonly mode?: number
  /** A last check; what it throws leaves the old content. */
  readonly beforeRename?: () => Promise<void>
  /** As of {@link writeAt}. */
  readonly spent?: boolean
}

/** Writes a file whole, as an {@link AtomicFile}. */
export async function writeFileAtomically(
  path: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { mode, beforeRename, spent = false }: AtomicWrite = {},
): Promise<void> {
  const file = await AtomicFile.create(path, mode)
  try {
    await writeAt(file.handle, path, 0, content, spent)
    await file.commit(beforeRename)
  } catch (error) {
    await file.discard()
    throw error
  }
}

/** Makes renames in a directory last. Not every platform lets a directory be opened; there the disk decides. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  } catch {
    // A best effort: the content itself was flushed.
  }
}

/**
 * Removes what killed processes left behind of files whose names begin with `prefix`: what is a day old, or all of it
 * where a lock says that nobody is writing.
 */
export async function sweep(directory: string, prefix: string, locked: boolean): Promise<void> {
  const newest = locked ? Number.POSITIVE_INFINITY : Date.now() - LEFT_BEHIND_MS
  for (const name of await readdir(directory).catch(() => [])) {
    if (!TEMPORARY.test(name) || !name.startsWith(prefix)) continue
    const path = join(directory, name)
    const found = await lstat(path).catch(() => undefined)
    if (found?.isFile() && found.mtimeMs < newest) await rm(path, { force: true }).catch(() => {})
  }
}
