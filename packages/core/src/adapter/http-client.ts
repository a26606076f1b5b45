import type { ClientRequest, Agent as HttpAgent, IncomingMessage, RequestOptions } from 'node:http'
import type { TLSSocketOptions } from 'node:tls'
import { SealwrightError } from '../errors.ts'
import { isHttpTraced, REQUEST_IDS, traceHttp } from './http-trace.ts'
import { type HttpProxy, type ProxyEnv, proxyFor } from './proxy.ts'
import { proxyFailure } from './proxy-failure.ts'
import { redactor } from './redact.ts'
import { repeatsSecret, secretsSent } from './sent-secrets.ts'
import { rememberOrigin } from './transport-failure.ts'

export interface HttpRequest {
  readonly method: string
  /** Absolute, with the query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
}

export interface HttpResponse {
  readonly status: number
  /** Names are in lower case; the values of a repeated header are joined by commas. */
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

export interface HttpClientOptions {
  /** Names the server in messages: `Vault`. */
  readonly server: string
  /** The most bytes that the body of a response may have. */
  readonly maxBytes: number
  /** The most connections to one origin at a time; further requests wait for one. Default 64. */
  readonly connections?: number | undefined
  /** Authorities, a client certificate, the expected name. The server's certificate is always verified. */
  readonly tls?: TlsOptions | undefined
  /** Variables that say which proxy leads where, such as `process.env`. Without it no proxy is used. */
  readonly proxyEnv?: ProxyEnv | undefined
}

export type TlsOptions = Pick<TLSSocketOptions, 'ca' | 'cert' | 'key' | 'secureContext'> & {
  readonly servername?: string | undefined
}

/** Requests over HTTP/1.1 to any number of origins, on connections that are kept for a minute. */
export interface HttpClient {
  /**
   * Sends one request and reads the whole response. A redirect is a response like any other and is not followed. An abort
   * rejects at once with an `AbortError` and closes the connection; a request that is aborted before it has a connection is
   * never sent.
   *
   * @throws {@link SealwrightError} `INTEGRITY` for a body above the limit; `VALIDATION` once the client is destroyed;
   *   `UNAVAILABLE` or `UNAUTHENTICATED` when a proxy fails. Network errors of Node pass: see `transportFailure`.
   */
  send(request: HttpRequest): Promise<HttpResponse>
  /** Ends every request, closes every connection, and lets no further request out. */
  destroy(): void
}

/** How one origin is reached. */
interface Route {
  readonly request: (options: RequestOptions) => ClientRequest
  readonly options: RequestOptions
  readonly agent: HttpAgent
  readonly proxy: HttpProxy | undefined
}

const CONNECTIONS = 64
const IDLE_MS = 60_000

/** Creates a client on Node's own HTTP; its modules are loaded with the first request. */
export function httpClient(options: HttpClientOptions): HttpClient {
  const routes = new Map<string, Promise<Route>>()
  const pending = new Set<ClientRequest>()
  let isDestroyed = false
  const assertUsable = () => {
    if (isDestroyed) throw destroyed(options.server)
  }
  const routeTo = (origin: string): Promise<Route> => {
    const found = routes.get(origin) ?? connect(origin, options)
    routes.set(origin, found)
    return found
  }
  const exchange = async (request: HttpRequest): Promise<HttpResponse> => {
    assertUsable()
    if (request.signal?.aborted) throw aborted()
    const url = new URL(request.url)
    const { origin, pathname, search } = url
    const route = await routeTo(origin)
    assertUsable()
    return new Promise((resolve, reject) => {
      if (request.signal?.aborted) throw aborted()
      const { method, headers, signal, body } = request
      const sent = route.request({ ...route.options, path: pathname + search, method, headers })
      let isAnswered = false
      const abort = () => {
        reject(aborted())
        sent.destroy()
      }
      const fail = (error: Error) => {
        rememberOrigin(error, origin)
        reject((route.proxy && proxyFailure(error, url, route.proxy)) ?? error)
      }
      pending.add(sent)
      signal?.addEventListener('abort', abort)
      sent.on('error', fail)
      sent.once('close', () => {
        pending.delete(sent)
        signal?.removeEventListener('abort', abort)
        // Node closes without an error what is answered by an upgrade that nobody requested.
        if (!isAnswered) fail(Object.assign(new Error('no response'), { code: 'ECONNRESET' }))
      })
      sent.once('response', incoming => {
        isAnswered = true
        collect(incoming, options).then(received => {
          const refused = route.proxy && proxyFailure({ statusCode: incoming.statusCode }, url, route.proxy)
          if (refused === undefined) resolve(responseOf(incoming, received, request.headers))
          else reject(refused)
        }, fail)
      })
      sent.end(body)
    })
  }
  return {
    send: request => (isHttpTraced() ? traced(exchange, request, options.server) : exchange(request)),
    destroy: () => {
      isDestroyed = true
      for (const sent of pending) sent.destroy(destroyed(options.server))
      for (const route of routes.values()) {
        route.then(
          ({ agent }) => agent.destroy(),
          () => {},
        )
      }
    },
  }
}

async function connect(
  origin: string,
  { connections = CONNECTIONS, tls, proxyEnv }: HttpClientOptions,
): Promise<Route> {
  const url = new URL(origin)
  const { protocol, hostname, port } = url
  const proxy = proxyEnv && proxyFor(url, proxyEnv)
  const isSecure = protocol === 'https:'
  const { request, Agent } = await (isSecure ? import('node:https') : import('node:http'))
  const agent = new Agent({
    ...(isSecure ? { ...tls, rejectUnauthorized: true } : {}),
    keepAlive: true,
    maxSockets: connections,
    timeout: IDLE_MS,
    proxyEnv: proxy && { HTTP_PROXY: proxy.url.href, HTTPS_PROXY: proxy.url.href },
  } as ConstructorParameters<typeof Agent>[0])
  const host = hostname.replace(/^\[|\]$/g, '')
  return { request, agent, proxy, options: { agent, protocol, host, port } }
}

function collect(incoming: IncomingMessage, { maxBytes, server }: HttpClientOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) incoming.destroy(new SealwrightError('INTEGRITY', `${server} answered too much`))
      else chunks.push(chunk)
    })
    incoming.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)))
    incoming.once('error', reject)
  })
}

function responseOf(
  incoming: IncomingMessage,
  received: Buffer,
  sentHeaders: HttpRequest['headers'],
): HttpResponse {
  const status = incoming.statusCode ?? 0
  const headers: Record<string, string> = {}
  for (const name in incoming.headers) headers[name] = String(incoming.headers[name])
  for (const name of REQUEST_IDS) {
    const id = headers[name]
    // It goes into errors and records.
    if (id !== undefined && repeatsSecret(id, sentHeaders)) delete headers[name]
  }
  return { status, headers, body: status >= 400 ? withoutSecrets(received, sentHeaders) : received }
}

async function traced(
  exchange: HttpClient['send'],
  request: HttpRequest,
  server: string,
): Promise<HttpResponse> {
  const { method, headers: requestHeaders } = request
  const redact = redactor(secretsSent(requestHeaders))
  const { pathname, search } = new URL(request.url)
  const url = `${server}: ${pathname}${search}`
  const about = { method, url, requestHeaders, started: performance.now(), redact }
  try {
    const response = await exchange(request)
    traceHttp({ ...about, answer: { status: response.status, headers: Object.entries(response.headers) } })
    return response
  } catch (error) {
    traceHttp({ ...about, error })
    throw error
  }
}

/** Returns the body of a refusal without the credentials of its request, which some servers repeat and SDKs put into errors. */
function withoutSecrets(body: Buffer, sentHeaders: HttpRequest['headers']): Buffer {
  const text = body.toString()
  const redacted = redactor(secretsSent(sentHeaders))(text)
  return redacted === text ? body : Buffer.from(redacted)
}

const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,63}$/

/** Returns the id that a server gave a request, if it can be one: a token, which a server may repeat there, is longer. */
export function requestIdIn(value: unknown): { readonly requestId?: string | undefined } {
  return typeof value === 'string' && REQUEST_ID.test(value) ? { requestId: value } : {}
}

function destroyed(server: string): SealwrightError {
  return new SealwrightError('VALIDATION', `the key store of ${server} is disposed of`)
}

function aborted(): Error {
  return Object.assign(new Error('the request was aborted'), { name: 'AbortError' })
}
