import { type AtomicFile, openRegular, readOpen, writeAt } from '@sealwright/core/files'
import { BLOCK } from './tar-header.ts'
import { packFile, TAR_END, type TarContent } from './tar-write.ts'

/** A tar that is being written, file by file. */
export interface TarOutput {
  /** Whether what was written can be read again, and rewritten from the beginning. */
  readonly rereadable: boolean
  /** Writes a file whole; what fails leaves nothing of it. */
  add(content: TarContent): Promise<void>
  /** The content of a file that was added. */
  read(name: string): AsyncIterable<Uint8Array> | undefined
  end(): Promise<void>
}

/** Into a file that has no name yet. */
export class TarFileOutput implements TarOutput {
  readonly rereadable = true
  readonly #file: AtomicFile
  readonly #places = new Map<string, { readonly end: number; readonly size: number }>()
  #position = 0

  constructor(file: AtomicFile) {
    this.#file = file
  }

  async add(content: TarContent): Promise<void> {
    const start = this.#position
    try {
      this.#position = await writeAt(this.#file.handle, this.#file.path, start, packFile(content))
    } catch (error) {
      await this.#file.handle.truncate(start)
      throw error
    }
    this.#places.set(content.name, { end: this.#position, size: content.size })
  }

  read(name: string): AsyncIterable<Uint8Array> | undefined {
    const place = this.#places.get(name)
    if (place === undefined) return undefined
    const { end, size } = place
    return readAgain(this.#file.temporary, end - Math.ceil(size / BLOCK) * BLOCK, size)
  }

  async end(): Promise<void> {
    this.#position = await writeAt(this.#file.handle, this.#file.path, this.#position, [TAR_END])
  }
}

/** To where nothing can be taken back: a pipe. */
export class TarStreamOutput implements TarOutput {
  readonly rereadable = false
  readonly #write: (chunk: Uint8Array) => Promise<void>

  constructor(write: (chunk: Uint8Array) => Promise<void>) {
    this.#write = write
  }

  async add(content: TarContent): Promise<void> {
    for await (const chunk of packFile(content)) await this.#write(chunk)
  }

  read(): undefined {
    return undefined
  }

  end(): Promise<void> {
    return this.#write(TAR_END)
  }
}

async function* readAgain(path: string, start: number, size: number): AsyncGenerator<Uint8Array> {
  const file = await openRegular(path)
  if (file === undefined) throw new Error('the file is gone')
  yield* readOpen(file, start, size)
}
