import { SealwrightError } from '@sealwright/core'
import type { ReleasableContent } from '@sealwright/oci/store'

/** Most bytes of one chunk. */
const CHUNK_BYTES = 256 * 1024

/**
 * Holds one part of a content that can be read only once, so that the part can be sent again after a failure. The memory
 * of a part serves the next one.
 */
export class RetryBuffer {
  /** The error that the content itself ended with; sending again does not help. */
  failure: unknown
  readonly #content: AsyncIterator<Uint8Array>
  readonly #release: ReleasableContent['release'] | undefined
  #bytes = new Uint8Array()
  #size = 0
  #filled = 0
  #part = 0
  #readers = 0
  #rest: Uint8Array = new Uint8Array()
  #reading: Promise<void> | undefined

  /** @param release - Called with each chunk of the content once it was copied. */
  constructor(
    content: AsyncIterable<Uint8Array>,
    release: ReleasableContent['release'] | undefined = undefined,
  ) {
    this.#content = content[Symbol.asyncIterator]()
    this.#release = release
  }

  /** How many bytes of the part have been read from the content. */
  get filled(): number {
    return this.#filled
  }

  /** Begins the next part; the last one was read to its end. */
  next(size: number): void {
    // A second reader means that a request failed, and its connection may still send from the memory.
    if (this.#readers > 1 || this.#bytes.byteLength < size) this.#bytes = new Uint8Array(size)
    this.#part++
    this.#readers = 0
    this.#size = size
    this.#filled = 0
  }

  /** Starts to read the part before anybody waits for it. */
  ahead(): void {
    if (this.#size > 0) this.#more().catch(() => {})
  }

  /** Yields the part from `start` to `stop` as it is read. */
  async *read(start = 0, stop: number = this.#size): AsyncGenerator<Uint8Array> {
    const part = this.#part
    this.#readers++
    for (let at = start; at < stop; ) {
      if (at >= this.#filled) {
        if (this.failure !== undefined) throw this.failure
        await this.#more()
      }
      // The reader of a request that failed, while the upload has gone on.
      if (part !== this.#part) return
      const end = Math.min(stop, this.#filled, at + CHUNK_BYTES)
      if (end > at) yield this.#bytes.subarray(at, end)
      if (part !== this.#part) return
      at = Math.max(at, end)
    }
  }

  /** Yields the part and all that follows it, once. */
  async *readOn(): AsyncGenerator<Uint8Array> {
    yield* this.read()
    for (;;) {
      const chunk = await this.#pull()
      if (chunk === undefined) return
      yield chunk
    }
  }

  async close(): Promise<void> {
    const closed = this.#content.return?.()
    // It would wait for a chunk that may never come.
    if (this.#reading === undefined) await closed
    else closed?.catch(() => {})
  }

  /** Several readers may wait for the same bytes. */
  #more(): Promise<void> {
    this.#reading ??= this.#fill().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #fill(): Promise<void> {
    const chunk = await this.#pull()
    if (chunk === undefined) throw new SealwrightError('INTERNAL', 'a content ended before its last byte')
    const taken = chunk.subarray(0, this.#size - this.#filled)
    this.#bytes.set(taken, this.#filled)
    this.#filled += taken.byteLength
    this.#rest = chunk.subarray(taken.byteLength)
    if (this.#rest.byteLength === 0) this.#release?.(chunk)
  }

  async #pull(): Promise<Uint8Array | undefined> {
    if (this.#rest.byteLength > 0) {
      const rest = this.#rest
      this.#rest = new Uint8Array()
      return rest
    }
    try {
      const { done, value } = await this.#content.next()
      return done ? undefined : value
    } catch (error) {
      this.failure = error
      throw error
    }
  }
}
