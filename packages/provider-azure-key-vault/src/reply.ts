import { isSealwrightError } from '@sealwright/core'
import { requestIdIn } from '@sealwright/core/adapter'
import { classify } from './failure.ts'

/** A reply read as JSON and no further. */
export interface Reply {
  readonly body: Readonly<Record<string, unknown>>
  readonly requestId?: string | undefined
}

/** What the SDK tells of a response before it makes its own objects of it. */
interface Response {
  readonly status: number
  readonly headers: { get(name: string): string | undefined }
  readonly parsedBody?: unknown | undefined
}

type OnResponse = (response: Response) => void

/**
 * Sends a request and reads its reply: the SDK's own objects lack the key id of a signature.
 *
 * @throws The SDK's errors, and one of ours that `classify` names where the SDK made nothing of the reply.
 */
export async function replyTo(send: (onResponse: OnResponse) => Promise<unknown>): Promise<Reply> {
  let last: Response | undefined
  try {
    await send(response => {
      last = response
    })
  } catch (error) {
    if (isSealwrightError(error) || last === undefined) throw error
    // The SDK stumbles over replies that it cannot read and over refusals without a body, and loses their status.
    throw last.status === 200 || classify(error) === undefined ? new FailedReply(last, error) : error
  }
  const body = last?.parsedBody
  if (typeof body !== 'object' || body === null) throw new FailedReply(last)
  return { body: body as Reply['body'], ...requestIdIn(last?.headers.get('x-ms-request-id')) }
}

/** A reply of which the SDK made nothing, as `classify` reads its errors. */
class FailedReply extends Error {
  readonly statusCode: number
  readonly response: Response | undefined

  constructor(response: Response | undefined, cause?: unknown) {
    super('the reply cannot be read', { cause })
    this.statusCode = response?.status ?? 200
    this.response = response
  }
}
