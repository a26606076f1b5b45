import { SealwrightError } from '@sealwright/core'

const denied = new WeakSet<object>()

/** The error of a call that a rule of the configuration forbids: exit 4. */
export function deniedError(message: string, options: { why?: string; fix?: string }): SealwrightError {
  const error = new SealwrightError('VALIDATION', message, options)
  denied.add(error)
  return error
}

/** Whether an error is one of {@link deniedError}. */
export function isDenied(error: object): boolean {
  return denied.has(error)
}
