import { SealwrightError } from '@sealwright/core'

export interface DeadlineOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/**
 * Runs a call under the caller's signal and a deadline in one. The wait ends even if a store ignores the signal.
 *
 * @throws {@link SealwrightError} `ABORTED` if the caller gave up, `TIMEOUT` if the time was up, here or by the signal.
 */
export async function withDeadline<T>(
  what: string,
  { signal, timeoutMs }: DeadlineOptions,
  run: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
  const signals = [signal, deadline].filter(one => one !== undefined)
  const joined = signals.length === 0 ? undefined : AbortSignal.any(signals)
  try {
    joined?.throwIfAborted()
    return await (joined === undefined ? run(joined) : Promise.race([run(joined), abortion(joined)]))
  } catch (error) {
    if (signal?.aborted === true && isTimeout(signal.reason))
      throw new SealwrightError('TIMEOUT', `${what} took longer than its caller waits`)
    if (signal?.aborted === true) throw new SealwrightError('ABORTED', `${what} was aborted`)
    if (deadline?.aborted === true)
      throw new SealwrightError('TIMEOUT', `${what} took longer than ${timeoutMs} ms`)
    throw error
  }
}

/** What `AbortSignal.timeout` aborts with. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}

function abortion(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
