import { SealwrightError } from '../errors.ts'
import { isHttpTraced, REQUEST_IDS, traceHttp } from './http-trace.ts'
import { redactor } from './redact.ts'
import { repeatsSecret, secretsSent } from './sent-secrets.ts'
import { rememberOrigin } from './transport-failure.ts'

/**
 * What is used of a dispatcher of undici, such as its `Pool`. Whoever makes it decides about connections, TLS, time-outs
 * and proxies; here is no network.
 */
export interface Dispatcher {
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean
}

interface DispatchOptions {
  readonly method: never
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | null
}

interface DispatchController {
  abort(reason: Error): void
}

/** What a dispatcher tells of one request, in this order. */
interface DispatchHandler {
  onRequestStart(controller: DispatchController): void
  onResponseStart(
    controller: DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void
  onResponseData(controller: DispatchController, chunk: Buffer): void
  onResponseEnd(): void
  onResponseError(controller: DispatchController, error: Error): void
}

export interface HttpRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; a header that came several times is joined by commas. */
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

export interface ExchangeLimits {
  /** The most that an answer's body may have. */
  readonly maxBytes: number
  /** Who answers, for messages. */
  readonly server: string
  /** Where it is, for messages about the network: see `transportFailure`. */
  readonly origin?: string
}

/**
 * Makes one request and reads its answer whole. An abort ends it at once, with an `AbortError`, and closes its
 * connection; what is aborted before it is sent is never sent. Redirects are answers like any other.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for an answer above the limit; what the dispatcher says of the network passes.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: HttpRequest,
  limits: ExchangeLimits,
): Promise<HttpAnswer> {
  return isHttpTraced() ? traced(dispatcher, request, limits) : sent(dispatcher, request, limits)
}

async function traced(
  dispatcher: Dispatcher,
  request: HttpRequest,
  limits: ExchangeLimits,
): Promise<HttpAnswer> {
  const { method, path, headers: requestHeaders } = request
  const redact = redactor(secretsSent(requestHeaders))
  const url = `${limits.server}: ${path}`
  const about = { method, url, requestHeaders, started: performance.now(), redact }
  try {
    const answer = await sent(dispatcher, request, limits)
    traceHttp({ ...about, answer: { status: answer.status, headers: Object.entries(answer.headers) } })
    return answer
  } catch (error) {
    traceHttp({ ...about, error })
    throw error
  }
}

function sent(dispatcher: Dispatcher, request: HttpRequest, limits: ExchangeLimits): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { signal, method, path, headers, body = null } = request
    if (signal?.aborted) return reject(aborted())
    const reading = new Reading(resolve, reject, request, limits)
    dispatcher.dispatch({ method: method as never, path, headers, body }, reading)
  })
}

/** One object for each request, and no stream: that is what makes it cheap. */
class Reading implements DispatchHandler {
  readonly #resolve: (answer: HttpAnswer) => void
  readonly #reject: (error: Error) => void
  readonly #signal: AbortSignal | undefined
  readonly #asked: HttpRequest['headers']
  readonly #limits: ExchangeLimits
  #controller: DispatchController | undefined
  #isAborted = false
  #status = 0
  #headers: Record<string, string> = {}
  #chunks: Buffer[] = []
  #size = 0

  constructor(
    resolve: (answer: HttpAnswer) => void,
    reject: (error: Error) => void,
    { signal, headers }: HttpRequest,
    limits: ExchangeLimits,
  ) {
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = signal
    this.#asked = headers
    this.#limits = limits
    signal?.addEventListener('abort', this)
  }

  /** Of the signal. A request that still waits for a connection is ended when it gets one. */
  handleEvent(): void {
    this.#isAborted = true
    this.#end()
    this.#reject(aborted())
    this.#controller?.abort(aborted())
  }

  onRequestStart(controller: DispatchController): void {
    this.#controller = controller
    if (this.#isAborted) controller.abort(aborted())
  }

  onResponseStart(
    _: DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // An informational answer (103, say) is followed by the one that counts.
    if (status < 200) return
    this.#status = status
    for (const name in headers) this.#headers[name] = String(headers[name])
    for (const name of REQUEST_IDS) {
      const id = this.#headers[name]
      // It goes into errors and records.
      if (id !== undefined && repeatsSecret(id, this.#asked)) delete this.#headers[name]
    }
  }

  onResponseData(controller: DispatchController, chunk: Buffer): void {
    const { maxBytes, server } = this.#limits
    this.#size += chunk.length
    if (this.#size > maxBytes)
      controller.abort(new SealwrightError('INTEGRITY', `${server} answered too much`))
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#end()
    const [first] = this.#chunks
    const body = this.#chunks.length === 1 ? first! : Buffer.concat(this.#chunks, this.#size)
    const isRefusal = this.#status >= 400
    const shown = isRefusal ? withoutSecrets(body, this.#asked) : body
    this.#resolve({ status: this.#status, headers: this.#headers, body: shown })
  }

  onResponseError(_: DispatchController, error: Error): void {
    this.#end()
    const { origin } = this.#limits
    if (origin !== undefined) rememberOrigin(error, origin)
    this.#reject(error)
  }

  #end(): void {
    this.#signal?.removeEventListener('abort', this)
  }
}

/**
 * The body of a refusal without the credentials of its request, which some servers repeat: what vendors' SDKs make of it ends
 * in errors and logs.
 *
 * @param asked - The headers of the request.
 */
export function withoutSecrets(body: Uint8Array, asked: HttpRequest['headers']): Uint8Array {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  const redacted = redactor(secretsSent(asked))(text)
  return redacted === text ? body : Buffer.from(redacted)
}

const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,63}$/

/** The id that a server gave a request, if it can be one: tokens, which a server may repeat there, are longer. */
export function requestIdIn(value: unknown): { readonly requestId?: string } {
  return typeof value === 'string' && REQUEST_ID.test(value) ? { requestId: value } : {}
}

function aborted(): Error {
  return Object.assign(new Error('the request was aborted'), { name: 'AbortError' })
}
