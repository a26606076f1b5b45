import type { Agent, IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { SecureContext } from 'node:tls'
import { SealwrightError } from '@sealwright/core'
import type { ExchangeLimits, HttpAnswer, HttpRequest } from '@sealwright/core/http'

export interface Proxy {
  /** Of the SDK, made as the environment says. */
  readonly agent: Agent
  /** Of the vault. */
  readonly origin: string
  readonly secureContext?: SecureContext
}

/** As `exchange` of core does, through a proxy: the SDK knows how to reach it, and gives an agent of Node for it. */
export function proxied(
  { agent, origin, secureContext }: Proxy,
  { method, path, headers, body, signal }: HttpRequest,
  limits: ExchangeLimits,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const aborted = () => Object.assign(new Error('the request was aborted'), { name: 'AbortError' })
    if (signal?.aborted) return reject(aborted())
    const { hostname, port } = new URL(origin)
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const outgoing = httpsRequest({
      agent,
      host,
      port: port === '' ? 443 : Number(port),
      method,
      path,
      headers: { ...headers, ...length },
      // To this agent it is known only by the request.
      ...(secureContext === undefined ? {} : { secureContext }),
    })
    const abort = () => {
      reject(aborted())
      outgoing.destroy()
    }
    signal?.addEventListener('abort', abort)
    outgoing.once('close', () => signal?.removeEventListener('abort', abort))
    outgoing.once('error', reject)
    outgoing.once('response', incoming => collect(incoming, limits).then(resolve, reject))
    outgoing.end(body)
  })
}

async function collect(incoming: IncomingMessage, { maxBytes, server }: ExchangeLimits): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    size += chunk.length
    // Leaving the loop destroys the connection.
    if (size > maxBytes) throw new SealwrightError('INTEGRITY', `${server} answered too much`)
    chunks.push(chunk)
  }
  const headers: Record<string, string> = {}
  for (const name in incoming.headers) headers[name] = String(incoming.headers[name])
  return { status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks, size) }
}
