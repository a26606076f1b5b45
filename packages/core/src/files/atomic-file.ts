import { randomBytes } from 'node:crypto'
import {
  type FileHandle,
  link,
  lstat,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SealwrightError } from '../errors.ts'
import { makeDirectory } from './make-directory.ts'
import { notRegular } from './regular-file.ts'
import { isAbsent, systemFailure } from './system-failure.ts'

/** As many as Linux follows. */
const MAX_LINKS = 40
const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/
/** File systems without hard links say so with one of these. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

/** The name of an unfinished file, hidden and in the same directory; {@link sweepTemporary} knows it. */
export function temporaryName(path: string, directory: string = dirname(path)): string {
  return join(directory, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
}

export interface CommitOptions {
  /** Fails if anything has the name already, instead of replacing it. */
  readonly exclusive?: boolean | undefined
  /** A last check, of a lock say; what it throws leaves the old content. */
  readonly beforeRename?: (() => Promise<void>) | undefined
}

/**
 * A file that gets its name when it is whole: written under another name first, flushed to the disk, renamed, and the
 * rename flushed too. Whenever the process ends, the name means the old content or the new.
 */
export class AtomicFile {
  readonly path: string
  readonly temporary: string
  readonly handle: FileHandle

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.path = path
    this.temporary = temporary
    this.handle = handle
  }

  /**
   * @param options.mode - Less what the umask takes. Default 0666.
   * @param options.temporaryIn - As {@link WriteOptions.temporaryIn}.
   * @throws {@link SealwrightError} as {@link systemFailure}; so do the other methods.
   */
  static async create(
    path: string,
    { mode, temporaryIn }: Pick<WriteOptions, 'mode' | 'temporaryIn'> = {},
  ): Promise<AtomicFile> {
    const temporary = temporaryName(path, temporaryIn)
    return new AtomicFile(path, temporary, await named(path, () => open(temporary, 'wx', mode)))
  }

  /** Gives the file its name. */
  async commit({ exclusive = false, beforeRename }: CommitOptions = {}): Promise<void> {
    await named(this.path, () => this.handle.sync())
    await named(this.path, () => this.handle.close())
    await beforeRename?.()
    await named(this.path, () =>
      exclusive ? linkNew(this.temporary, this.path) : rename(this.temporary, this.path),
    )
    await syncDirectory(dirname(this.path))
  }

  /** Leaves nothing of a file that was not committed. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => {})
    await rm(this.temporary, { force: true })
  }
}

export interface WriteOptions extends CommitOptions {
  /** Default 0600: nothing that we write is for others, unless it says so. */
  readonly mode?: number | undefined
  /** Where the unfinished file lies, on the same file system; for directories in which every file counts. */
  readonly temporaryIn?: string | undefined
  /**
   * Replaces a symbolic link instead of writing the file that it names. For paths that nobody named, in directories
   * that others may have made.
   */
  readonly replaceLink?: boolean | undefined
}

/**
 * Writes a file whole, as an {@link AtomicFile}. A reader sees the old file or the new one. A failed write leaves nothing;
 * a run that is killed leaves at most a hidden `.tmp` file that nothing reads. Missing directories are made, for this user
 * alone.
 *
 * @throws {@link SealwrightError} `VALIDATION` where the path is a directory, a pipe or a device, or with `exclusive` where
 *   anything is; otherwise as {@link systemFailure}. What `content` throws.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { mode = 0o600, temporaryIn, replaceLink = false, exclusive = false, beforeRename }: WriteOptions = {},
): Promise<void> {
  const place = await named(path, async () => {
    const found = replaceLink || exclusive ? path : await followLinks(path)
    if (exclusive) await assertNothingAt(found)
    else await assertReplaceable(found)
    await makeDirectory(dirname(found), 0o700)
    return found
  })
  const file = await AtomicFile.create(place, { mode, temporaryIn })
  try {
    await writeAt(file.handle, path, 0, chunksOf(content))
    await file.commit({ exclusive, beforeRename })
  } catch (error) {
    await file.discard()
    throw error
  }
}

/**
 * Removes what killed processes left of files whose names begin with `prefix`.
 *
 * @param before - Milliseconds since 1970: what was changed later stays. Default: all goes, because a lock says that nobody
 *   is writing.
 */
export async function sweepTemporary(
  directory: string,
  prefix: string,
  before: number = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (!TEMPORARY.test(name) || !name.startsWith(`.${prefix}`)) continue
    const path = join(directory, name)
    const found = await lstat(path).catch(() => undefined)
    if (found?.isFile() && found.mtimeMs < before) await rm(path, { force: true }).catch(() => {})
  }
}

/** @throws {@link SealwrightError} `VALIDATION` when there is anything at `path`, a broken link included. */
export async function assertNothingAt(path: string): Promise<void> {
  const found = await named(path, () => lstat(path).catch(missing))
  if (found !== undefined) throw exists(path)
}

function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

/** A link, unlike a rename, fails when something is there already. */
async function linkNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw exists(path)
    if (!NO_LINKS.includes(code)) throw error
    // Looked at just before the rename, which is the best that such a file system allows.
    await assertNothingAt(path)
    return rename(temporary, path)
  }
  await rm(temporary, { force: true })
}

function exists(path: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${path} exists`, {
    why: 'it is never replaced',
    fix: 'choose another name, or move the file away',
  })
}

function chunksOf(
  content: Parameters<typeof writeFileAtomic>[1],
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (typeof content === 'string') return [Buffer.from(content)]
  return content instanceof Uint8Array ? [content] : content
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

const TOGETHER = 1024 * 1024

/**
 * Writes chunks one after the other, several in one call.
 *
 * @param path - Of the file, for what the system refuses.
 * @returns Where they end.
 * @throws {@link SealwrightError} as {@link systemFailure}; what `chunks` throws.
 */
export async function writeAt(
  file: FileHandle,
  path: string,
  start: number,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  let position = start
  let waiting: Uint8Array[] = []
  let size = 0
  const flush = async () => {
    for (let rest = waiting; rest.length > 0; ) {
      const { bytesWritten } = await named(path, () => file.writev(rest, position))
      position += bytesWritten
      rest = after(rest, bytesWritten)
    }
    waiting = []
    size = 0
  }
  for await (const chunk of chunks) {
    waiting.push(chunk)
    size += chunk.byteLength
    if (size >= TOGETHER) await flush()
  }
  await flush()
  return position
}

/** Errors of an open file do not say of which. */
async function named<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    throw systemFailure(error, 'write', path)
  }
}

/** What is left of chunks when the first bytes are gone. */
function after(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  let gone = count
  const rest: Uint8Array[] = []
  for (const chunk of chunks) {
    if (gone >= chunk.byteLength) gone -= chunk.byteLength
    else {
      rest.push(gone > 0 ? chunk.subarray(gone) : chunk)
      gone = 0
    }
  }
  return rest
}
