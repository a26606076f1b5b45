import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { explain } from './failure.ts'

/**
 * Makes a request and says of its failure what was tried. What cannot be explained passes.
 *
 * @param doing - `sign with hashivault://release?version=1`
 */
export async function ask<T>(doing: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    if (isSealwrightError(error)) throw error
    const explained = explain(error)
    if (explained === undefined || explained.code === 'ABORTED') throw error
    const { code, why, fix, retryAfterMs } = explained
    const verb = code === 'ACCESS_DENIED' ? 'refused to' : 'could not'
    throw new SealwrightError(code, `Vault ${verb} ${doing}`, {
      why,
      cause: error,
      ...(fix === undefined ? {} : { fix }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
}
