import { isSealwrightError } from '@sealwright/core'

/** The code of the error that an action throws; `none` if it throws none. */
export function codeOf(action: () => unknown): string {
  try {
    action()
    return 'none'
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return error.code
  }
}
