import { errorCodes, isSealwrightError, SealwrightError } from '../errors.ts'
import { programFault } from '../program-fault.ts'
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
    ...(failure === undefined ? ofProgram(error) : {}),
    cause: error,
    ...(retryAfterMs !== undefined && retryAfterMs >= 0 ? { retryAfterMs } : {}),
    ...(requestId !== undefined ? { requestId } : {}),
  })
}

/** What is said of an error that is no vendor's: the text of a fault of the program, and what cures the commonest. */
function ofProgram(error: unknown): { why?: string; fix?: string } {
  const text = error instanceof Error ? programFault(error) : undefined
  if (text === undefined) return {}
  const why = `${(error as Error).name}: ${text}`
  if (!text.startsWith('Dynamic require of ') && text !== '__dirname is not defined') return { why }
  return {
    why,
    fix: `a bundle of ES modules has neither require nor __dirname: build it with esbuild --banner:js="var require = process.getBuiltinModule('module').createRequire(import.meta.url), __dirname = import.meta.dirname;"`,
  }
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
