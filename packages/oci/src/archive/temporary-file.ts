import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import { openRegular, type RegularFile, readOpen, systemFailure, writeAt } from '@sealwright/core/files'

/** Most bytes of a temporary file, unless its maker says otherwise: 64 GiB. */
export const MAX_TEMPORARY_BYTES: number = 64 * 1024 ** 3

/** A file in a folder of its own that only this user can read. Both are removed when it is disposed of. */
export class TemporaryFile implements AsyncDisposable {
  readonly path: string
  readonly #folder: string
  #size = 0

  private constructor(folder: string) {
    this.#folder = folder
    this.path = join(folder, 'content')
  }

  /** Makes an empty file in the system's folder for temporary files. */
  static async create(): Promise<TemporaryFile> {
    try {
      const file = new TemporaryFile(await mkdtemp(join(tmpdir(), 'sealwright-')))
      await (await open(file.path, 'wx', 0o600)).close()
      return file
    } catch (error) {
      const { path = 'a temporary file' } = error as NodeJS.ErrnoException
      throw systemFailure(error, 'create', path)
    }
  }

  /** Makes a file with this content; leaves nothing behind if that fails. */
  static async of(content: AsyncIterable<Uint8Array>, maxBytes?: number): Promise<TemporaryFile> {
    const file = await TemporaryFile.create()
    try {
      await file.append(content, maxBytes)
      return file
    } catch (error) {
      await file[Symbol.asyncDispose]()
      throw error
    }
  }

  /**
   * @returns The position of the content, for {@link TemporaryFile.read}.
   * @throws {@link SealwrightError} `VALIDATION` for content that makes the file longer than `maxBytes`.
   */
  async append(content: AsyncIterable<Uint8Array>, maxBytes: number = MAX_TEMPORARY_BYTES): Promise<number> {
    const start = this.#size
    const file = await open(this.path, 'r+').catch(error => {
      throw systemFailure(error, 'write', this.path)
    })
    try {
      this.#size = await writeAt(file, this.path, start, limited(content, start, maxBytes))
    } finally {
      await file.close()
    }
    return start
  }

  /** Opens the file for reading; it can be read on after it was disposed of. */
  async open(): Promise<RegularFile> {
    const file = await openRegular(this.path)
    if (file === undefined)
      throw new SealwrightError('UNAVAILABLE', `the temporary file ${this.path} is gone`)
    return file
  }

  async *read(start = 0, length?: number): AsyncGenerator<Uint8Array> {
    yield* readOpen(await this.open(), start, length)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}

async function* limited(
  content: AsyncIterable<Uint8Array>,
  start: number,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let size = start
  for await (const chunk of content) {
    size += chunk.byteLength
    if (size > maxBytes) throw new SealwrightError('VALIDATION', `the input is longer than ${maxBytes} bytes`)
    yield chunk
  }
}
