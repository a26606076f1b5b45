import { SealwrightError } from '@sealwright/core'

/** The error of a call that must be changed: exit 2. */
export function usageError(
  message: string,
  options: { why?: string; fix?: string; cause?: unknown } = {},
): SealwrightError {
  return new SealwrightError('VALIDATION', message, options)
}
