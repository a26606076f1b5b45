import { isSealwrightError, type SealwrightError } from '@sealwright/core'

/** The error that `task` throws, which must be one of ours. */
export function caught(task: () => unknown): SealwrightError {
  try {
    task()
  } catch (error) {
    if (isSealwrightError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** As {@link caught}, for what takes time. */
export async function rejected(work: Promise<unknown>): Promise<SealwrightError> {
  try {
    await work
  } catch (error) {
    if (isSealwrightError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
