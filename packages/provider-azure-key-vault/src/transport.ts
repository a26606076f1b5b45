import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { KeyClientOptions } from '@azure/keyvault-keys'
import { SealwrightError } from '@sealwright/core'
import { type HttpRequest, type HttpResponse, httpClient, type ProxyEnv } from '@sealwright/core/adapter'
import { originOf } from './options.ts'

/** What the Azure SDK takes for its way to the network. */
export type HttpClient = NonNullable<KeyClientOptions['httpClient']>
type Request = Parameters<HttpClient['sendRequest']>[0]
type Response = Awaited<ReturnType<HttpClient['sendRequest']>>
type Answer = Pick<Response, 'status' | 'headers'> & { readonly bodyAsText: string }

type VaultRequest = Omit<HttpRequest, 'url'> & { readonly path: string }

export interface TransportOptions {
  readonly endpoint?: string | undefined
  readonly ca?: string | readonly string[] | undefined
  readonly proxyEnv?: ProxyEnv | undefined
}

export interface Transport {
  /** Returns the way to one vault. Its clients share it: one of them learns the vault's challenge, and the others know it. */
  to(host: string): HttpClient
  /** Ends every request and closes every connection. */
  destroy(): void
}

/** A page of keys is at most 25 of them: less than a tenth of this. */
const MAX_BYTES = 2 ** 20

/**
 * The SDK's HTTP client: connections are kept and can be closed, answers are read whole and bounded, and nothing leaves
 * for another origin than the vault's, whatever a link in an answer says.
 */
export function transport({ endpoint, ca, proxyEnv }: TransportOptions): Transport {
  const fixed = endpoint === undefined ? undefined : originOf(endpoint)
  const tls = ca === undefined ? {} : { secureContext: trusting([ca].flat()) }
  const http = httpClient({ server: 'Azure Key Vault', maxBytes: MAX_BYTES, tls, proxyEnv })
  return {
    to: host => {
      const own = `https://${host}`
      const origin = fixed ?? own
      const reach = async ({ path, ...sent }: VaultRequest): Promise<Answer> => {
        const answer = answerOf(await http.send({ ...sent, url: `${origin}${path}` }))
        return fixed === undefined ? answer : linkedTo(own, fixed, answer)
      }
      let known: string | undefined
      return {
        sendRequest: async request => {
          const path = pathIn(own, request.url)
          if (path === undefined) throw elsewhere(host, request.url)
          // Each client of the SDK asks once without a token to be told which token is wanted. That is known by now.
          if (known !== undefined && !request.headers.has('authorization')) return challenged(request, known)
          const { method, abortSignal, body } = request
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
      }
    },
    destroy: () => http.destroy(),
  }
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

function answerOf({ status, headers, body }: HttpResponse): Answer {
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
