import type { Call, Limiter } from '../call.ts'
import type { SealwrightError } from '../errors.ts'
import type { KeyProvider } from '../provider.ts'
import { named } from './failure.ts'
import type { Scope } from './scope.ts'
import { type TraceContext, traced } from './trace.ts'

/** Full jitter: a random delay up to `base * 2^n`, never above `cap`. */
const RETRY = { attempts: 5, baseMs: 200, capMs: 10_000 } as const

export interface Attempts<T> {
  readonly provider: KeyProvider
  readonly limiter?: Limiter | undefined
  readonly scope: Scope
  readonly context: TraceContext
  /** Whether the same call may be made again; not where a person takes part. */
  readonly repeatable: boolean
  call(call: Call): Promise<T>
  /** Given a value that came after the wait was over. */
  late?(value: T): void
}

/**
 * Calls an adapter, each time when the limiter lets it, and again only after `THROTTLED` and `UNAVAILABLE`. A store that
 * asks for more patience than the deadline has left is not waited for.
 */
export async function attempt<T>(attempts: Attempts<T>): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await traced('attempt', { ...attempts.context, attempt: count }, () => once(attempts))
    } catch (error) {
      const { scope } = attempts
      if (scope.ended || !attempts.repeatable || count >= RETRY.attempts) throw error
      const failure = error as SealwrightError
      if (failure.code !== 'THROTTLED' && failure.code !== 'UNAVAILABLE') throw failure
      const delayMs = Math.max(jitterMs(count), failure.retryAfterMs ?? 0)
      if (delayMs >= scope.remainingMs()) throw failure
      await scope.sleep(delayMs)
    }
  }
}

async function once<T>({ provider, limiter, scope, context, call, late }: Attempts<T>): Promise<T> {
  const task = async () => {
    // A limiter may let a call through after nobody waits for it any more.
    scope.throwIfEnded()
    return call(callIn(scope))
  }
  try {
    return await scope.wait(limiter ? startLimited(limiter, task, scope.signal) : task(), late)
  } catch (error) {
    throw named(error, provider, context)
  }
}

function callIn(scope: Scope): Call {
  return {
    get signal() {
      return scope.signal
    },
  }
}

async function startLimited<T>(limiter: Limiter, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return limiter.run(task, signal)
}

function jitterMs(count: number): number {
  return Math.random() * Math.min(RETRY.capMs, RETRY.baseMs * 2 ** (count - 1))
}
