import type { Call } from '../call.ts'
import { untilAborted } from './until-aborted.ts'

interface Flight<T> {
  readonly promise: Promise<T>
  readonly controller: AbortController
  waiting: number
}

/**
 * Runs `task` once for all callers that arrive while it runs. The abort of one caller ends its wait alone; when no caller
 * waits any more, the task is aborted.
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
    // A caller that stopped waiting no longer handles the rejection.
    promise.catch(() => {})
    return { promise, controller, waiting: 0 }
  }
}
