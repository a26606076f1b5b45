/** Runs tasks of one name after another. */
export interface Turns {
  /** Rejects with the signal's reason when it is aborted while waiting; a task that runs is left alone. */
  run<T>(name: string, signal: AbortSignal, task: () => Promise<T>): Promise<T>
}

export function turns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return {
    run: async (name, signal, task) => {
      const before = last.get(name) ?? Promise.resolve()
      let end!: () => void
      const mine = new Promise<void>(resolve => {
        end = resolve
      })
      // Also one who gives up keeps the order of those behind: their turn comes when all before are through.
      const through = before.then(() => mine)
      last.set(name, through)
      try {
        await unlessAborted(signal, before)
        return await task()
      } finally {
        end()
        if (last.get(name) === through) last.delete(name)
      }
    },
  }
}

/** Waits for `work`, or for the end of a call; what comes later is dropped. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
    work.then(
      value => {
        signal.removeEventListener('abort', stop)
        resolve(value)
      },
      (error: unknown) => {
        signal.removeEventListener('abort', stop)
        reject(error)
      },
    )
  })
}
