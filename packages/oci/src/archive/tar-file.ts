import { SealwrightError } from '@sealwright/core'
import { openRegular, type RegularFile, readOpen } from '@sealwright/core/files'
import { fileVersion } from '../layout/file-version.ts'
import { type ByteSource, fileSource, streamSource } from './byte-source.ts'
import { expandToFile } from './expanded.ts'
import { gunzip } from './gunzip.ts'
import { type TarEntry, type TarOptions, tarEntries } from './tar-entries.ts'
import { damaged } from './tar-header.ts'

/** Files up to this size are kept while a compressed archive is read, where going back means starting over. */
const KEPT_BYTES = 1024 * 1024
const KEPT_IN_ALL = 32 * 1024 * 1024

/** A tar on disk, its files found by name. Nothing of it is unpacked. */
export class TarFile {
  readonly path: string
  readonly compressed: boolean
  /** Of the file, when it was read through. */
  readonly version: string
  readonly entries: ReadonlyMap<string, TarEntry>
  readonly #kept: ReadonlyMap<string, Uint8Array>
  #isRead = false
  #expanded: Promise<RegularFile> | undefined

  private constructor(
    path: string,
    version: string,
    compressed: boolean,
    found: { entries: ReadonlyMap<string, TarEntry>; kept: ReadonlyMap<string, Uint8Array> },
  ) {
    this.path = path
    this.version = version
    this.compressed = compressed
    this.entries = found.entries
    this.#kept = found.kept
  }

  /**
   * Reads the headers of an archive; of a compressed one, all of it. Nothing if there is no such file.
   *
   * @throws {@link SealwrightError} `VALIDATION`, `UNSUPPORTED`.
   */
  static async open(path: string, options: TarOptions = {}): Promise<TarFile | undefined> {
    const version = await fileVersion(path)
    const file = await openRegular(path)
    if (file === undefined || version === undefined) return undefined
    try {
      const magic = Buffer.from(await fileSource(file).read(0, 4)).toString('hex')
      if (magic === '28b52ffd') {
        throw new SealwrightError('UNSUPPORTED', `${path} is compressed with zstd`, {
          fix: `expand it first: zstd -d ${path}`,
        })
      }
      const compressed = magic.startsWith('1f8b')
      return new TarFile(path, version, compressed, await walk(file, path, compressed, options))
    } finally {
      file.close()
    }
  }

  /** The bytes of a file in the archive, read as they are consumed. */
  async *read(entry: TarEntry): AsyncGenerator<Uint8Array> {
    const kept = this.#kept.get(entry.name)
    if (kept !== undefined) return yield Uint8Array.from(kept)
    const file = await openRegular(this.path)
    if (file === undefined || (await fileVersion(this.path)) !== this.version) {
      file?.close()
      throw new SealwrightError('UNAVAILABLE', `${this.path} changed while it was being read`, {
        fix: 'try again',
      })
    }
    if (!this.compressed) return yield* readOpen(file, entry.offset, entry.size)
    if (this.#isRead) return yield* readFrom(fileSource(await this.#expand(file)), entry, this.path)
    this.#isRead = true
    const source = streamSource(gunzip(readOpen(file), this.path))
    try {
      yield* readFrom(source, entry, this.path)
    } finally {
      await source.close()
    }
  }

  /**
   * Whoever wants one file reads the stream. Whoever wants more would expand it again from the beginning for each, so the
   * second reader has all of it written to a temporary file.
   */
  async #expand(file: RegularFile): Promise<RegularFile> {
    if (this.#expanded !== undefined) {
      file.close()
      return this.#expanded
    }
    this.#expanded = expandToFile(gunzip(readOpen(file), this.path), this.path, this)
    try {
      return await this.#expanded
    } catch (error) {
      this.#expanded = undefined
      throw error
    }
  }
}

/** Most bytes that are read at once. */
const CHUNK = 256 * 1024

async function* readFrom(
  source: ByteSource,
  { offset, size }: TarEntry,
  archive: string,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < size; ) {
    const chunk = await source.some(offset + done, Math.min(size - done, CHUNK))
    if (chunk.byteLength === 0) throw damaged(archive, 'it ends too early')
    done += chunk.byteLength
    yield chunk
  }
}

async function walk(
  file: RegularFile,
  path: string,
  compressed: boolean,
  options: TarOptions,
): Promise<{ entries: Map<string, TarEntry>; kept: Map<string, Uint8Array> }> {
  const entries = new Map<string, TarEntry>()
  const kept = new Map<string, Uint8Array>()
  const source = compressed ? streamSource(gunzip(readOpen(file), path)) : fileSource(file)
  let total = 0
  for await (const entry of tarEntries(source, path, options)) {
    if (!compressed && entry.offset + entry.size > file.size) throw damaged(path, 'it ends too early')
    entries.set(entry.name, entry)
    if (compressed && entry.size <= KEPT_BYTES && total + entry.size <= KEPT_IN_ALL) {
      const bytes = await source.read(entry.offset, entry.size)
      if (bytes.byteLength < entry.size) throw damaged(path, 'it ends too early')
      kept.set(entry.name, bytes)
      total += bytes.byteLength
    }
  }
  return { entries, kept }
}
