/** Content that is opened again for each attempt. Its first chunk is requested ahead of the first read. */
export class ReplayableSource {
  /** What the content itself failed with: nothing that sending again would help. */
  failure: unknown
  readonly #open: () => AsyncGenerator<Uint8Array>
  #first:
    | { readonly chunks: AsyncGenerator<Uint8Array>; readonly next: Promise<IteratorResult<Uint8Array>> }
    | undefined

  constructor(open: () => AsyncGenerator<Uint8Array>) {
    this.#open = open
    const chunks = open()
    const next = chunks.next()
    next.catch(() => {})
    this.#first = { chunks, next }
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const first = this.#first
    this.#first = undefined
    try {
      if (first === undefined) return yield* this.#open()
      try {
        const { done, value } = await first.next
        if (done) return
        yield value
        yield* first.chunks
      } finally {
        await first.chunks.return(undefined)
      }
    } catch (error) {
      this.failure = error
      throw error
    }
  }

  /** Nobody wants it any more. */
  close(): void {
    // Not waited for: its first chunk may never come.
    this.#first?.chunks.return(undefined).catch(() => {})
    this.#first = undefined
  }
}
