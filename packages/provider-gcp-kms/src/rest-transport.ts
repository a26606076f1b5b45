import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { SealwrightError } from '@sealwright/core'
import { type ProxyEnv, proxyFor, retryAfterMs, withoutSecrets } from '@sealwright/core/adapter'

export interface RestRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal: AbortSignal
}

/** As much of a `Response` as the SDK reads. */
interface RestResponse {
  readonly ok: boolean
  readonly status: number
  arrayBuffer(): Promise<Uint8Array>
}

export interface RestTransport {
  send(url: string, request: RestRequest): Promise<RestResponse>
  close(): void
}

const CONNECTIONS = { keepAlive: true, maxSockets: 64 } as const

/** The largest answer of Cloud KMS is a page of key versions: less than half of this. */
const MAX_BODY = 4 * 2 ** 20

/**
 * HTTP/1.1 for the REST face of Cloud KMS: connections are kept, answers read whole and bounded, redirects refused.
 *
 * @param proxyEnv - Without it no proxy is used.
 */
export function restTransport(proxyEnv: ProxyEnv | undefined): RestTransport {
  const http = new HttpAgent(CONNECTIONS)
  const https = new HttpsAgent(CONNECTIONS)
  const proxied = new Map<string, HttpsAgent>()
  const agentTo = (url: string): HttpsAgent => {
    const proxy = proxyEnv && proxyFor(new URL(url), proxyEnv)
    if (proxy === undefined) return https
    const { href } = proxy.url
    const agent = proxied.get(href) ?? new HttpsAgent({ ...CONNECTIONS, proxyEnv: { https_proxy: href } })
    proxied.set(href, agent)
    return agent
  }
  return {
    send: async (url, request) => {
      const isPlain = url.startsWith('http:')
      const { incoming, body } = await exchange(
        isPlain ? httpRequest : httpsRequest,
        isPlain ? http : agentTo(url),
        url,
        request,
      )
      const { statusCode: status = 0, headers } = incoming
      assertOwn(status, String(headers['content-type']), headers['retry-after'])
      const ok = status >= 200 && status < 300
      const shown = ok ? body : withoutSecrets(body, request.headers)
      return { ok, status, arrayBuffer: async () => shown }
    },
    close: () => {
      http.destroy()
      for (const agent of [https, ...proxied.values()]) agent.destroy()
    },
  }
}

function exchange(
  send: typeof httpRequest,
  agent: HttpAgent,
  url: string,
  { method, headers, body, signal }: RestRequest,
): Promise<{ readonly incoming: IncomingMessage; readonly body: Uint8Array }> {
  return new Promise((resolve, reject) => {
    const aborted = () => Object.assign(new Error('Request aborted'), { name: 'AbortError' })
    if (signal.aborted) return reject(aborted())
    const options = { agent, method, headers }
    const outgoing = send(url, options, incoming => {
      collect(incoming).then(bytes => resolve({ incoming, body: bytes }), reject)
    })
    const abort = () => {
      reject(aborted())
      outgoing.destroy()
    }
    signal.addEventListener('abort', abort, { once: true })
    outgoing.once('close', () => signal.removeEventListener('abort', abort))
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

function collect(incoming: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > MAX_BODY) incoming.destroy(new SealwrightError('INTEGRITY', 'Cloud KMS answered too much'))
    })
    incoming.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    incoming.once('error', reject)
  })
}

/** Cloud KMS answers in JSON; what does not is a proxy, of whose answers the SDK makes what it can: a 404 "no such key". */
function assertOwn(status: number, contentType: string, retryAfter: string | undefined): void {
  const isJson = /^application\/json\b/.test(contentType)
  if (status >= 200 && (status < 300 || isJson) && (status < 300 || status >= 400)) return
  const what =
    status < 400 ? 'a redirect, which is not followed' : `status ${status} that is not of Cloud KMS`
  const waitMs = retryAfterMs(retryAfter, Date.now())
  throw new SealwrightError(
    status === 429 ? 'THROTTLED' : 'UNAVAILABLE',
    'something before Cloud KMS answered',
    {
      why: `the server, or a proxy before it, gave ${what}`,
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    },
  )
}
