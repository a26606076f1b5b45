import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { AtomicFile, writeFileAtomically } from '../layout/atomic-file.ts'
import type { HeldLock } from '../layout/file-lock.ts'
import type { TarFile } from './tar-file.ts'
import { TarFileOutput, type TarOutput } from './tar-output.ts'
import { packTar, type TarContent } from './tar-write.ts'

/** The place of an archive while it is written anew: it keeps its rights and its compression, and the old one until the end. */
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
    this.#file = await AtomicFile.create(this.#path, await this.#mode())
    return new TarFileOutput(this.#file)
  }

  async commit(): Promise<void> {
    const file = this.#file
    if (file === undefined) return
    await file.commit(() => this.#lock.assertHeld())
    this.#file = undefined
  }

  /** Writes all of it. */
  async write(contents: Iterable<TarContent>): Promise<void> {
    const packed = packTar(contents)
    const bytes = this.compressed
      ? (Readable.from(packed).compose(createGzip()) as AsyncIterable<Uint8Array>)
      : packed
    const mode = await this.#mode()
    await writeFileAtomically(this.#path, bytes, {
      ...(mode === undefined ? {} : { mode }),
      beforeRename: () => this.#lock.assertHeld(),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.discard()
  }

  async #mode(): Promise<number | undefined> {
    return this.#tar === undefined ? undefined : (await stat(this.#path)).mode & 0o777
  }
}
