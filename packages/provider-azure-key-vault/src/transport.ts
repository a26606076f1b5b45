import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { KeyClientOptions } from '@azure/keyvault-keys'
import { SealwrightError } from '@sealwright/core'
import {
  byProxy,
  type Dispatcher,
  exchange,
  type HttpAnswer,
  type HttpRequest,
  type ProxyEnv,
  proxyFor,
} from '@sealwright/core/adapter'
import type { Pool, ProxyAgent } from 'undici'
import { originOf } from './options.ts'

/** What the Azure SDK takes for its way to the network. */
export type HttpClient = NonNullable<KeyClientOptions['httpClient']>
type Request = Parameters<HttpClient['sendRequest']>[0]
type Response = Awaited<ReturnType<HttpClient['sendRequest']>>
type Answer = Pick<Response, 'status' | 'headers'> & { readonly bodyAsText: string }

export interface TransportOptions {
  readonly endpoint?: string
  readonly ca?: string | readonly string[]
  readonly proxyEnv?: ProxyEnv
}

interface Connections {
  readonly dispatcher: Dispatcher
  destroy(): Promise<void>
}

/** The way to one vault. Its clients share it: one of them learns the vault's challenge, and the others know it. */
export interface Way extends HttpClient {
  /**
   * As the SDK's last request was sent: with its token.
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
export function transport({ endpoint, ca, proxyEnv = {} }: TransportOptions): Transport {
  const fixed = endpoint === undefined ? undefined : originOf(endpoint)
  const trusted = ca === undefined ? {} : { secureContext: trusting([ca].flat()) }
  const open = new Map<string, Promise<Connections>>()
  let isClosed = false

  const connect = async (origin: string): Promise<Connections> => {
    const proxy = proxyFor(new URL(origin), proxyEnv)
    if (proxy === undefined) {
      const pool = new (await loadPool())(origin, { ...CONNECTIONS, connect: { ...trusted } })
      return { dispatcher: pool as Dispatcher, destroy: () => pool.destroy() }
    }
    const agent = await proxyAgent({ ...CONNECTIONS, uri: proxy.url.href, requestTls: { ...trusted } })
    return { dispatcher: byProxy(agent as Dispatcher, origin, proxy), destroy: () => agent.destroy() }
  }
  const connectionsTo = (origin: string): Promise<Connections> => {
    let found = open.get(origin)
    if (found === undefined) {
      found = connect(origin)
      open.set(origin, found)
      found.catch(() => open.delete(origin))
    }
    return found
  }
  return {
    to: async host => {
      const own = `https://${host}`
      const origin = fixed ?? own
      const { dispatcher } = await connectionsTo(origin)
      const reach = async (sent: HttpRequest): Promise<Answer> => {
        if (isClosed)
          throw new SealwrightError('VALIDATION', 'the key store of Azure Key Vault is disposed of')
        const answer = answerOf(await exchange(dispatcher, sent, { ...LIMITS, origin }))
        return fixed === undefined ? answer : linkedTo(own, fixed, answer)
      }
      let known: string | undefined
      let last: string | undefined
      return {
        sendRequest: async request => {
          const path = pathIn(own, request.url)
          if (path === undefined) throw elsewhere(host, request.url)
          // Each client of the SDK asks once without a token to be told which token is wanted. That is known by now.
          if (known !== undefined && !request.headers.has('authorization')) return challenged(request, known)
          const { method, abortSignal, body } = request
          const authorization = request.headers.get('authorization')
          if (authorization !== undefined) last = authorization
          const answer = await reach({
            method,
            path,
            headers: { ...request.headers.toJSON(), 'accept-encoding': 'identity' },
            body: typeof body === 'string' ? body : undefined,
            signal: abortSignal instanceof AbortSignal ? abortSignal : undefined,
          })
          known = challengeIn(answer) ?? known
          return { request, ...answer }
        },
        get: async (path, signal) => {
          if (last === undefined)
            throw new SealwrightError('INTERNAL', `${host} was not asked for anything yet`)
          const headers = { accept: 'application/json', 'accept-encoding': 'identity', authorization: last }
          return reach({ method: 'GET', path, signal, headers })
        },
      }
    },
    destroy: async () => {
      isClosed = true
      const all = await Promise.allSettled(open.values())
      await Promise.all(all.map(each => (each.status === 'fulfilled' ? each.value.destroy() : undefined)))
    },
  }
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

/** An endpoint links the pages of a list by its own origin, which the SDK would take for another vault. */
function linkedTo(own: string, endpoint: string, answer: Answer): Answer {
  if (!answer.bodyAsText.includes('"nextLink"')) return answer
  let body: { nextLink?: unknown }
  try {
    body = JSON.parse(answer.bodyAsText) as typeof body
  } catch {
    // The SDK says so.
    return answer
  }
  const { nextLink } = body
  if (typeof nextLink !== 'string' || !URL.canParse(nextLink)) return answer
  const { origin, pathname, search } = new URL(nextLink)
  if (origin !== endpoint) return answer
  return { ...answer, bodyAsText: JSON.stringify({ ...body, nextLink: `${own}${pathname}${search}` }) }
}

function elsewhere(host: string, url: string): SealwrightError {
  const other = URL.canParse(url) ? new URL(url).host : 'no host'
  return new SealwrightError('INTEGRITY', `a link of ${host} leads to another host`, {
    why: `it leads to ${other}; tokens are sent to the vault they are for and nowhere else`,
    fix: 'check that the host is the vault, and that no proxy answers for it',
  })
}
