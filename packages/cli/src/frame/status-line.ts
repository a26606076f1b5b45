import type { Sink } from './io.ts'

const DELAY_MS = 500
const CLEAR = '\r\u001b[2K'

/** One line on the terminal that says what is being waited for, and leaves no trace. */
export class StatusLine {
  readonly #sink: Sink
  readonly #enabled: boolean
  /** What took longer than a moment, the first of it first: several things may be waited for at the same time. */
  readonly #waited = new Set<{ readonly what: string }>()
  #isShown = false
  #paused = false

  constructor(sink: Sink, enabled: boolean) {
    this.#sink = sink
    this.#enabled = enabled
  }

  async during<T>(what: string, task: () => Promise<T>): Promise<T> {
    if (!this.#enabled || !this.#sink.isTerminal) return task()
    const wait = { what }
    const timer = setTimeout(() => {
      this.#waited.add(wait)
      this.#draw()
    }, DELAY_MS)
    timer.unref()
    try {
      return await task()
    } finally {
      clearTimeout(timer)
      if (this.#waited.delete(wait)) this.#draw()
    }
  }

  /** Takes the line away while a question is asked. */
  pause(): void {
    this.#clear()
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#draw()
  }

  #draw(): void {
    if (this.#paused) return
    const [first, ...others] = this.#waited
    if (first === undefined) {
      this.#clear()
      return
    }
    const text = `waiting for ${first.what}${others.length > 0 ? `, and for ${others.length} more` : ''}`
    this.#isShown = true
    this.#sink.write(`${CLEAR}${text.slice(0, (this.#sink.columns || 80) - 1)}`)
  }

  #clear(): void {
    if (this.#isShown && !this.#paused) this.#sink.write(CLEAR)
    this.#isShown = false
  }
}
