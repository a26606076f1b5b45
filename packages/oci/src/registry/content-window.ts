import { SealwrightError } from '@sealwright/core'

/**
 * A content read once, part by part; a part can be read again until the next one begins. So much is held in memory, and
 * no more: what a connection lost on its way can be sent again.
 */
export class ContentWindow {
  /** What the content itself failed with: nothing that sending again would help. */
  failure: unknown
  readonly #content: AsyncIterator<Uint8Array>
  readonly #buffer: Uint8Array
  #size = 0
  #filled = 0
  #part = 0
  #rest: Uint8Array = new Uint8Array()
  #reading: Promise<void> | undefined

  /** @param capacity - The most bytes of a part. */
  constructor(content: AsyncIterable<Uint8Array>, capacity: number) {
    this.#content = content[Symbol.asyncIterator]()
    this.#buffer = new Uint8Array(capacity)
  }

  /** Begins the next part; the last one was read to its end. */
  next(size: number): void {
    this.#part++
    this.#size = size
    this.#filled = 0
  }

  /** The part from `start` to `stop`, as it comes. */
  async *read(start = 0, stop: number = this.#size): AsyncGenerator<Uint8Array> {
    const part = this.#part
    for (let at = start; at < stop; ) {
      if (at >= this.#filled) await this.#more()
      // A reader that was left behind, by a request that failed.
      if (part !== this.#part) return
      const end = Math.min(this.#filled, stop)
      if (end <= at) continue
      yield this.#buffer.subarray(at, end)
      at = end
    }
  }

  /** The part, and all that comes after it; once. */
  async *readOn(): AsyncGenerator<Uint8Array> {
    yield* this.read()
    for (;;) {
      const chunk = await this.#pull()
      if (chunk === undefined) return
      yield chunk
    }
  }

  /** Nothing more is wanted. */
  async close(): Promise<void> {
    await this.#content.return?.()
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
    // A copy: whoever gave the chunk may use its memory for the next one.
    const taken = chunk.subarray(0, this.#size - this.#filled)
    this.#buffer.set(taken, this.#filled)
    this.#filled += taken.byteLength
    this.#rest = chunk.subarray(taken.byteLength)
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
