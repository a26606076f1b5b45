import type { CallOptions } from '../call.ts'
import { isSealwrightError, SealwrightError } from '../errors.ts'
import type { KeyProvider } from '../provider.ts'

/** The longest delay a timer takes, in milliseconds: about 24 days. */
const LONGEST_MS = 2 ** 31 - 1

/** How long one call may still take, and who may end it: the callers' signals, a deadline, the disposal of a signer. */
export interface Scope {
  /** Aborted with a SealwrightError. Made when it is first asked for: many a store never looks at it. */
  readonly signal: AbortSignal
  readonly ended: boolean
  /** @throws The reason, once the scope has ended. */
  throwIfEnded(): void
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
  return new OpenScope(signals)
}

class OpenScope implements Scope {
  readonly #waiting = new Set<(reason: SealwrightError) => void>()
  readonly #releases: (() => void)[] = []
  #controller: AbortController | undefined
  #reason: SealwrightError | undefined
  #endsAtMs = Number.POSITIVE_INFINITY

  constructor(signals: readonly (AbortSignal | undefined)[]) {
    for (const outer of signals) {
      if (outer === undefined) continue
      const abort = () => this.end(abortedBy(outer))
      if (outer.aborted) abort()
      else {
        outer.addEventListener('abort', abort, { once: true })
        this.#releases.push(() => outer.removeEventListener('abort', abort))
      }
    }
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  get ended(): boolean {
    return this.#reason !== undefined
  }

  throwIfEnded(): void {
    if (this.#reason !== undefined) throw this.#reason
  }

  end(reason: SealwrightError): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#controller?.abort(reason)
    for (const stop of this.#waiting) stop(reason)
    this.#waiting.clear()
  }

  startDeadline(limitMs: number, doing: string): void {
    this.#endsAtMs = Math.min(this.#endsAtMs, performance.now() + limitMs)
    const timer = setTimeout(() => {
      this.end(new SealwrightError('TIMEOUT', `${doing} took longer than ${limitMs} ms`))
    }, limitMs)
    this.#releases.push(() => clearTimeout(timer))
  }

  remainingMs(): number {
    return this.#endsAtMs - performance.now()
  }

  wait<T>(work: PromiseLike<T>, late?: (value: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#reason === undefined) this.#waiting.add(reject)
      else reject(this.#reason)
      work.then(
        value => {
          this.#waiting.delete(reject)
          if (this.#reason === undefined) resolve(value)
          else late?.(value)
        },
        (error: unknown) => {
          this.#waiting.delete(reject)
          reject(error)
        },
      )
    })
  }

  async sleep(delayMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const elapsed = new Promise<void>(resolve => {
      timer = setTimeout(resolve, delayMs)
    })
    try {
      await this.wait(elapsed)
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    for (const release of this.#releases.splice(0)) release()
  }
}

/** @throws {@link SealwrightError} `VALIDATION` unless `timeoutMs` is a time that a timer can wait. */
export function assertTimeout(timeoutMs: number): void {
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= LONGEST_MS) return
  throw new SealwrightError('VALIDATION', 'timeoutMs is not a positive number of milliseconds', {
    fix: `give a number up to ${LONGEST_MS}, or leave it out`,
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

export function assertProvider(provider: KeyProvider): void {
  if (provider?.contract === 1) return
  throw new SealwrightError('UNSUPPORTED', 'the key provider speaks another version of the contract', {
    why: 'this version of @sealwright/core knows contract 1 only',
    fix: 'use versions of @sealwright/core and of the provider that belong together',
  })
}

export function assertCall({ signal, timeoutMs }: CallOptions): void {
  if (timeoutMs !== undefined) assertTimeout(timeoutMs)
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new SealwrightError('VALIDATION', 'signal is not an AbortSignal')
  }
}
