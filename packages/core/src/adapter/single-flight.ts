import type { Call } from '../call.ts'
import { untilAborted } from './until-aborted.ts'

interface Flight<T> {
  readonly promise: Promise<T>
  readonly controller: AbortController
  waiting: number
}

/**
 * Runs one task per key for all callers that arrive while it runs. The abort of one caller ends its wait alone; when no
 * caller waits any more, the task is aborted.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>()

  /** Whether a task of this key runs, which {@link SingleFlight.run} would join. */
  has(key: string): boolean {
    return this.#flights.has(key)
  }

  /**
   * @param task - Not called where a task of this key runs already. Its signal is that of all callers together.
   * @throws What the task throws; the reason of `signal`.
   */
  async run(
    key: string,
    { signal }: { readonly signal?: AbortSignal | undefined },
    task: (call: Call) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted()
    const flight = this.#flights.get(key) ?? this.#start(key, task)
    flight.waiting++
    try {
      return await untilAborted(flight.promise, signal)
    } finally {
      flight.waiting--
      if (flight.waiting === 0) {
        this.#end(key, flight)
        flight.controller.abort()
      }
    }
  }

  #start(key: string, task: (call: Call) => Promise<T>): Flight<T> {
    const controller = new AbortController()
    const flight = { promise: task({ signal: controller.signal }), controller, waiting: 0 }
    this.#flights.set(key, flight)
    const end = () => this.#end(key, flight)
    // Also handles the rejection for a caller that stopped waiting.
    flight.promise.then(end, end)
    return flight
  }

  #end(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }
}
