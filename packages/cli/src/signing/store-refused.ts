import { isSealwrightError, SealwrightError } from '@sealwright/core'

/**
 * What a store threw that was to keep a signature. Where it does not allow it, with the ways around: who may not write
 * to a repository can sign what is in it all the same.
 */
export function storeRefused(error: unknown): unknown {
  if (!isSealwrightError(error) || error.code !== 'ACCESS_DENIED') return error
  const { code, message, why, requestId } = error
  return new SealwrightError(code, message, {
    why: [why, 'the signature was made, and is stored nowhere'].filter(Boolean).join('; '),
    fix: 'grant push, or sign elsewhere: --signatures-in REPO, or --signature FILE and then `sealwright attach`',
    ...(requestId === undefined ? {} : { requestId }),
    cause: error,
  })
}
