import { SealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import { type ByteSource, streamSource } from './byte-source.ts'
import { gunzip } from './gunzip.ts'
import { type TarEntry, tarEntries } from './tar-entries.ts'
import { damaged } from './tar-header.ts'
import { TemporaryFile } from './temporary-file.ts'

/** Where the content of a file is that has come by. */
type Place =
  | { readonly kind: 'memory'; readonly bytes: Uint8Array }
  | { readonly kind: 'spooled'; readonly file: TemporaryFile; readonly start: number }
  /** Given away once. */
  | { readonly kind: 'gone' }

/** What is this small is kept wherever it comes, up to so much in all. */
const KEPT_BYTES = 1024 * 1024
const KEPT_IN_ALL = 64 * 1024 * 1024

/** The files of a tar that is a stream, plain or gzip, by name; read once, from front to back. */
export class TarStream implements AsyncDisposable {
  readonly #name: string
  readonly #stream: AsyncIterable<Uint8Array>
  readonly #places = new Map<string, { readonly size: number; place: Place }>()
  /** Made when the first content is too large for memory. */
  #spool: TemporaryFile | undefined
  readonly #turns = new KeyedMutex()
  #begun: Promise<{ readonly source: ByteSource; readonly entries: AsyncGenerator<TarEntry> }> | undefined
  /** Read as a header; its content comes next. */
  #next: TarEntry | undefined
  #ended = false
  /** What is wrong with the stream stays wrong, whoever asks next. */
  #failure: { readonly error: unknown } | undefined
  #kept = 0

  constructor(stream: AsyncIterable<Uint8Array>, name: string) {
    this.#stream = stream
    this.#name = name
  }

  /** Bytes; nothing if there is no such file. Reads on until it comes by, and as its header only. */
  sizeOf(name: string): Promise<number | undefined> {
    return this.#turns.run('read', async () => {
      await this.#advanceTo(name)
      return this.#next?.name === name ? this.#next.size : this.#places.get(name)?.size
    })
  }

  /** The content of a file. A large one that has just come is read from the stream itself: others wait until it ends. */
  async read(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const known = await this.#turns.run('read', async () => {
      await this.#advanceTo(name)
      if (this.#next?.name === name && this.#next.size <= KEPT_BYTES) await this.#keep()
      return this.#next?.name === name ? 'next' : this.#places.get(name)
    })
    if (known === 'next') return this.#readNext(name)
    return known && this.#readPlace(name, known)
  }

  /** @throws {@link SealwrightError} `VALIDATION` when something is wrong with what is left. */
  finish(): Promise<void> {
    return this.#turns.run('read', async () => {
      while (await this.#step(false));
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#begun?.catch(() => undefined))?.source.close()
    await this.#spool?.[Symbol.asyncDispose]()
  }

  /** The turn lasts as long as somebody reads: nothing else can move the stream meanwhile. */
  async *#readNext(name: string): AsyncGenerator<Uint8Array> {
    const begun = Promise.withResolvers<TarEntry | undefined>()
    const ended = Promise.withResolvers<void>()
    const turn = this.#turns.run('read', async () => {
      const entry = this.#next?.name === name ? this.#next : undefined
      begun.resolve(entry)
      if (entry === undefined) return
      this.#next = undefined
      this.#places.set(name, { size: entry.size, place: { kind: 'gone' } })
      await ended.promise
    })
    try {
      const entry = await begun.promise
      if (entry !== undefined) return yield* this.#contentOf(entry)
    } finally {
      ended.resolve()
      await turn
    }
    // It came by while this reader waited for its turn.
    const known = this.#places.get(name)
    if (known !== undefined) yield* this.#readPlace(name, known)
  }

  #readPlace(
    name: string,
    { size, place }: { readonly size: number; readonly place: Place },
  ): AsyncIterable<Uint8Array> {
    switch (place.kind) {
      case 'memory':
        return once(place.bytes)
      case 'spooled':
        return place.file.read(place.start, size)
      case 'gone':
        throw new SealwrightError('UNAVAILABLE', `${this.#name} gave ${name} already`, {
          why: 'it is a stream, and comes once',
          fix: 'start again from the beginning',
        })
    }
  }

  async #advanceTo(name: string): Promise<void> {
    while (this.#next?.name !== name && !this.#places.has(name)) if (!(await this.#step(true))) return
  }

  /** Reads the next header. What it passes over is kept, or thrown away. */
  async #step(keep: boolean): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#ended) return false
    this.#begun ??= this.#begin()
    const { entries } = await this.#begun
    if (keep) await this.#keep()
    this.#next = undefined
    const { value, done } = await this.#orFail(() => entries.next())
    if (done) this.#ended = true
    else this.#next = value
    return !done
  }

  async #keep(): Promise<void> {
    const entry = this.#next
    if (entry === undefined) return
    this.#next = undefined
    const { name, size } = entry
    if (size <= KEPT_BYTES && this.#kept + size <= KEPT_IN_ALL) {
      const chunks: Uint8Array[] = []
      for await (const chunk of this.#contentOf(entry)) chunks.push(chunk)
      this.#kept += size
      this.#places.set(name, { size, place: { kind: 'memory', bytes: Buffer.concat(chunks) } })
    } else {
      this.#spool ??= await TemporaryFile.create()
      const file = this.#spool
      const start = await file.append(this.#contentOf(entry))
      this.#places.set(name, { size, place: { kind: 'spooled', file, start } })
    }
  }

  async *#contentOf({ offset, size }: TarEntry): AsyncGenerator<Uint8Array> {
    const source = (await this.#begun)!.source
    for (let done = 0; done < size; ) {
      const chunk = await this.#orFail(async () => {
        const bytes = await source.some(offset + done, size - done)
        if (bytes.byteLength === 0) throw damaged(this.#name, 'it ends too early')
        return bytes
      })
      done += chunk.byteLength
      yield chunk
    }
  }

  async #orFail<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }

  async #begin(): Promise<{ readonly source: ByteSource; readonly entries: AsyncGenerator<TarEntry> }> {
    const { head, whole } = await peek(this.#stream)
    const magic = Buffer.from(head).toString('hex')
    if (magic === '28b52ffd') {
      throw new SealwrightError('UNSUPPORTED', `${this.#name} is compressed with zstd`, {
        fix: 'expand it first: zstd -dc',
      })
    }
    const source = streamSource(magic.startsWith('1f8b') ? gunzip(whole, this.#name) : whole)
    return { source, entries: tarEntries(source, this.#name) }
  }
}

/** The first four bytes of a stream, and all of it. */
async function peek(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: Uint8Array; readonly whole: AsyncIterable<Uint8Array> }> {
  const chunks = stream[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let size = 0
  while (size < 4) {
    const { value, done } = await chunks.next()
    if (done) break
    first.push(value)
    size += value.byteLength
  }
  return { head: Buffer.concat(first).subarray(0, 4), whole: together(first, chunks) }
}

async function* together(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* first
    for (;;) {
      const { value, done } = await rest.next()
      if (done) return
      yield value
    }
  } finally {
    await rest.return?.()
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield Uint8Array.from(bytes)
}
