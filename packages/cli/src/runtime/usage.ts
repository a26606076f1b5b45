import { SealwrightError, type SealwrightErrorOptions } from '@sealwright/core'

/** The error of a call that must be changed: exit 2. */
export function usageError(message: string, options: SealwrightErrorOptions = {}): SealwrightError {
  return new SealwrightError('VALIDATION', message, options)
}
