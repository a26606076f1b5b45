import { SealwrightError } from '@sealwright/core'
import { byProxy, type Dispatcher, exchange, type ProxyEnv, proxyFor } from '@sealwright/core/adapter'
import type { Pool, ProxyAgent } from 'undici'

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
  readonly proxyEnv?: ProxyEnv | undefined
}

interface Connections {
  readonly dispatcher: Dispatcher
  destroy(): Promise<void>
}

/** The part of undici that is used: all of it takes four times as long to load. */
export async function loadPool(): Promise<typeof Pool> {
  // @ts-expect-error: undici has types for itself as a whole only.
  const { default: pool } = await import('undici/lib/dispatcher/pool.js')
  return pool
}

/** As above; whole undici would also put its own dispatcher under the `fetch` of the process. */
async function proxyAgent(options: ProxyAgent.Options): Promise<ProxyAgent> {
  const [Connections, { default: Agent }, { default: connect }] = await Promise.all([
    loadPool(),
    // @ts-expect-error: undici has types for itself as a whole only.
    import('undici/lib/dispatcher/proxy-agent.js'),
    // @ts-expect-error: as above.
    import('undici/lib/api/api-connect.js'),
  ])
  // Its classes get their methods where undici is loaded as a whole.
  const clientFactory = (origin: URL, settings: object) =>
    Object.assign(new Connections(origin, settings), { connect })
  return new Agent({ ...options, clientFactory })
}

/**
 * The SDK's request handler: connections are kept, answers read whole and bounded, redirects not followed, and nothing is
 * sent once it is destroyed. The SDK's own opens connections again after it was destroyed, warns on the console when many
 * requests wait, and sends signed requests, session tokens in them, over plain HTTP to any host that it is told. It also
 * takes more of the processor than the rest of the SDK.
 */
export function transport({ allowPlainHttp, pool: PoolClass, proxyEnv = {} }: TransportOptions): Transport {
  /** By origin: sources of credentials ask others than KMS. */
  const open = new Map<string, Connections>()
  let isClosed = false
  const connect = async (origin: string): Promise<Connections> => {
    const proxy = proxyFor(new URL(origin), proxyEnv)
    if (proxy === undefined) {
      const pool = new PoolClass(origin, CONNECTIONS)
      return { dispatcher: pool as Dispatcher, destroy: () => pool.destroy() }
    }
    const agent = await proxyAgent({ ...CONNECTIONS, uri: proxy.url.href })
    return { dispatcher: byProxy(agent as Dispatcher, origin, proxy), destroy: () => agent.destroy() }
  }
  const to = async (origin: string): Promise<Dispatcher> => {
    const known = open.get(origin)
    if (known !== undefined) return known.dispatcher
    const made = await connect(origin)
    const other = open.get(origin)
    if (other === undefined && !isClosed) open.set(origin, made)
    else await made.destroy()
    assertOpen()
    return (other ?? made).dispatcher
  }
  const assertOpen = () => {
    if (isClosed) throw new SealwrightError('VALIDATION', 'the key store of AWS KMS is disposed of')
  }
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request, { abortSignal } = {}) => {
      // The SDK may have been busy with the request, or with credentials for it, when the connections were closed.
      assertOpen()
      const { protocol, hostname, method, headers, body } = request
      if (protocol === 'http:' && !allowPlainHttp) assertLoopback(hostname)
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined
      const sent = { method, headers, body, path: pathOf(request), signal }
      const origin = originOf(request)
      const { status: statusCode, ...answer } = await exchange(await to(origin), sent, { ...LIMITS, origin })
      return { response: { statusCode, ...answer } }
    },
    destroy: async () => {
      isClosed = true
      await Promise.all([...open.values()].map(each => each.destroy()))
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
