/** Runs work, so much of it at the same time. What waits begins in the order in which it was given. */
export class AtOnce {
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running++
    else await new Promise<void>(begin => this.#waiting.push(begin))
    try {
      return await work()
    } finally {
      // The next one takes the place over, so that nobody who comes now is before it.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
