import { programFault } from './program-fault.ts'

/** Every {@link ErrorCode}. */
export const errorCodes = [
  'VALIDATION',
  'UNSUPPORTED',
  'NOT_FOUND',
  'ACCESS_DENIED',
  'UNAUTHENTICATED',
  'THROTTLED',
  'UNAVAILABLE',
  'TIMEOUT',
  'ABORTED',
  'KEY_STATE',
  'KEY_MISMATCH',
  'INTEGRITY',
  'PIN_INCORRECT',
  'PIN_LOCKED',
  'USER_PRESENCE',
  'INTERNAL',
] as const

/** Why a call failed. Closed: callers branch on it, and it maps to an exit code of the command line. */
export type ErrorCode = (typeof errorCodes)[number]

export interface SealwrightErrorOptions {
  /** The fact found, for the `why:` line. */
  readonly why?: string
  /** What to do next, for the `fix:` line. */
  readonly fix?: string
  /** Kept as name, code and stack only: a vendor's request, response and message may hold secrets. */
  readonly cause?: unknown
  readonly retryAfterMs?: number
  readonly requestId?: string
}

const BRAND = Symbol.for('sealwright.error.1')

/** What is kept of a foreign error: never its request or response, which may hold secrets. */
export interface ErrorCause {
  readonly name: string
  /** Of a fault of the program alone, such as a module that cannot be loaded; a vendor's text may hold secrets. */
  readonly message?: string
  readonly code?: string | number
  /** The frames alone, without the message that Node puts before them. */
  readonly frames?: string
}

/**
 * The one error of Sealwright. Narrow it with {@link isSealwrightError}, which also knows an error made by another copy
 * of this package, and branch on `code`.
 */
export class SealwrightError extends Error {
  override readonly name: string = 'SealwrightError'
  readonly code: ErrorCode
  // Declared alone: a field would be shown as `undefined`.
  declare readonly why?: string
  declare readonly fix?: string
  declare readonly retryAfterMs?: number
  declare readonly requestId?: string

  constructor(code: ErrorCode, message: string, options: SealwrightErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: scrub(options.cause) })
    this.code = code
    if (options.why !== undefined) this.why = options.why
    if (options.fix !== undefined) this.fix = options.fix
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs
    if (options.requestId !== undefined) this.requestId = options.requestId
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Whether the same call may succeed later, unchanged. */
  get retryable(): boolean {
    return this.code === 'THROTTLED' || this.code === 'UNAVAILABLE' || this.code === 'TIMEOUT'
  }
}

/** Whether `error` is a {@link SealwrightError}, of this copy of the package or another. */
export function isSealwrightError(error: unknown): error is SealwrightError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true
}

/** Vendors' SDKs take names and codes from what a server says, which may be a token that it was sent. */
const NAME = /^[\w$.:-]{1,64}$/

function scrub(cause: unknown): SealwrightError | ErrorCause {
  if (isSealwrightError(cause)) return cause
  if (!(cause instanceof Error)) return { name: typeof cause }
  const { code } = cause as { code?: unknown }
  const message = programFault(cause)
  const frames = cause.stack
    ?.split('\n')
    .filter(line => /^\s+at /.test(line))
    .join('\n')
  return {
    name: NAME.test(cause.name) ? cause.name : 'Error',
    ...(message === undefined ? {} : { message }),
    ...(typeof code === 'number' || (typeof code === 'string' && NAME.test(code)) ? { code } : {}),
    ...(frames ? { frames } : {}),
  }
}
