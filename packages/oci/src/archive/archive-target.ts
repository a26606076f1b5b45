import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { AtomicFile, writeAt } from '@sealwright/core/files'
import type { HeldLock } from '../layout/file-lock.ts'
import type { TarFile } from './tar-file.ts'
import { TarFileOutput, type TarOutput } from './tar-output.ts'
import { packTar, type TarContent } from './tar-write.ts'

/** An archive that is being rewritten: it keeps its mode and compression, and the old file until the new one is complete. */
export class ArchiveTarget {
  readonly compressed: boolean
  readonly #path: string
  readonly #tar: TarFile | undefined
  readonly #lock: HeldLock
  #file: AtomicFile | undefined

  constructor(path: string, tar: TarFile | undefined, lock: HeldLock) {
    this.#path = path
    this.#tar = tar
    this.#lock = lock
    this.compressed = tar?.compressed ?? /\.t?gz$/.test(path)
  }

  /** What is written to it becomes the archive with {@link ArchiveTarget.commit}. */
  async open(): Promise<TarOutput> {
    this.#file = await this.#create()
    return new TarFileOutput(this.#file)
  }

  async commit(): Promise<void> {
    if (this.#file === undefined) return
    await this.#rename(this.#file)
    this.#file = undefined
  }

  /** Writes all of it, which may be read from what {@link ArchiveTarget.open} returned. */
  async write(contents: Iterable<TarContent>): Promise<void> {
    const packed = packTar(contents)
    const bytes = this.compressed
      ? (Readable.from(packed).compose(createGzip()) as AsyncIterable<Uint8Array>)
      : packed
    const file = await this.#create()
    try {
      await writeAt(file.handle, this.#path, 0, bytes)
      await this.#rename(file)
    } catch (error) {
      await file.discard()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.discard()
  }

  async #create(): Promise<AtomicFile> {
    const mode = this.#tar === undefined ? undefined : (await stat(this.#path)).mode & 0o777
    return AtomicFile.create(this.#path, { mode })
  }

  #rename(file: AtomicFile): Promise<void> {
    return file.commit({ beforeRename: () => this.#lock.assertHeld() })
  }
}
