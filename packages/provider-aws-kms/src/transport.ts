import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { SealwrightError } from '@sealwright/core'

/** What the SDK asks of a request handler: one HTTP request, whole, signed. */
interface TransportRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
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
  destroy(): void
  httpHandlerConfigs(): object
  updateHttpClientConfig(): void
}

const CONNECTIONS = { keepAlive: true, maxSockets: 64 } as const

/** The largest answer of KMS is a page of 1000 aliases: less than half of this. */
const MAX_BODY = 2 ** 20

/**
 * The SDK's request handler: connections are kept, answers read whole and bounded, redirects not followed, and nothing is
 * sent once it is destroyed. The SDK's own opens connections again after it was destroyed, warns on the console when many
 * requests wait, and sends signed requests, session tokens in them, over plain HTTP to any host that it is told.
 */
export function transport({ allowPlainHttp }: { readonly allowPlainHttp: boolean }): Transport {
  const http = new HttpAgent(CONNECTIONS)
  const https = new HttpsAgent(CONNECTIONS)
  let isClosed = false
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request, { abortSignal } = {}) => {
      // The SDK may have been busy with the request, or with credentials for it, when the agents were closed: they would
      // open connections again.
      if (isClosed) throw new SealwrightError('VALIDATION', 'the key store of AWS KMS is disposed of')
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined
      const isPlain = request.protocol === 'http:'
      if (isPlain && !allowPlainHttp) assertLoopback(request.hostname)
      const send = isPlain ? httpRequest : httpsRequest
      return { response: await exchange(send, isPlain ? http : https, request, signal) }
    },
    destroy: () => {
      isClosed = true
      http.destroy()
      https.destroy()
    },
    httpHandlerConfigs: () => ({}),
    updateHttpClientConfig: () => {},
  }
}

function exchange(
  send: typeof httpRequest,
  agent: HttpAgent,
  request: TransportRequest,
  signal: AbortSignal | undefined,
): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const aborted = () => Object.assign(new Error('Request aborted'), { name: 'AbortError' })
    if (signal?.aborted) return reject(aborted())
    const { hostname, port, method, headers } = request
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const outgoing = send({ agent, host, port, method, headers, path: pathOf(request) }, incoming => {
      collect(incoming).then(
        body => resolve({ statusCode: incoming.statusCode ?? 0, headers: flat(incoming), body }),
        reject,
      )
    })
    const abort = () => {
      reject(aborted())
      outgoing.destroy()
    }
    signal?.addEventListener('abort', abort, { once: true })
    outgoing.once('close', () => signal?.removeEventListener('abort', abort))
    outgoing.once('error', reject)
    outgoing.end(request.body)
  })
}

function collect(incoming: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > MAX_BODY) incoming.destroy(new SealwrightError('INTEGRITY', 'AWS KMS answered too much'))
    })
    incoming.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    incoming.once('error', reject)
  })
}

function flat({ headers }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
  return Object.fromEntries(entries)
}

function pathOf({ path, query = {} }: TransportRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map(each => `${encodeURIComponent(name)}=${encodeURIComponent(each ?? '')}`),
  )
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

/** @throws {@link SealwrightError} `VALIDATION` unless `hostname` is this machine. */
export function assertLoopback(hostname: string): void {
  if (/^(?:localhost|(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/.test(hostname)) return
  throw new SealwrightError('VALIDATION', 'the endpoint of AWS KMS is plain HTTP', {
    why: 'credentials would cross the network in the clear',
    fix: 'use https, or the option allowPlainHttp; plain HTTP to this machine is always allowed',
  })
}
