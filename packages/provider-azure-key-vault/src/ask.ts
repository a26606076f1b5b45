import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { requestIdIn } from '@sealwright/core/adapter'
import { type Explained, explain } from './failure.ts'

/** An answer as it came, read as JSON and no further. */
export interface Reply {
  readonly body: Readonly<Record<string, unknown>>
  readonly requestId?: string
}

/** What the SDK tells of a response before it makes its own objects of it. */
export type OnResponse = (response: {
  readonly status: number
  readonly headers: { get(name: string): string | undefined }
  readonly parsedBody?: unknown
}) => void

/**
 * Makes a request and says of its failure what was tried. The SDK's own objects lack the key id of a signature, so that the
 * answer itself is read. What cannot be explained passes.
 *
 * @param doing - `sign with azurekms://…`
 * @param amend - Corrects an explanation for this request.
 */
export async function ask(
  doing: string,
  send: (onResponse: OnResponse) => Promise<unknown>,
  amend: (explained: Explained, error: unknown) => Explained = explained => explained,
): Promise<Reply> {
  let last: Parameters<OnResponse>[0] | undefined
  try {
    await send(response => {
      last = response
    })
  } catch (error) {
    if (isSealwrightError(error)) throw error
    // It came, and the SDK could not make anything of it.
    if (last?.status === 200) throw unreadable(doing, last, error)
    // The SDK stumbles over refusals without a body, and loses what they say.
    const explained = explain(error) ?? (last && explain({ statusCode: last.status, response: last }))
    if (explained === undefined || explained.code === 'ABORTED') throw error
    throw failed(doing, amend(explained, error), error)
  }
  const body = last?.parsedBody
  if (typeof body !== 'object' || body === null) throw unreadable(doing, last)
  const requestId = requestIdIn(last?.headers.get('x-ms-request-id'))
  return { body: body as Reply['body'], ...requestId }
}

/** As {@link ask}, for a list, which is more than one request. */
export async function* asking<T>(doing: string, items: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* items
  } catch (error) {
    const explained = isSealwrightError(error) ? undefined : explain(error)
    throw explained === undefined || explained.code === 'ABORTED' ? error : failed(doing, explained, error)
  }
}

function failed(
  doing: string,
  { code, why, fix, retryAfterMs, requestId }: Explained,
  cause: unknown,
): SealwrightError {
  const verb = code === 'ACCESS_DENIED' ? 'refused to' : 'could not'
  return new SealwrightError(code, `Azure Key Vault ${verb} ${doing}`, {
    why,
    cause,
    ...(fix === undefined ? {} : { fix }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === undefined ? {} : { requestId }),
  })
}

function unreadable(
  doing: string,
  last: Parameters<OnResponse>[0] | undefined,
  cause?: unknown,
): SealwrightError {
  const requestId = requestIdIn(last?.headers.get('x-ms-request-id'))
  return new SealwrightError('INTEGRITY', `Azure Key Vault could not ${doing}`, {
    why: 'its answer cannot be read',
    ...(cause === undefined ? {} : { cause }),
    ...requestId,
  })
}
