import { isSealwrightError } from '@sealwright/core'
import type { StoreCall } from '@sealwright/oci'

/** One answer for all who ask for the same at the same time. */
export class SingleFlight<T> {
  readonly #underway = new Map<string, Promise<T>>()

  /** Whoever came first asks, under its own signal; if it gives up, the next of those who wait asks anew. */
  async run(key: string, call: StoreCall, ask: () => Promise<T>): Promise<T> {
    for (;;) {
      const others = this.#underway.get(key)
      if (others === undefined) break
      try {
        return await others
      } catch (error) {
        const gaveUp = isSealwrightError(error) && (error.code === 'ABORTED' || error.code === 'TIMEOUT')
        if (!gaveUp || call.signal?.aborted) throw error
        if (this.#underway.get(key) === others) this.#underway.delete(key)
      }
    }
    const mine = ask()
    this.#underway.set(key, mine)
    try {
      return await mine
    } finally {
      if (this.#underway.get(key) === mine) this.#underway.delete(key)
    }
  }
}
