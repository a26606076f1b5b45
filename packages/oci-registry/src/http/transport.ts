import { type ErrorCode, SealwrightError } from '@sealwright/core'
import { traceHttp } from '@sealwright/core/adapter'
import type { StoreCall } from '@sealwright/oci'
import { abortError, type ReleasableContent, throwIfAborted } from '@sealwright/oci/store'
import { type Fetch, sendRequestOf, sharedFetch } from './http-fetch.ts'
import { networkError } from './network-error.ts'
import type { RawResponse } from './send-request.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: HttpBody
}

export type HttpBody = Uint8Array | StreamBody

interface StreamBody {
  /** Bytes. */
  readonly size: number
  chunks(): AsyncIterable<Uint8Array>
  /** It cannot be sent a second time. */
  readonly once?: true
  /** Called with each chunk that was written. Left out where chunks are not to be released. */
  readonly release?: ReleasableContent['release'] | undefined
}

export interface TransportOptions {
  readonly fetch: Fetch
  readonly userAgent: string
  /** How long nothing may move, in either direction. */
  readonly idleTimeoutMs: number
  /** Takes our secrets out of what a server sent, for whoever watches. */
  readonly redact?: (text: string) => string
}

/** The defaults of what a caller may say. */
export function transportOf(options: Partial<TransportOptions>): TransportOptions {
  return {
    fetch: options.fetch ?? sharedFetch(),
    userAgent: options.userAgent ?? 'sealwright',
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
  }
}

/**
 * One request to one URL: no redirect is followed, nothing is tried twice, whatever the status.
 *
 * @throws {@link SealwrightError} `UNAVAILABLE` naming the host, `ABORTED`, `TIMEOUT`; and what a streamed body threw.
 */
export async function send(
  request: HttpRequest,
  options: TransportOptions,
  call: StoreCall,
): Promise<HttpResponse> {
  throwIfAborted(call.signal)
  const { method, url, headers, body } = request
  const idle = new IdleTimer(url, options.idleTimeoutMs)
  const signal = call.signal ? AbortSignal.any([call.signal, idle.signal]) : idle.signal
  const watched = body === undefined || body instanceof Uint8Array ? undefined : new WatchedBody(body, idle)
  const sent = {
    method,
    url,
    signal,
    headers: {
      'user-agent': options.userAgent,
      // What is checked is what was stored: nobody in between is asked to compress it.
      'accept-encoding': 'identity',
      ...headers,
      ...(watched ? { 'content-length': String(watched.size) } : {}),
    },
    ...(body instanceof Uint8Array ? { body } : {}),
    ...(watched ? { body: watched.chunks(), release: watched.release } : {}),
  }
  const { redact } = options
  const traced = {
    method,
    url: url.href,
    requestHeaders: sent.headers as Readonly<Record<string, string>>,
    started: performance.now(),
    ...(redact === undefined ? {} : { redact }),
  }
  try {
    const answer = await sendRequestOf(options.fetch)(sent)
    traceHttp({ ...traced, answer })
    return new HttpResponse(answer, url, idle, call)
  } catch (error) {
    traceHttp({ ...traced, error })
    idle.stop()
    throwIfAborted(call.signal)
    if (watched?.failure !== undefined) throw watched.failure
    throw networkError(error, url)
  }
}

/** What a server answered. Its body must be read to the end or cancelled. */
export class HttpResponse {
  readonly status: number
  readonly headers: Headers
  readonly url: URL
  readonly #response: RawResponse
  readonly #idle: IdleTimer
  readonly #call: StoreCall

  constructor(response: RawResponse, url: URL, idle: IdleTimer, call: StoreCall) {
    this.status = response.status
    this.headers = response.headers
    this.url = url
    this.#response = response
    this.#idle = idle
    this.#call = call
    if (response.body === null) idle.stop()
    else idle.touch()
  }

  /** The body as it comes. @throws {@link SealwrightError} `UNAVAILABLE` naming the host, `ABORTED`, `TIMEOUT`. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const { body } = this.#response
    if (body === null) return
    try {
      for await (const chunk of body) {
        // While the consumer works the server is not to blame.
        this.#idle.pause()
        yield chunk
        this.#idle.touch()
      }
    } catch (error) {
      if (this.#call.signal?.aborted) throw abortError(this.#call.signal)
      throw networkError(error, this.url)
    } finally {
      this.#idle.stop()
    }
  }

  /** The body, if it is not longer. @throws {@link SealwrightError} of the code given. */
  async whole(maxBytes: number, tooLong: ErrorCode = 'UNAVAILABLE'): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    let total = 0
    for await (const chunk of this.chunks()) {
      total += chunk.byteLength
      if (total > maxBytes) {
        throw new SealwrightError(tooLong, `${this.url.host} gave an answer that is too long`, {
          why: `it has more than ${maxBytes} bytes, which is the limit for this kind of answer`,
          fix: 'let the registry return its lists in pages, or delete unused content from the repository',
        })
      }
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  /** The beginning of a body that matters only for a message; the rest is not read. */
  async beginning(maxBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    let total = 0
    try {
      for await (const chunk of this.chunks()) {
        chunks.push(chunk)
        total += chunk.byteLength
        if (total >= maxBytes) break
      }
    } catch {
      // The status is known, and the message does without.
      throwIfAborted(this.#call.signal)
    }
    return Buffer.concat(chunks).subarray(0, maxBytes)
  }

  async cancel(): Promise<void> {
    this.#idle.stop()
    await this.#response.body?.cancel().catch(() => {})
  }
}

/** Passes a body on, keeping what it threw: `fetch` reports that as a failure of the network. */
class WatchedBody {
  readonly size: number
  readonly release: ReleasableContent['release'] | undefined
  failure: unknown
  readonly #body: StreamBody
  readonly #idle: IdleTimer

  constructor(body: StreamBody, idle: IdleTimer) {
    this.size = body.size
    this.release = body.release
    this.#body = body
    this.#idle = idle
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      // While a chunk is waited for, whoever gives it is slow, and not the server.
      this.#idle.pause()
      for await (const chunk of this.#body.chunks()) {
        this.#idle.touch()
        yield chunk
        this.#idle.pause()
      }
      this.#idle.touch()
    } catch (error) {
      this.failure = error
      throw error
    }
  }
}

/** Ends a request in which nothing has moved for a while. */
class IdleTimer {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  #waiting = true
  #over = false

  constructor(url: URL, milliseconds: number) {
    // One timer for the whole request: it is put off with every chunk.
    this.#timer = setTimeout(() => {
      if (!this.#waiting) return
      this.#controller.abort(
        new SealwrightError('UNAVAILABLE', `${url.host} stopped answering`, {
          why: `nothing came for ${milliseconds} ms`,
        }),
      )
    }, milliseconds)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  touch(): void {
    // A timer that was cleared would run again.
    if (this.#over) return
    this.#waiting = true
    this.#timer.refresh()
  }

  /** Nobody is waited for. */
  pause(): void {
    this.#waiting = false
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#timer)
  }
}
