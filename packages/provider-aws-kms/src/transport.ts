import { SealwrightError } from '@sealwright/core'
import { type Dispatcher, exchange } from '@sealwright/core/http'
import type { Pool } from 'undici'

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
  /** Ends every request and closes every connection. */
  destroy(): Promise<void>
  httpHandlerConfigs(): object
  updateHttpClientConfig(): void
}

/** Of one origin. The deadline is the call's. */
const CONNECTIONS = {
  connections: 64,
  allowH2: false,
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: 60_000,
} as const

/** The largest answer of KMS is a page of 1000 aliases: less than half of this. */
const LIMITS = { maxBytes: 2 ** 20, server: 'AWS KMS' } as const

export interface TransportOptions {
  readonly allowPlainHttp: boolean
  readonly pool: typeof Pool
}

/** The part of undici that is used: all of it takes four times as long to load. */
export async function loadPool(): Promise<typeof Pool> {
  // @ts-expect-error: undici has types for itself as a whole only.
  const { default: pool } = await import('undici/lib/dispatcher/pool.js')
  return pool
}

/**
 * The SDK's request handler: connections are kept, answers read whole and bounded, redirects not followed, and nothing is
 * sent once it is destroyed. The SDK's own opens connections again after it was destroyed, warns on the console when many
 * requests wait, and sends signed requests, session tokens in them, over plain HTTP to any host that it is told. It also
 * takes more of the processor than the rest of the SDK.
 */
export function transport({ allowPlainHttp, pool: Connections }: TransportOptions): Transport {
  /** By origin: sources of credentials ask others than KMS. */
  const pools = new Map<string, Pool>()
  let isClosed = false
  const to = (origin: string): Dispatcher => {
    let pool = pools.get(origin)
    if (pool === undefined) {
      pool = new Connections(origin, CONNECTIONS)
      pools.set(origin, pool)
    }
    return pool as Dispatcher
  }
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request, { abortSignal } = {}) => {
      // The SDK may have been busy with the request, or with credentials for it, when the connections were closed.
      if (isClosed) throw new SealwrightError('VALIDATION', 'the key store of AWS KMS is disposed of')
      const { protocol, hostname, method, headers, body } = request
      if (protocol === 'http:' && !allowPlainHttp) assertLoopback(hostname)
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined
      const sent = { method, headers, body, path: pathOf(request), signal }
      const { status: statusCode, ...answer } = await exchange(to(originOf(request)), sent, LIMITS)
      return { response: { statusCode, ...answer } }
    },
    destroy: async () => {
      isClosed = true
      await Promise.all([...pools.values()].map(pool => pool.destroy()))
    },
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

/** @throws {@link SealwrightError} `VALIDATION` unless `hostname` is this machine. */
export function assertLoopback(hostname: string): void {
  if (/^(?:localhost|(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/.test(hostname)) return
  throw new SealwrightError('VALIDATION', 'the endpoint of AWS KMS is plain HTTP', {
    why: 'credentials would cross the network in the clear',
    fix: 'use https, or the option allowPlainHttp; plain HTTP to this machine is always allowed',
  })
}
