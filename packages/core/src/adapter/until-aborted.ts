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
