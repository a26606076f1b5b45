import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { type Explained, explain } from './failure.ts'

/** What a request was for, for messages. */
export interface Errand {
  /** `sign with` */
  readonly doing: string
  readonly keyId: string
  readonly region: string
}

/**
 * Makes a request and says of its failure what was tried, with which key and where. What cannot be explained passes.
 *
 * @param amend - Corrects an explanation for this request.
 */
export async function ask<T>(
  errand: Errand,
  task: () => Promise<T>,
  amend: (explained: Explained, error: unknown) => Explained | Promise<Explained> = explained => explained,
): Promise<T> {
  try {
    return await task()
  } catch (error) {
    if (isSealwrightError(error)) throw error
    const explained = explain(error)
    if (explained === undefined || explained.code === 'ABORTED') throw error
    throw failed(errand, await amend(explained, error), error)
  }
}

function failed({ doing, keyId, region }: Errand, explained: Explained, cause: unknown): SealwrightError {
  const { code, why, fix, retryAfterMs, requestId } = explained
  const verb = code === 'ACCESS_DENIED' ? 'refused to' : 'could not'
  const where = keyId.startsWith('arn:') ? '' : ` (${region})`
  return new SealwrightError(code, `AWS KMS ${verb} ${doing} ${keyId}${where}`, {
    why: code === 'NOT_FOUND' ? `${why} in ${region}` : why,
    cause,
    ...(fix === undefined ? {} : { fix }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === undefined ? {} : { requestId }),
  })
}
