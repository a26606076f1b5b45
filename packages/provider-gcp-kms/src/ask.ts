import { type Call, isSealwrightError, SealwrightError } from '@sealwright/core'
import { type Explained, explain } from './failure.ts'

/** What a request was for, for messages. */
export interface Errand {
  /** `sign with` */
  readonly doing: string
  /** Resource name. */
  readonly name: string
  readonly call: Call
}

/**
 * Makes a request and says of its failure what was tried, with which key. What cannot be explained passes.
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
    if (isSealwrightError(error) || errand.call.signal.aborted) throw error
    const explained = explain(error)
    if (explained === undefined) throw error
    // It was not us who gave up.
    const cancelled = { code: 'UNAVAILABLE', why: 'the server gave the call up' } as const
    throw failed(errand, explained.code === 'ABORTED' ? cancelled : await amend(explained, error), error)
  }
}

function failed({ doing, name }: Errand, explained: Explained, cause: unknown): SealwrightError {
  const { code, why, fix, retryAfterMs, requestId } = explained
  const verb = code === 'ACCESS_DENIED' ? 'refused to' : 'could not'
  return new SealwrightError(code, `Cloud KMS ${verb} ${doing} ${name}`, {
    why,
    cause,
    ...(fix === undefined ? {} : { fix }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === undefined ? {} : { requestId }),
  })
}
