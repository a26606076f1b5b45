/** One request as it goes out. */
export interface ExchangeRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  /** Told of each chunk of the body that the system has taken and reads no more; of none by a `fetch` that is not ours. */
  readonly written?: (chunk: Uint8Array) => void
  readonly signal: AbortSignal
}

/** What came back: as soon as its headers are there. */
export interface ExchangeAnswer {
  readonly status: number
  readonly headers: Headers
  /** Nothing if it has no content. To be read to its end or cancelled. */
  readonly body: AnswerBody | null
}

export interface AnswerBody extends AsyncIterable<Uint8Array> {
  cancel(): Promise<void>
}

/** Sends one request; no redirect is followed. A `Content-Encoding` is taken off the body, and stays in the headers. */
export type Exchange = (request: ExchangeRequest) => Promise<ExchangeAnswer>

/** By a function like the global `fetch`. */
export function fetchExchange(fetch: typeof globalThis.fetch): Exchange {
  return async ({ url, body, written, ...rest }) => {
    const streamed = body === undefined || body instanceof Uint8Array ? undefined : ReadableStream.from(body)
    const init = {
      ...rest,
      redirect: 'manual',
      ...(body instanceof Uint8Array ? { body } : {}),
      ...(streamed === undefined ? {} : { body: streamed, duplex: 'half' }),
    } as RequestInit
    const answer = await fetch(url, init)
    return { status: answer.status, headers: answer.headers, body: answer.body as AnswerBody | null }
  }
}
