import { type ErrorCode, isSealwrightError, type SealwrightError } from '@sealwright/core'
import { expect } from 'vitest'

/** What was thrown, once it is one of ours and of this code. */
export async function failure(code: ErrorCode, action: () => unknown): Promise<SealwrightError> {
  let thrown: unknown
  try {
    await action()
  } catch (error) {
    thrown = error
  }
  if (!isSealwrightError(thrown)) throw thrown ?? new Error(`expected ${code}, and nothing was thrown`)
  expect({ code: thrown.code, message: thrown.message, why: thrown.why }).toMatchObject({ code })
  return thrown
}
