import type { Sink } from './io.ts'

const DELAY_MS = 500
const CLEAR = '\r\u001b[2K'

/** One line on the terminal that says what is being waited for, and leaves no trace. */
export class StatusLine {
  readonly #sink: Sink
  readonly #enabled: boolean
  #shown: string | undefined
  #paused = false

  constructor(sink: Sink, enabled: boolean) {
    this.#sink = sink
    this.#enabled = enabled
  }

  async during<T>(what: string, task: () => Promise<T>): Promise<T> {
    if (!this.#enabled || !this.#sink.isTerminal) return task()
    const timer = setTimeout(() => this.#show(`waiting for ${what}`), DELAY_MS)
    timer.unref()
    try {
      return await task()
    } finally {
      clearTimeout(timer)
      this.#clear()
      this.#shown = undefined
    }
  }

  /** Takes the line away while a question is asked. */
  pause(): void {
    this.#clear()
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#shown !== undefined) this.#show(this.#shown)
  }

  #show(text: string): void {
    this.#shown = text
    if (!this.#paused) this.#sink.write(`${CLEAR}${text.slice(0, (this.#sink.columns ?? 80) - 1)}`)
  }

  #clear(): void {
    if (this.#shown !== undefined && !this.#paused) this.#sink.write(CLEAR)
  }
}
