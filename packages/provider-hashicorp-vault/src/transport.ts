import { SealwrightError } from '@sealwright/core'
import { byProxy, type Dispatcher, exchange, proxyFor, retryAfterMs } from '@sealwright/core/adapter'
import { decodeJson, isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import type { Pool, ProxyAgent } from 'undici'
import type { Connection } from './settings.ts'

/** What node-vault gives to the transport that is injected in place of its own. */
interface TransportRequest {
  readonly uri: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly json?: unknown
  readonly signal: AbortSignal
}

/** What node-vault expects back. */
interface TransportReply {
  readonly statusCode: number
  readonly body: unknown
  readonly request: { readonly path: string }
}

export interface Transport {
  send(request: TransportRequest): Promise<TransportReply>
  /** Ends every request and closes every connection. */
  destroy(): Promise<void>
}

/** What is kept of a reply that reports a failure: node-vault hands on nothing but its body. */
interface FailureBody {
  readonly errors: readonly string[]
  readonly retryAfterMs: number | undefined
}

/** Connections to one server; more requests than that wait for one. */
const CONNECTIONS = 32
const LIMITS = { maxBytes: 4 * 2 ** 20, server: 'Vault' } as const

/**
 * The transport under node-vault: aborts are heard, redirects not followed, `Retry-After` kept, TLS verified whatever the
 * environment says, replies bounded and read strictly. Nothing is logged.
 */
export async function createTransport(connection: Connection): Promise<Transport> {
  const { origin } = connection
  const { dispatcher, destroy } = await connectionsTo(connection)
  return {
    send: async ({ uri, method, headers, json, signal }) => {
      const path = uri.slice(origin.length)
      const hasBody = typeof json === 'object' && json !== null
      const {
        status: statusCode,
        headers: answered,
        body: bytes,
      } = await exchange(
        dispatcher,
        {
          method,
          path,
          signal,
          headers: hasBody ? { ...headers, 'content-type': 'application/json' } : headers,
          body: hasBody ? JSON.stringify(json) : undefined,
        },
        { ...LIMITS, origin },
      )
      const body = isSuccess(statusCode) ? readReply(bytes) : readFailure(bytes, answered['retry-after'])
      return { statusCode, body, request: { path } }
    },
    destroy,
  }
}

async function connectionsTo({
  origin,
  tls,
  proxyEnv = {},
}: Connection): Promise<{ readonly dispatcher: Dispatcher; destroy(): Promise<void> }> {
  const options = { connections: CONNECTIONS, allowH2: false }
  const secure = { ...tls, rejectUnauthorized: true }
  const proxy = proxyFor(new URL(origin), proxyEnv)
  if (proxy === undefined) {
    const pool = new (await loadPool())(origin, { ...options, connect: secure })
    return { dispatcher: pool as Dispatcher, destroy: () => pool.destroy() }
  }
  const agent = await proxyAgent({ ...options, uri: proxy.url.href, requestTls: secure })
  return { dispatcher: byProxy(agent as Dispatcher, origin, proxy), destroy: () => agent.destroy() }
}

/** The part of undici that is used: all of it takes four times as long to load. */
async function loadPool(): Promise<typeof Pool> {
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

function isSuccess(statusCode: number): boolean {
  return statusCode === 200 || statusCode === 204
}

function readReply(bytes: Uint8Array): JsonValue {
  if (bytes.length === 0) return {}
  try {
    return decodeJson(bytes, { label: 'the reply', maxBytes: LIMITS.maxBytes })
  } catch (cause) {
    throw new SealwrightError('INTEGRITY', 'Vault gave a reply that cannot be read', {
      why: 'it is not whole, or not JSON',
      cause,
    })
  }
}

const PLAIN_HTTP = 'Client sent an HTTP request to an HTTPS server'

/** What a failure is told by; a page of HTML, as a proxy sends, has nothing to say. */
function readFailure(bytes: Uint8Array, retryAfter: string | undefined): FailureBody {
  let errors: readonly string[] = []
  try {
    const body = decodeJson(bytes, { label: 'the reply', maxBytes: LIMITS.maxBytes })
    if (isJsonObject(body) && Array.isArray(body.errors)) {
      errors = body.errors.filter(each => typeof each === 'string')
    }
  } catch {
    // The status says enough, but for this answer, which Go's server gives before Vault sees the request.
    if (Buffer.from(bytes).toString('latin1').startsWith(PLAIN_HTTP)) errors = [PLAIN_HTTP]
  }
  return { errors, retryAfterMs: retryAfterMs(retryAfter, Date.now()) }
}
