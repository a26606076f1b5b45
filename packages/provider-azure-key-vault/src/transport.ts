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
  const reach = (url: URL, request: Sent, via: NodeAgent | undefined) => {
    if (isClosed) throw new SealwrightError('VALIDATION', 'the key store of Azure Key Vault is disposed of')
    if (origin !== undefined) {
      return exchange(request, new URL(`${url.pathname}${url.search}`, origin), { agent, ...trusted })
    }
    if (via !== undefined) others.add(via)
    return exchange(request, url, { agent: via ?? agent, ...trusted })
  }
  return {
    to: host => {
      let known: string | undefined
      return {
        sendRequest: async request => {
          const url = new URL(request.url)
          if (url.origin !== `https://${host}`) throw elsewhere(host)
          // Each client of the SDK asks once without a token to be told which token is wanted. That is known by now.
          if (known !== undefined && !request.headers.has('authorization')) return challenged(request, known)
          const { method, abortSignal, body } = request
          const headers = request.headers.toJSON()
          const answer = await reach(
            url,
            { method, abortSignal, body, headers },
            request.agent as NodeAgent | undefined,
          )
          known = challengeIn(answer) ?? known
          return { request, ...answer }
        },
        get: (path, token, abortSignal) => {
          const headers = { accept: 'application/json', authorization: `Bearer ${token}` }
          return reach(new URL(path, `https://${host}`), { method: 'GET', abortSignal, headers }, undefined)
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

function exchange(
  { method, abortSignal, body, ...sent }: Sent,
  url: URL,
  options: RequestOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const aborted = () => Object.assign(new Error('the request was aborted'), { name: 'AbortError' })
    if (abortSignal?.aborted) return reject(aborted())
    const headers: Record<string, string> = { ...sent.headers, 'accept-encoding': 'identity' }
    if (typeof body === 'string') headers['content-length'] = String(Buffer.byteLength(body))
    const outgoing = httpsRequest(url, { ...options, method, headers }, incoming => {
      collect(incoming).then(
        bodyAsText => resolve({ status: incoming.statusCode ?? 0, headers: headersOf(incoming), bodyAsText }),
        reject,
      )
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

function collect(incoming: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > MAX_BODY)
        incoming.destroy(new SealwrightError('INTEGRITY', 'Azure Key Vault answered too much'))
    })
    incoming.once('end', () => resolve(Buffer.concat(chunks).toString()))
    incoming.once('error', reject)
  })
}

function headersOf({ headers }: Pick<IncomingMessage, 'headers'>): Response['headers'] {
  const entries = new Map(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')] as const),
  )
  return {
    get: name => entries.get(name.toLowerCase()),
    has: name => entries.has(name.toLowerCase()),
    set: (name, value) => void entries.set(name.toLowerCase(), String(value)),
    delete: name => void entries.delete(name.toLowerCase()),
    toJSON: () => Object.fromEntries(entries),
    [Symbol.iterator]: () => entries[Symbol.iterator](),
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
