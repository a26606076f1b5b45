import type { IncomingMessage, Agent as NodeAgent } from 'node:http'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { KeyClientOptions } from '@azure/keyvault-keys'
import { SealwrightError } from '@sealwright/core'
import { originOf } from './options.ts'

/** What the Azure SDK takes for its way to the network. */
export type HttpClient = NonNullable<KeyClientOptions['httpClient']>
type Request = Parameters<HttpClient['sendRequest']>[0]
interface Sent extends Pick<Request, 'method'> {
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly abortSignal?: Request['abortSignal']
  readonly body?: Request['body']
}
type Answer = Pick<Response, 'status' | 'headers'> & { readonly bodyAsText: string }
type Response = Awaited<ReturnType<HttpClient['sendRequest']>>

export interface TransportOptions {
  readonly endpoint?: string
  readonly ca?: string | readonly string[]
}

/** The way to one vault. Its clients share it: one of them learns the vault's challenge, and the others know it. */
export interface Way extends HttpClient {
  /** @param path - With the query. */
  get(path: string, token: string, signal: AbortSignal): Promise<Answer>
}

export interface Transport {
  to(host: string): Way
  destroy(): void
}

const CONNECTIONS = { keepAlive: true, maxSockets: 64 } as const

/** A page of keys is at most 25 of them: less than a tenth of this. */
const MAX_BODY = 2 ** 20

/**
 * The SDK's HTTP client: connections are kept and can be closed, answers are read whole and bounded, and nothing leaves
 * for another origin than the vault's, whatever a link in an answer says.
 */
export function transport({ endpoint, ca }: TransportOptions): Transport {
  const origin = endpoint === undefined ? undefined : originOf(endpoint)
  const agent = new Agent(CONNECTIONS)
  // To a proxy's agent it is known only by the request.
  const trusted = ca === undefined ? {} : { secureContext: trusting([ca].flat()) }
  /** Those of a proxy, which the SDK makes as the environment says. */
  const others = new Set<{ destroy(): void }>()
  let isClosed = false
  const reach = (place: Place, sent: Sent, via: NodeAgent | undefined) => {
    if (isClosed) throw new SealwrightError('VALIDATION', 'the key store of Azure Key Vault is disposed of')
    // The SDK chose the proxy by the vault's host.
    if (via === undefined || endpoint !== undefined) return exchange(sent, { ...place, agent, ...trusted })
    others.add(via)
    return exchange(sent, { ...place, agent: via, ...trusted })
  }
  return {
    to: host => {
      const own = `https://${host}`
      const place = placeOf(origin ?? own)
      let known: string | undefined
      return {
        sendRequest: async request => {
          const path = pathIn(own, request.url)
          if (path === undefined) throw elsewhere(host)
          // Each client of the SDK asks once without a token to be told which token is wanted. That is known by now.
          if (known !== undefined && !request.headers.has('authorization')) return challenged(request, known)
          const { method, abortSignal, body, agent: via } = request
          const headers = request.headers.toJSON()
          const answer = await reach(
            place,
            { method, path, abortSignal, body, headers },
            via as NodeAgent | undefined,
          )
          known = challengeIn(answer) ?? known
          return { request, ...answer }
        },
        get: (path, token, abortSignal) => {
          const headers = { accept: 'application/json', authorization: `Bearer ${token}` }
          return reach(place, { method: 'GET', path, abortSignal, headers }, undefined)
        },
      }
    },
    destroy: () => {
      isClosed = true
      agent.destroy()
      for (const each of others) each.destroy()
    },
  }
}

/** Made once: Node's own certificates are many. */
function trusting(more: readonly string[]): SecureContext {
  return createSecureContext({ ca: [...getCACertificates('default'), ...more] })
}

type Place = Pick<RequestOptions, 'host' | 'port'>

function placeOf(origin: string): Place {
  const { hostname, port } = new URL(origin)
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? 443 : Number(port) }
}

/** Path and query of a URL below `origin`; `undefined` for any other. */
function pathIn(origin: string, url: string): string | undefined {
  if (url.startsWith(`${origin}/`)) return url.slice(origin.length)
  // Links between pages name the port.
  const { origin: of, pathname, search } = new URL(url)
  return of === origin ? `${pathname}${search}` : undefined
}

function exchange({ abortSignal, body, ...sent }: Sent, options: RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const aborted = () => Object.assign(new Error('the request was aborted'), { name: 'AbortError' })
    if (abortSignal?.aborted) return reject(aborted())
    const headers: Record<string, string> = { ...sent.headers, 'accept-encoding': 'identity' }
    if (typeof body === 'string') headers['content-length'] = String(Buffer.byteLength(body))
    const outgoing = httpsRequest({ ...options, ...sent, headers }, incoming => {
      collect(incoming, resolve, reject)
    })
    const abort = () => {
      reject(aborted())
      outgoing.destroy()
    }
    abortSignal?.addEventListener('abort', abort)
    outgoing.once('close', () => abortSignal?.removeEventListener('abort', abort))
    outgoing.once('error', reject)
    outgoing.end(typeof body === 'string' ? body : undefined)
  })
}

function collect(
  incoming: IncomingMessage,
  resolve: (answer: Answer) => void,
  reject: (error: Error) => void,
): void {
  const { statusCode: status = 0 } = incoming
  const chunks: Buffer[] = []
  let size = 0
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length
    chunks.push(chunk)
    if (size > MAX_BODY) {
      incoming.destroy(new SealwrightError('INTEGRITY', 'Azure Key Vault answered too much'))
    }
  })
  incoming.once('end', () => {
    const bodyAsText = (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString()
    resolve({ status, headers: headersOf(incoming), bodyAsText })
  })
  incoming.once('error', reject)
}

function headersOf({ headers }: Pick<IncomingMessage, 'headers'>): Response['headers'] {
  const plain: Record<string, string> = {}
  for (const name in headers) plain[name] = String(headers[name])
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
    headers: headersOf({ headers: { 'www-authenticate': challenge } }),
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
