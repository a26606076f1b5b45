import type { ReleasableContent } from '@sealwright/oci/store'

/** One request as it goes out. */
export interface RawRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  /** Called with each chunk of the body that was written, where chunks can be released. A foreign `fetch` calls it never. */
  readonly release?: ReleasableContent['release'] | undefined
  readonly signal: AbortSignal
}

/** What came back: as soon as its headers are there. */
export interface RawResponse {
  readonly status: number
  readonly headers: Headers
  /** Nothing if it has no content. To be read to its end or cancelled. */
  readonly body: ResponseBody | null
}

export interface ResponseBody extends AsyncIterable<Uint8Array> {
  cancel(): Promise<void>
}

/** Sends one request; no redirect is followed. A `Content-Encoding` is taken off the body, and stays in the headers. */
export type SendRequest = (request: RawRequest) => Promise<RawResponse>

/** By a function like the global `fetch`. */
export function sendByFetch(fetch: typeof globalThis.fetch): SendRequest {
  return async ({ url, body, release: _, ...rest }) => {
    const streamed = body === undefined || body instanceof Uint8Array ? undefined : ReadableStream.from(body)
    const init = {
      ...rest,
      redirect: 'manual',
      ...(body instanceof Uint8Array ? { body } : {}),
      ...(streamed === undefined ? {} : { body: streamed, duplex: 'half' }),
    } as RequestInit
    const answer = await fetch(url, init)
    return { status: answer.status, headers: answer.headers, body: answer.body as ResponseBody | null }
  }
}
