import { SealwrightError } from '@sealwright/core'

/** The error for bytes that are not what `label` names. */
export function malformed(label: string, fault: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${label}: ${fault}`)
}
