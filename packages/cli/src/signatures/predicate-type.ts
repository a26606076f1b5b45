import { isSealwrightError } from '@sealwright/core'
import { predicateTypeOf } from '@sealwright/notary'
import { ownFixOf } from '../runtime/fixes.ts'
import { usageError } from '../runtime/usage.ts'

/** A type of attestation as a flag names it, as a URI. */
export function typeOf(text: string): string {
  try {
    return predicateTypeOf(text)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw usageError(error.message, { why: error.why, fix: ownFixOf(error), cause: error })
  }
}
