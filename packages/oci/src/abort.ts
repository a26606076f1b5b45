import { setTimeout as wait } from 'node:timers/promises'
import { isSealwrightError, SealwrightError } from '@sealwright/core'

/** What an aborted signal means: the caller's own error, `TIMEOUT` or `ABORTED`. */
export function abortError(signal: AbortSignal): SealwrightError {
  const reason: unknown = signal.reason
  if (isSealwrightError(reason)) return reason
  return reason instanceof Error && reason.name === 'TimeoutError'
    ? new SealwrightError('TIMEOUT', 'the time allowed for the call ran out')
    : new SealwrightError('ABORTED', 'the call was aborted')
}

/** @throws {@link SealwrightError} `ABORTED`, `TIMEOUT`. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal)
}

/**
 * Waits, unless aborted.
 *
 * @throws {@link SealwrightError} `ABORTED` or `TIMEOUT` when `signal` aborts.
 */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal)
  try {
    await wait(milliseconds, undefined, signal ? { signal } : undefined)
  } catch (error) {
    throwIfAborted(signal)
    throw error
  }
}
