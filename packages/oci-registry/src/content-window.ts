import { SealwrightError } from '@sealwright/core'
import { release } from '@sealwright/oci/store'

/**
 * A content read once, part by part; a part can be read again until the next one begins. So much is held in memory, and
 * no more: what a connection lost on its way can be sent again.
 */
export class ContentWindow {
  /** What the content itself failed with: nothing that sending again would help. */
  failure: unknown
  readonly #content: AsyncIterator<Uint8Array>
  readonly #lasting: boolean
  #chunks: Uint8Array[] = []
  #size = 0
  #filled = 0
  #part = 0
  #readers = 0
  readonly #written = new Set<Uint8Array>()
  #rest: Uint8Array = new Uint8Array()
  #reading: Promise<void> | undefined

  /** @param lasting - Whether a chunk stays as it is; else whoever gives it may use its memory for the next one. */
  constructor(content: AsyncIterable<Uint8Array>, lasting: boolean) {
    this.#content = content[Symbol.asyncIterator]()
    this.#lasting = lasting
  }

  /** How many bytes of the part have come. */
  get filled(): number {
    return this.#filled
  }

  /** Takes note that nobody reads a chunk any more that {@link read} gave. */
  readonly written = (chunk: Uint8Array): void => {
    this.#written.add(chunk)
  }

  /** Begins the next part; the last one was read to its end. */
  next(size: number): void {
    // They are ours, or copies. A second reader means a request that failed, which may still hold on to some.
    if (this.#readers === 1) this.#chunks.filter(chunk => this.#written.has(chunk)).forEach(release)
    this.#written.clear()
    this.#part++
    this.#readers = 0
    this.#size = size
    this.#filled = 0
    this.#chunks = []
  }

  /** Lets the part begin to come while there is something else to wait for. */
  ahead(): void {
    if (this.#size > 0) this.#more().catch(() => {})
  }

  /** The part from `start` to `stop`, as it comes. */
  async *read(start = 0, stop: number = this.#size): AsyncGenerator<Uint8Array> {
    const part = this.#part
    this.#readers++
    let begin = 0
    for (let index = 0; begin < stop; index++) {
      if (index === this.#chunks.length) {
        if (this.failure !== undefined) throw this.failure
        await this.#more()
      }
      // A reader that was left behind, by a request that failed.
      if (part !== this.#part) return
      const chunk = this.#chunks[index]!
      const end = begin + chunk.byteLength
      const whole = start <= begin && end <= stop
      if (end > start) yield whole ? chunk : chunk.subarray(Math.max(start - begin, 0), stop - begin)
      if (part !== this.#part) return
      begin = end
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
    this.#chunks.push(this.#lasting ? taken : Uint8Array.from(taken))
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
