import { isSealwrightError, SealwrightError, type SealwrightErrorOptions } from '@sealwright/core'
import { systemFailure } from '@sealwright/core/files'
import type { Failure } from './document.ts'
import { EXIT, type ExitCode, exitCodeOf } from './exit.ts'
import { fixOf, ISSUES } from './fixes.ts'
import { isInterrupt } from './io.ts'
import { printable } from './text.ts'

/** A rule of the configuration forbids the call: exit 4. */
export class DeniedError extends SealwrightError {
  constructor(message: string, options: SealwrightErrorOptions) {
    super('VALIDATION', message, options)
  }
}

const DOCS = 'https://github.com/sealwright/sealwright/blob/main/docs/guides/errors.md#codes'

/**
 * Any thrown value as the one error of Sealwright. What nobody foresaw is `INTERNAL`, and its text is not shown.
 *
 * @param signal - That of the whole run, to tell an interrupt from the end of the time that one target has.
 */
export function asSealwrightError(error: unknown, signal?: AbortSignal): SealwrightError {
  if (isSealwrightError(error)) {
    if (error.code !== 'ABORTED') return error
    // What was aborted, though nobody interrupted the run, ran out of time.
    if (signal !== undefined && !signal.aborted) return timeout(error)
    return new SealwrightError('ABORTED', 'interrupted', { cause: error })
  }
  if (isInterrupt(error)) return new SealwrightError('ABORTED', 'interrupted')
  if (!(error instanceof Error)) return internal(error)
  if (error.name === 'AbortError') return new SealwrightError('ABORTED', 'interrupted', { cause: error })
  if (error.name === 'TimeoutError') return timeout(error)
  const { syscall, path = 'a file' } = error as NodeJS.ErrnoException
  const failure = syscall === undefined ? error : systemFailure(error, verb(syscall), path)
  return isSealwrightError(failure) ? failure : internal(error)
}

function timeout(cause: unknown): SealwrightError {
  return new SealwrightError('TIMEOUT', 'the time allowed for this call is over', {
    fix: 'try again, or allow more: --timeout 5m',
    cause,
  })
}

function verb(syscall: string): string {
  const names: Readonly<Record<string, string>> = { scandir: 'read', lstat: 'stat', mkdir: 'create' }
  return names[syscall] ?? syscall
}

function internal(error: unknown): SealwrightError {
  return new SealwrightError('INTERNAL', 'sealwright ran into a fault of its own', {
    why:
      error instanceof Error
        ? `an unexpected ${error.name}${codeOf(error)}`
        : 'a value was thrown that is not an error',
    fix: `report it with the output of the same command under --debug: ${ISSUES}`,
    cause: error,
  })
}

function codeOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? ` (${code})` : ''
}

/** The exit code of an error; an interrupt has that of its signal. */
export function exitCodeOfError(error: SealwrightError, signal?: AbortSignal): ExitCode {
  if (error instanceof DeniedError) return EXIT.denied
  const reason: unknown = signal?.aborted ? signal.reason : undefined
  if (error.code === 'ABORTED' && isInterrupt(reason) && reason.interrupt === 'SIGTERM')
    return EXIT.terminated
  return exitCodeOf(error.code)
}

/** The member `error` of a document. */
export function failureOf(error: SealwrightError): Failure {
  return {
    code: error.code,
    message: error.message,
    why: error.why ?? null,
    fix: fixOf(error),
    retryable: error.retryable,
    requestId: error.requestId ?? null,
    docs: DOCS,
  }
}

/** The member `error` of a document with several targets: that of the first target which decides the exit code. */
export function decidingError(
  targets: readonly {
    readonly exitCode: ExitCode
    readonly target: { readonly error?: Failure | null | undefined }
  }[],
  exitCode: ExitCode,
): { readonly error?: Failure | undefined } {
  const error = targets.find(one => one.exitCode === exitCode && one.target.error)?.target.error
  return error ? { error } : {}
}

/** The lines under `--debug`: the causes, each by name and code, and where our own fault was. Printable. */
export function causeLines(error: SealwrightError): string[] {
  const lines: string[] = []
  let cause: unknown = error.cause
  for (let depth = 0; cause !== undefined && depth < 16; depth++) {
    const { name, code, message, frames } = cause as Record<string, unknown>
    const said = isSealwrightError(cause) ? `: ${String(message)}` : ''
    lines.push(`caused by ${String(name)}${code === undefined ? '' : ` (${String(code)})`}${said}`)
    if (error.code === 'INTERNAL' && typeof frames === 'string') lines.push(...frames.split('\n'))
    cause = (cause as { cause?: unknown }).cause
  }
  return lines.map(line => `  ${printable(line)}`)
}
