import { untilAborted } from '@sealwright/core/adapter'
import { CKR } from './constants.ts'
import { isDeadSession, rvOf } from './failure.ts'

export interface SessionPoolOptions {
  /** The most sessions at a time. */
  readonly size: number
  open(): Buffer
  /** Must not throw. */
  close(session: Buffer): void
  /** What those are told who wait when the pool closes. */
  closed(): Error
}

/**
 * Sessions with a token, each lent to one task at a time: a session does one operation, and after a failure in the middle
 * of one it is unusable, so it is closed.
 */
export interface SessionPool {
  /**
   * Lends a session. An abort ends the wait for one, and the wait for the task; a task that runs cannot be stopped, and
   * keeps its session until it ends.
   */
  run<T>(signal: AbortSignal, task: (session: Buffer) => Promise<T>): Promise<T>
  /** Closes what is idle now and the rest when it comes back. Resolves when no caller waits for a task any more. */
  close(): Promise<void>
}

export function sessionPool({ size, open, close, closed }: SessionPoolOptions): SessionPool {
  const idle: Buffer[] = []
  const waiting: PromiseWithResolvers<void>[] = []
  const awaited = new Set<Promise<unknown>>()
  let count = 0
  let isClosed = false

  function opened(): Buffer | undefined {
    if (count >= size) return undefined
    try {
      const session = open()
      count++
      return session
    } catch (error) {
      // The token has fewer sessions than we would take, and some are ours: one of them comes back.
      if (rvOf(error) === CKR.sessionCount && count > 0) return undefined
      throw error
    }
  }

  function ready(signal: AbortSignal): Buffer | undefined {
    signal.throwIfAborted()
    if (isClosed) throw closed()
    return idle.pop() ?? opened()
  }

  async function checkOut(signal: AbortSignal): Promise<Buffer> {
    for (;;) {
      const turn = Promise.withResolvers<void>()
      waiting.push(turn)
      try {
        await untilAborted(turn.promise, signal)
      } catch (error) {
        const at = waiting.indexOf(turn)
        if (at >= 0) waiting.splice(at, 1)
        // Its turn had come already: the next one's, then.
        else waiting.shift()?.resolve()
        throw error
      }
      const session = ready(signal)
      if (session !== undefined) return session
    }
  }

  function drop(session: Buffer): void {
    count--
    close(session)
  }

  async function lend<T>(session: Buffer, task: (session: Buffer) => Promise<T>): Promise<T> {
    try {
      const result = await task(session)
      if (isClosed) drop(session)
      else idle.push(session)
      return result
    } catch (error) {
      // Once others have noticed the loss, the number of this session may be that of a new one.
      if (isClosed && isDeadSession(error)) count--
      else drop(session)
      throw error
    } finally {
      waiting.shift()?.resolve()
    }
  }

  return {
    run: async (signal, task) => {
      const session = ready(signal) ?? (await checkOut(signal))
      const wait = untilAborted(lend(session, task), signal)
      awaited.add(wait)
      try {
        return await wait
      } finally {
        awaited.delete(wait)
      }
    },
    close: async () => {
      isClosed = true
      for (const turn of waiting.splice(0)) turn.resolve()
      for (const session of idle.splice(0)) drop(session)
      await Promise.allSettled(awaited)
    },
  }
}
