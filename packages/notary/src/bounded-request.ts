import { isSealwrightError, SealwrightError, type SealwrightErrorOptions } from '@sealwright/core'
import { retryAfterMs, rootCause, traceHttp, transportFailure, untilAborted } from '@sealwright/core/adapter'
import { retrying } from '@sealwright/oci/store'

/** What the global `fetch` is; no redirect is followed. */
export type Fetch = typeof globalThis.fetch

/** One question to a server that has one answer. */
export interface BoundedRequest {
  readonly url: URL
  /** Default GET. */
  readonly post?: { readonly contentType: string; readonly body: Uint8Array } | undefined
  /** An answer of more bytes is an error. */
  readonly maxBytes: number
  /** For all attempts together. */
  readonly timeoutMs: number
  /** How often it is sent in all where the server is down for a moment. Default 1. */
  readonly attempts?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The first wait before another attempt is up to half a second, the next up to twice as long. */
const RETRY = { baseDelayMs: 500, maxDelayMs: 2000 } as const

/**
 * Sends a request and reads its answer whole. Bytes and time are bounded, and the wait ends even where `fetch` ignores its
 * signal; only an answer with status 200 is one. Where attempts are left, it is sent again after a failed connection and the
 * statuses 408, 429 and 5xx.
 *
 * @throws {@link SealwrightError} `UNAVAILABLE`, `THROTTLED` (429) or `TIMEOUT` naming the host; the reason of the signal.
 */
export async function boundedRequest(fetch: Fetch, request: BoundedRequest): Promise<Uint8Array> {
  const { url, timeoutMs, attempts = 1, signal } = request
  signal?.throwIfAborted()
  const late = new AbortController()
  const endsAt = performance.now() + timeoutMs
  const timer = setTimeout(() => late.abort(), timeoutMs)
  const joined = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
  // What failed is told rather than that the time ran out in a wait.
  const isTooLate = (): boolean => endsAt - performance.now() <= RETRY.maxDelayMs
  try {
    const answer = retrying(
      { attempts, ...RETRY },
      { signal: joined },
      () => send(fetch, request, joined),
      isTooLate,
    )
    return await untilAborted(
      answer.then(opened => contentOf(opened, request)),
      joined,
    )
  } catch (error) {
    signal?.throwIfAborted()
    if (late.signal.aborted)
      throw failure('TIMEOUT', url, `it did not answer within ${formatDuration(timeoutMs)}`)
    throw isSealwrightError(error) ? error : unreachable(error, url)
  } finally {
    clearTimeout(timer)
    // Whatever is still open ends here; after a whole answer nothing is.
    late.abort()
  }
}

/** Returns the answer, its content unread; one that another attempt may change is thrown. */
async function send(fetch: Fetch, { url, post }: BoundedRequest, signal: AbortSignal): Promise<Response> {
  const method = post === undefined ? 'GET' : 'POST'
  const headers: Readonly<Record<string, string>> = {
    'user-agent': 'sealwright',
    'accept-encoding': 'identity',
    ...(post && { 'content-type': post.contentType, 'content-length': String(post.body.length) }),
  }
  const traced = { method, url: url.href, requestHeaders: headers, started: performance.now() }
  const body = post && { body: post.body as Uint8Array<ArrayBuffer> }
  const answer = await fetch(url, { method, headers, ...body, redirect: 'manual', signal }).catch(
    (error: unknown) => {
      traceHttp({ ...traced, error })
      throw unreachable(error, url)
    },
  )
  traceHttp({ ...traced, answer })
  const { status } = answer
  if (status !== 408 && status !== 429 && status < 500) return answer
  await answer.body?.cancel().catch(() => {})
  throw failure(status === 429 ? 'THROTTLED' : 'UNAVAILABLE', url, `it answered with status ${status}`, {
    retryAfterMs: retryAfterMs(answer.headers.get('retry-after'), Date.now()),
  })
}

async function contentOf(answer: Response, { url, maxBytes }: BoundedRequest): Promise<Uint8Array> {
  const { status } = answer
  if (status !== 200) {
    await answer.body?.cancel().catch(() => {})
    if (status >= 300 && status < 400)
      throw failure('UNAVAILABLE', url, 'it redirects, which is not followed')
    throw failure('UNAVAILABLE', url, `it answered with status ${status}`)
  }
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    total += chunk.byteLength
    if (total > maxBytes) throw failure('UNAVAILABLE', url, `it answered with more than ${maxBytes} bytes`)
    // A client may use the memory of a chunk again.
    chunks.push(Uint8Array.from(chunk))
  }
  return Buffer.concat(chunks, total)
}

function unreachable(error: unknown, url: URL): SealwrightError {
  const cause = rootCause(error)
  if (isSealwrightError(cause)) return cause
  const why = transportFailure(cause, 'it')?.why ?? 'the connection failed'
  return failure('UNAVAILABLE', url, why, { cause })
}

function failure(
  code: 'UNAVAILABLE' | 'THROTTLED' | 'TIMEOUT',
  url: URL,
  why: string,
  more: Pick<SealwrightErrorOptions, 'cause' | 'retryAfterMs'> = {},
): SealwrightError {
  return new SealwrightError(code, `${url.origin} returned an unusable response`, { why, ...more })
}

function formatDuration(milliseconds: number): string {
  return milliseconds >= 1000 ? `${Math.round(milliseconds / 100) / 10} s` : `${Math.round(milliseconds)} ms`
}
