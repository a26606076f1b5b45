import { errorCodes, isSealwrightError, SealwrightError } from '../errors.ts'
import type { Failure, FailureCode, KeyProvider } from '../provider.ts'

const CODES: ReadonlySet<FailureCode> = new Set(errorCodes)

/**
 * Names what an adapter threw: a SealwrightError passes, the rest is for the adapter's `classify`, and what that does not
 * know is `INTERNAL`. Nothing of a foreign error's message is kept.
 *
 * @param doing - What was tried: `open file:/a.key`.
 */
export function named(error: unknown, provider: KeyProvider, doing: string): SealwrightError {
  if (isSealwrightError(error)) return error
  const failure = classified(error, provider)
  const code = failure && CODES.has(failure.code) ? failure.code : 'INTERNAL'
  const message = failure?.message ?? `key store "${provider.name}" failed to ${doing}`
  const { retryAfterMs, requestId } = failure ?? {}
  return new SealwrightError(code, message, {
    cause: error,
    ...(retryAfterMs !== undefined && retryAfterMs >= 0 ? { retryAfterMs } : {}),
    ...(requestId !== undefined ? { requestId } : {}),
  })
}

/** An adapter that breaks its word, by what it returned rather than by what it threw. */
export function adapterFault(
  provider: KeyProvider,
  what: string,
  cause?: unknown,
  code: 'INTERNAL' | 'INTEGRITY' = 'INTERNAL',
): SealwrightError {
  return new SealwrightError(code, `key store "${provider.name}" ${what}`, {
    why: 'its adapter does not keep the contract of a key provider',
    ...(cause === undefined ? {} : { cause }),
  })
}

function classified(error: unknown, provider: KeyProvider): Failure | undefined {
  try {
    return provider.classify(error)
  } catch {
    // The failure to explain a failure must not hide it: it becomes INTERNAL with the first error as its cause.
    return undefined
  }
}
