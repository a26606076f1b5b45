import { errorCodes, isSealwrightError, SealwrightError } from '../errors.ts'
import { programFault } from '../program-fault.ts'
import type { FailedOperation, Failure, FailureCode, KeyProvider, Operation } from '../provider.ts'

const CODES: ReadonlySet<FailureCode> = new Set(errorCodes)

/** Each operation as a message tells it: what a store could not do, and what took too long. */
const PHRASES: Readonly<Record<Operation, readonly [verb: string, gerund: string]>> = {
  open: ['open', 'opening'],
  sign: ['sign with', 'signing with'],
  certificates: ['read the certificates of', 'reading the certificates of'],
  identify: ['say whose credentials these are', 'asking whose credentials these are'],
  list: ['list the keys of', 'listing the keys of'],
  create: ['create', 'creating'],
  rotate: ['rotate', 'rotating'],
  attachCertificates: ['attach certificates to', 'attaching certificates to'],
}

/** `signing with awskms:///…`, for the messages of deadlines. */
export function gerundOf(operation: Operation, reference: string): string {
  return operation === 'identify' ? PHRASES.identify[1] : `${PHRASES[operation][1]} ${reference}`
}

function verbOf({ operation, reference }: FailedOperation): string {
  const [verb] = PHRASES[operation]
  return operation === 'identify' || reference === undefined ? verb : `${verb} ${reference}`
}

/**
 * Names what an adapter threw: a SealwrightError passes, the rest is for the adapter's `classify`, and what that does not
 * know is `INTERNAL`. Nothing of a foreign error's message is kept.
 *
 * @param during - What failed; a text where it is no operation of the contract.
 */
export function named(
  error: unknown,
  provider: KeyProvider,
  during: FailedOperation | string,
): SealwrightError {
  if (isSealwrightError(error)) return error
  const isOperation = typeof during !== 'string'
  const failure = classified(error, provider, isOperation ? during : undefined)
  const code = failure && CODES.has(failure.code) ? failure.code : 'INTERNAL'
  const { why, fix } = failure ?? ofProgram(error)
  const { retryAfterMs, requestId } = failure ?? {}
  const verb = code === 'ACCESS_DENIED' ? 'refused to' : 'could not'
  const doing = isOperation ? verbOf(during) : during
  return new SealwrightError(code, `${titleOf(provider)} ${verb} ${doing}`, {
    cause: error,
    ...(why === undefined ? {} : { why }),
    ...(fix === undefined ? {} : { fix }),
    ...(retryAfterMs !== undefined && retryAfterMs >= 0 ? { retryAfterMs } : {}),
    ...(requestId !== undefined ? { requestId } : {}),
  })
}

function titleOf({ title, name }: KeyProvider): string {
  return title ?? `key store "${name}"`
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

function classified(
  error: unknown,
  provider: KeyProvider,
  during: FailedOperation | undefined,
): Failure | undefined {
  try {
    return provider.classify(error, during)
  } catch {
    // The failure to explain a failure must not hide it: it becomes INTERNAL with the first error as its cause.
    return undefined
  }
}
