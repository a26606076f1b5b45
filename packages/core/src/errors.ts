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

/**
 * The step that removes the cause of an error, with what it is about, for a program that has a command or an option for it.
 * `fix` says the same, and names neither: a library does not know which program shows its errors.
 */
export type Remedy =
  | { readonly step: 'useHttps' | 'usePlainHttp' | 'trustAuthority'; readonly host: string }
  /** `artifact`: `<repository>@<digest>`, whose list of referrers names deleted manifests. */
  | { readonly step: 'repairFallbackIndex'; readonly artifact: string }
  /** Keep and read referrers under a tag, though the registry has the API. */
  | { readonly step: 'useFallbackIndex' }
  | { readonly step: 'createPolicy'; readonly kind: 'oci' | 'blob' }
  | { readonly step: 'checkPolicy' | 'showCertificates' | 'giveCertificates' | 'allowOthersToRead' }
  /** Read more signatures than the limit that was set. */
  | { readonly step: 'raiseLimit' }
  /** Let a name mean another key. */
  | { readonly step: 'rotateKey'; readonly key: string; readonly reference: string }

export interface SealwrightErrorOptions {
  /** The fact found, for the `why:` line. */
  readonly why?: string | undefined
  /** What to do next, for the `fix:` line. */
  readonly fix?: string | undefined
  /** What `fix` is about, for a program that has a command or an option for it. */
  readonly remedy?: Remedy | undefined
  /** Kept as name, code and stack only: a vendor's request, response and message may hold secrets. */
  readonly cause?: unknown | undefined
  readonly retryAfterMs?: number | undefined
  readonly requestId?: string | undefined
}

const BRAND = Symbol.for('sealwright.error.1')

/** What is kept of a foreign error: never its request or response, which may hold secrets. */
export interface ErrorCause {
  readonly name: string
  /** Of a fault of the program alone, such as a module that cannot be loaded; a vendor's text may hold secrets. */
  readonly message?: string | undefined
  readonly code?: string | number | undefined
  /** The frames alone, without the message that Node puts before them. */
  readonly frames?: string | undefined
}

/**
 * The one error of Sealwright. Narrow it with {@link isSealwrightError}, which also knows an error made by another copy
 * of this package, and branch on `code`.
 */
export class SealwrightError extends Error {
  override readonly name: string = 'SealwrightError'
  readonly code: ErrorCode
  // Declared alone: a field would be shown as `undefined`.
  declare readonly why?: string | undefined
  declare readonly fix?: string | undefined
  declare readonly remedy?: Remedy | undefined
  declare readonly retryAfterMs?: number | undefined
  declare readonly requestId?: string | undefined

  constructor(code: ErrorCode, message: string, options: SealwrightErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: scrub(options.cause) })
    this.code = code
    if (options.why !== undefined) this.why = options.why
    if (options.fix !== undefined) this.fix = options.fix
    if (options.remedy !== undefined) this.remedy = options.remedy
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs
    if (options.requestId !== undefined) this.requestId = options.requestId
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Whether the same call may succeed later, unchanged. */
  get retryable(): boolean {
    return this.code === 'THROTTLED' || this.code === 'UNAVAILABLE' || this.code === 'TIMEOUT'
  }
}

/**
 * Whether `error` is a {@link SealwrightError}, of this copy of the package or another.
 *
 * @example
 * ```ts
 * import { isSealwrightError, type Signer } from '@sealwright/core'
 *
 * declare const signer: Signer
 * try {
 *   await signer.sign(new Uint8Array(1))
 * } catch (error) {
 *   if (!isSealwrightError(error)) throw error
 *   console.error(error.code, error.message, error.why, error.fix)
 * }
 * ```
 */
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
    message,
    ...(typeof code === 'number' || (typeof code === 'string' && NAME.test(code)) ? { code } : {}),
    ...(frames ? { frames } : {}),
  }
}
