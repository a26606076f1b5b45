import type { Agent } from 'node:http'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { KeyClientOptions } from '@azure/keyvault-keys'
import { SealwrightError } from '@sealwright/core'
import { type Dispatcher, exchange, type HttpAnswer, type HttpRequest } from '@sealwright/core/http'
import type { Pool } from 'undici'
import { originOf } from './options.ts'
import { proxied } from './proxied.ts'

/** What the Azure SDK takes for its way to the network. */
export type HttpClient = NonNullable<KeyClientOptions['httpClient']>
type Request = Parameters<HttpClient['sendRequest']>[0]
type Response = Awaited<ReturnType<HttpClient['sendRequest']>>
type Answer = Pick<Response, 'status' | 'headers'> & { readonly bodyAsText: string }

export interface TransportOptions {
  readonly endpoint?: string
  readonly ca?: string | readonly string[]
}

/** The way to one vault. Its clients share it: one of them learns the vault's challenge, and the others know it. */
export interface Way extends HttpClient {
  /**
   * As the SDK's last request was sent: with its token, and by the proxy that the SDK chose for it, if any.
   *
   * @param path - With the query.
   */
  get(path: string, signal: AbortSignal): Promise<Answer>
}

export interface Transport {
  to(host: string): Promise<Way>
  /** Ends every request and closes every connection. */
  destroy(): Promise<void>
}

/** Of one vault. The deadline is the call's. */
const CONNECTIONS = {
  connections: 64,
  allowH2: false,
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: 60_000,
} as const

/** A page of keys is at most 25 of them: less than a tenth of this. */
const LIMITS = { maxBytes: 2 ** 20, server: 'Azure Key Vault' } as const

/**
 * The SDK's HTTP client: connections are kept and can be closed, answers are read whole and bounded, and nothing leaves
 * for another origin than the vault's, whatever a link in an answer says.
 */
export function transport({ endpoint, ca }: TransportOptions): Transport {
  const fixed = endpoint === undefined ? undefined : originOf(endpoint)
  const trusted = ca === undefined ? {} : { secureContext: trusting([ca].flat()) }
  const pools = new Map<string, Pool>()
  /** Those of a proxy, which the SDK makes as the environment says. */
  const agents = new Set<Agent>()
  let isClosed = false

  const connectionsTo = async (origin: string): Promise<Pool> => {
    const Connections = await loadPool()
    let pool = pools.get(origin)
    if (pool === undefined) {
      pool = new Connections(origin, { ...CONNECTIONS, connect: { ...trusted } })
      pools.set(origin, pool)
    }
    return pool
  }
  return {
    to: async host => {
      const own = `https://${host}`
      const origin = fixed ?? own
      const pool = await connectionsTo(origin)
      const reach = async (sent: HttpRequest, via: Agent | undefined): Promise<Answer> => {
        if (isClosed)
          throw new SealwrightError('VALIDATION', 'the key store of Azure Key Vault is disposed of')
        // The SDK chose the proxy by the vault's host.
        if (via === undefined || endpoint !== undefined) {
          return answerOf(await exchange(pool as Dispatcher, sent, LIMITS))
        }
        agents.add(via)
        return answerOf(await proxied({ agent: via, origin, ...trusted }, sent, LIMITS))
      }
      let known: string | undefined
      let last: { readonly authorization: string; readonly via: Agent | undefined } | undefined
      return {
        sendRequest: async request => {
          const path = pathIn(own, request.url)
          if (path === undefined) throw elsewhere(host)
          // Each client of the SDK asks once without a token to be told which token is wanted. That is known by now.
          if (known !== undefined && !request.headers.has('authorization')) return challenged(request, known)
          const { method, abortSignal, body } = request
          const via = request.agent as Agent | undefined
          const authorization = request.headers.get('authorization')
          if (authorization !== undefined) last = { authorization, via }
          const answer = await reach(
            {
              method,
              path,
              headers: { ...request.headers.toJSON(), 'accept-encoding': 'identity' },
              body: typeof body === 'string' ? body : undefined,
              signal: abortSignal instanceof AbortSignal ? abortSignal : undefined,
            },
            via,
          )
          known = challengeIn(answer) ?? known
          return { request, ...answer }
        },
        get: async (path, signal) => {
          if (last === undefined)
            throw new SealwrightError('INTERNAL', `${host} was not asked for anything yet`)
          const { authorization, via } = last
          const headers = { accept: 'application/json', 'accept-encoding': 'identity', authorization }
          return reach({ method: 'GET', path, signal, headers }, via)
        },
      }
    },
    destroy: async () => {
      isClosed = true
      for (const each of agents) each.destroy()
      await Promise.all([...pools.values()].map(pool => pool.destroy()))
    },
  }
}

/** The part of undici that is used: all of it takes four times as long to load. */
async function loadPool(): Promise<typeof Pool> {
  // @ts-expect-error: undici has types for itself as a whole only.
  const { default: pool } = await import('undici/lib/dispatcher/pool.js')
  return pool
}

/** Made once: Node's own certificates are many. */
function trusting(more: readonly string[]): SecureContext {
  return createSecureContext({ ca: [...getCACertificates('default'), ...more] })
}

/** Path and query of a URL below `origin`; `undefined` for any other. */
function pathIn(origin: string, url: string): string | undefined {
  if (url.startsWith(`${origin}/`)) return url.slice(origin.length)
  // Links between pages name the port.
  const { origin: of, pathname, search } = new URL(url)
  return of === origin ? `${pathname}${search}` : undefined
}

function answerOf({ status, headers, body }: HttpAnswer): Answer {
  return {
    status,
    headers: headersOf(headers),
    bodyAsText: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(),
  }
}

function headersOf(plain: Record<string, string>): Response['headers'] {
  return {
    get: name => plain[name.toLowerCase()],
    has: name => Object.hasOwn(plain, name.toLowerCase()),
    set: (name, value) => {
      plain[name.toLowerCase()] = String(value)
    },
    delete: name => {
      delete plain[name.toLowerCase()]
    },
    toJSON: () => plain,
    [Symbol.iterator]: () => Object.entries(plain)[Symbol.iterator](),
  }
}

function challenged(request: Request, challenge: string): Response {
  return {
    request,
    status: 401,
    headers: headersOf({ 'www-authenticate': challenge }),
    bodyAsText: '',
  }
}

/** What is wanted of tokens in general; a challenge with claims is about the one that was sent. */
function challengeIn({ status, headers }: Answer): string | undefined {
  const challenge = status === 401 ? headers.get('www-authenticate') : undefined
  return challenge !== undefined && /\b(?:resource|scope)=/.test(challenge) && !/\bclaims=/.test(challenge)
    ? challenge
    : undefined
}

function elsewhere(host: string): SealwrightError {
  return new SealwrightError('INTEGRITY', `a link of ${host} leads to another host`, {
    why: 'tokens are sent to the vault they are for and nowhere else',
  })
}
