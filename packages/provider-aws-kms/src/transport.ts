import { SealwrightError } from '@sealwright/core'
import { httpClient, isLoopback, type ProxyEnv } from '@sealwright/core/adapter'

/** What the SDK asks of a request handler: one HTTP request, whole, signed. */
interface TransportRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
}

interface TransportResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

interface HandlerOptions {
  readonly abortSignal?: AbortSignal | { readonly aborted: boolean; onabort: unknown }
}

export interface Transport {
  readonly metadata: { readonly handlerProtocol: string }
  handle(request: TransportRequest, options?: HandlerOptions): Promise<{ response: TransportResponse }>
  /** Ends every request and closes every connection. */
  destroy(): void
  httpHandlerConfigs(): object
  updateHttpClientConfig(): void
}

export interface TransportOptions {
  readonly allowPlainHttp: boolean
  readonly proxyEnv?: ProxyEnv | undefined
}

/** The largest response of KMS is a page of 1000 aliases: less than half of this. */
const MAX_BYTES = 2 ** 20

/**
 * Creates the SDK's request handler: it keeps connections, reads whole and bounded responses, follows no redirect, and sends
 * nothing once it is destroyed. The SDK's own opens connections again after it was destroyed, warns on the console when many
 * requests wait, and sends signed requests, session tokens in them, over plain HTTP to any host that it is told.
 */
export function transport({ allowPlainHttp, proxyEnv }: TransportOptions): Transport {
  // Sources of credentials ask other origins than KMS.
  const http = httpClient({ server: 'AWS KMS', maxBytes: MAX_BYTES, proxyEnv })
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request, { abortSignal } = {}) => {
      const { protocol, method, headers, body } = request
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined
      const url = `${originOf(request)}${pathOf(request)}`
      if (protocol === 'http:' && !allowPlainHttp) assertLoopback(new URL(url))
      const { status: statusCode, ...rest } = await http.send({ method, url, headers, body, signal })
      return { response: { statusCode, ...rest } }
    },
    destroy: () => http.destroy(),
    httpHandlerConfigs: () => ({}),
    updateHttpClientConfig: () => {},
  }
}

function originOf({ protocol, hostname, port }: TransportRequest): string {
  const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname
  return `${protocol}//${host}${port === undefined ? '' : `:${port}`}`
}

function pathOf({ path, query }: TransportRequest): string {
  if (query === undefined) return path
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map(each => `${encodeURIComponent(name)}=${encodeURIComponent(each ?? '')}`),
  )
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

/** @throws {@link SealwrightError} `VALIDATION` unless the host of `url` is this machine. */
export function assertLoopback(url: URL): void {
  if (isLoopback(url)) return
  throw new SealwrightError('VALIDATION', 'the endpoint of AWS KMS is plain HTTP', {
    why: 'credentials would cross the network in the clear',
    fix: 'use https, or the option allowPlainHttp; plain HTTP to this machine is always allowed',
  })
}
