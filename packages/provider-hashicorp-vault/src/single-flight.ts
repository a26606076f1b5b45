import type { Call } from '@sealwright/core'

interface Flight<T> {
  readonly promise: Promise<T>
  readonly controller: AbortController
  waiting: number
}

/**
 * Runs `task` once for all who ask while it runs. The abort of one ends their wait alone; when nobody waits any more, the
 * task is aborted.
 */
export function singleFlight<T>(task: (call: Call) => Promise<T>): (call: Call) => Promise<T> {
  let current: Flight<T> | undefined
  return async ({ signal }) => {
    signal.throwIfAborted()
    current ??= start()
    const flight = current
    flight.waiting++
    try {
      return await untilAborted(flight.promise, signal)
    } finally {
      flight.waiting--
      if (flight.waiting === 0) {
        if (current === flight) current = undefined
        flight.controller.abort()
      }
    }
  }

  function start(): Flight<T> {
    const controller = new AbortController()
    const promise = task({ signal: controller.signal })
    // Whoever stopped waiting does not handle it any more.
    promise.catch(() => {})
    return { promise, controller, waiting: 0 }
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
