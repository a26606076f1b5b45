/**
 * Waits for `work`, or until `signal` is aborted: then rejects with its reason. What comes later is dropped.
 */
export function untilAborted<T>(work: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal!.reason)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
    work.then(
      value => {
        signal?.removeEventListener('abort', stop)
        resolve(value)
      },
      (error: unknown) => {
        signal?.removeEventListener('abort', stop)
        reject(error)
      },
    )
  })
}

/** Runs the tasks of one key one after another, in the order of the calls; within this process only. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>()

  /**
   * @param signal - Ends the wait with its reason; a task that runs is left alone.
   */
  async run<T>(key: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const { promise: done, resolve: finish } = Promise.withResolvers<void>()
    // A caller that gives up keeps the order of those behind it: their turn comes when all before are done.
    const tail = before.then(() => done)
    this.#tails.set(key, tail)
    try {
      await untilAborted(before, signal)
      return await task()
    } finally {
      finish()
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
  }
}
