import { type ErrorCode, isSealwrightError } from '@sealwright/core'

/** What is not there, not what it was, or not what it is called. */
const PASSED_OVER: readonly ErrorCode[] = ['NOT_FOUND', 'INTEGRITY', 'VALIDATION']

/** What was read; nothing where it is unreadable for good. A store that does not answer is an error all the same. */
export async function orPass<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isSealwrightError(error) && PASSED_OVER.includes(error.code)) return undefined
    throw error
  }
}
