import type { Call, Limiter } from '../call.ts'
import { errorCodes, isSealwrightError, SealwrightError } from '../errors.ts'
import { programFault } from '../program-fault.ts'
import type { FailedOperation, Failure, FailureCode, KeyProvider, Operation } from '../provider.ts'
import type { Scope } from './scope.ts'
import { type TraceContext, traced } from './trace.ts'

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
 * @param during - What failed; a text if it is not an operation of the contract.
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
    why,
    fix,
    ...(retryAfterMs !== undefined && retryAfterMs >= 0 ? { retryAfterMs } : {}),
    ...(requestId !== undefined ? { requestId } : {}),
  })
}

function titleOf({ title, name }: KeyProvider): string {
  return title ?? `key store "${name}"`
}

/** Explains an error that did not come from the vendor: the message of a bug, and the fix of the most common one. */
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
    cause,
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

/** Full jitter: a random delay up to `base * 2^n`, never above `cap`. */
const RETRY = { attempts: 5, baseMs: 200, capMs: 10_000 } as const

interface Attempts<T> {
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
