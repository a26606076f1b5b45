import { isSealwrightError, SealwrightError } from '../errors.ts'

/** The longest delay a timer takes, in milliseconds: about 24 days. */
const LONGEST_MS = 2 ** 31 - 1

/** How long one call may still take, and who may end it: the callers' signals, a deadline, the disposal of a signer. */
export interface Scope {
  /** Aborted with a SealwrightError. */
  readonly signal: AbortSignal
  /** Ends the scope now, unless it has ended. */
  end(reason: SealwrightError): void
  /** Lets the scope end with `TIMEOUT` after `limitMs`; of several deadlines the first counts. */
  startDeadline(limitMs: number, doing: string): void
  /** `Infinity` while there is no deadline. */
  remainingMs(): number
  /**
   * Waits for `work` or the end of the scope, whichever is first. What comes later is dropped: a rejection in silence, a
   * value after `late` had it.
   */
  wait<T>(work: PromiseLike<T>, late?: (value: T) => void): Promise<T>
  sleep(delayMs: number): Promise<void>
  /** Releases timer and listeners; the signal stays as it is. Idempotent. */
  close(): void
}

/** Opens a scope that ends when one of `signals` is aborted; it must be closed. */
export function openScope(...signals: readonly (AbortSignal | undefined)[]): Scope {
  const controller = new AbortController()
  const { signal } = controller
  const releases: (() => void)[] = []
  let endsAtMs = Number.POSITIVE_INFINITY

  const scope: Scope = {
    signal,
    end: reason => {
      if (!signal.aborted) controller.abort(reason)
    },
    startDeadline: (limitMs, doing) => {
      endsAtMs = Math.min(endsAtMs, performance.now() + limitMs)
      const timer = setTimeout(() => {
        scope.end(new SealwrightError('TIMEOUT', `${doing} took longer than ${limitMs} ms`))
      }, limitMs)
      releases.push(() => clearTimeout(timer))
    },
    remainingMs: () => endsAtMs - performance.now(),
    wait: (work, late) => wait(signal, work, late),
    sleep: async delayMs => {
      let timer: NodeJS.Timeout | undefined
      const elapsed = new Promise<void>(resolve => {
        timer = setTimeout(resolve, delayMs)
      })
      try {
        await wait(signal, elapsed)
      } finally {
        clearTimeout(timer)
      }
    },
    close: () => {
      for (const release of releases.splice(0)) release()
    },
  }

  for (const outer of signals) {
    if (outer === undefined) continue
    const abort = () => scope.end(abortedBy(outer))
    if (outer.aborted) abort()
    else {
      outer.addEventListener('abort', abort, { once: true })
      releases.push(() => outer.removeEventListener('abort', abort))
    }
  }
  return scope
}

/** @throws {@link SealwrightError} `VALIDATION` unless `timeoutMs` is a time that a timer can wait. */
export function assertTimeout(timeoutMs: number): void {
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= LONGEST_MS) return
  throw new SealwrightError('VALIDATION', 'timeoutMs is not a positive number of milliseconds', {
    fix: `give a number up to ${LONGEST_MS}, or leave it out`,
  })
}

function wait<T>(signal: AbortSignal, work: PromiseLike<T>, late?: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    work.then(
      value => {
        signal.removeEventListener('abort', stop)
        if (signal.aborted) late?.(value)
        else resolve(value)
      },
      (error: unknown) => {
        signal.removeEventListener('abort', stop)
        reject(error)
      },
    )
  })
}

/** A reason of ours passes, so that an outer deadline keeps its name. */
function abortedBy(signal: AbortSignal): SealwrightError {
  const { reason } = signal
  if (isSealwrightError(reason)) return reason
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new SealwrightError('TIMEOUT', 'the time that the caller set is over', { cause: reason })
  }
  return new SealwrightError('ABORTED', 'the call was aborted by its caller')
}
