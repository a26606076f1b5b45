import { SealwrightError } from '@sealwright/core'

/** The reference itself stays out of the message: it may carry what it must not. */
export function refused(why: string, fix: string): SealwrightError {
  return new SealwrightError('VALIDATION', 'the reference names no key of a PKCS#11 token', { why, fix })
}
