import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import tls from 'node:tls'
import { isLoopback } from './origin.ts'
import type { Fetch } from './transport.ts'

/** How one host is spoken to in TLS. All are PEM. */
export interface TlsSettings {
  /** Authorities that are believed beside the usual ones. */
  readonly ca?: string
  /** What is shown to a host that wants to see a certificate, the leaf first. */
  readonly cert?: string
  readonly key?: string
}

export interface HttpFetchOptions {
  /** Asked for each host, as a URL spells it with its port if that is not 443; nothing for the usual. */
  readonly tls?: (host: string) => TlsSettings | undefined
  /** The variables `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in capitals or not. Without it no proxy is used. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>
}

/**
 * A `fetch` that can do what the global one cannot without changing the whole process: believe a private authority for
 * one host, show a certificate to one host, go through a proxy. As much of `fetch` as a registry needs: `method`,
 * `headers` (an object), `body` (bytes or a stream), `signal`; no redirect is followed, nothing is decoded.
 */
export function httpFetch(options: HttpFetchOptions = {}): Fetch {
  const agents = new Agents(options)
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const { signal } = init
    signal?.throwIfAborted()
    const { request } = url.protocol === 'https:' ? https : http
    const sent = request(url, {
      agent: agents.of(url),
      method: init.method ?? 'GET',
      headers: init.headers as Record<string, string>,
    })
    const stop = () => sent.destroy(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    sent.once('close', () => signal?.removeEventListener('abort', stop))
    try {
      return responseOf(await exchange(sent, init.body), sent, signal ?? undefined)
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  }
}

const DRAINED_BYTES = 64 * 1024

/** Sends the body while it waits for the answer, which may come before all of it is sent. */
function exchange(sent: ClientRequest, body: RequestInit['body']): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', answer => {
      // Its errors from here on are those of the answer.
      sent.on('error', () => {})
      resolve(answer)
    })
    if (body === undefined || body === null) sent.end()
    else if (body instanceof Uint8Array) sent.end(body)
    else pipeline(Readable.from(body as unknown as AsyncIterable<Uint8Array>), sent).catch(reject)
  })
}

function responseOf(answer: IncomingMessage, sent: ClientRequest, signal: AbortSignal | undefined): Response {
  const status = answer.statusCode ?? 0
  const headers = new Headers()
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    headers.append(answer.rawHeaders[at]!, answer.rawHeaders[at + 1]!)
  }
  const length = Number(answer.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  const empty = sent.method === 'HEAD' || [204, 205, 304].includes(status) || length === 0
  if (empty) answer.resume()
  // What nobody reads would hold its connection for ever; a little of it is read for the connection's sake.
  const drop = () => void (length <= DRAINED_BYTES ? answer.resume() : answer.destroy())
  const body = empty ? null : streamOf(bodyOf(answer, sent, signal), drop)
  return new Response(body, { status, headers })
}

/** @param drop - Called instead of the end of a generator that was never begun: its `finally` would not run. */
function streamOf(chunks: AsyncGenerator<Uint8Array>, drop: () => void): ReadableStream<Uint8Array> {
  let begun = false
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        begun = true
        const { value, done } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        if (begun) await chunks.return(undefined)
        else drop()
      },
    },
    { highWaterMark: 0 },
  )
}

async function* bodyOf(
  answer: IncomingMessage,
  sent: ClientRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of answer) yield chunk as Uint8Array
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    // A server that has answered need not read the rest of what it was sent.
    if (!sent.writableFinished) sent.destroy()
  }
}

/** Connections are kept, and never shared by hosts. */
class Agents {
  readonly #options: HttpFetchOptions
  readonly #agents = new Map<string, http.Agent>()

  constructor(options: HttpFetchOptions) {
    this.#options = options
  }

  of(url: URL): http.Agent {
    const { origin, protocol } = url
    const known = this.#agents.get(origin)
    if (known) return known
    const { tls: tlsOf, proxyEnv } = this.#options
    // As curl and all programs in Go do: what is on this machine is not looked for elsewhere.
    const proxied = proxyEnv !== undefined && !isLoopback(url)
    const common = { keepAlive: true, ...(proxied ? { proxyEnv } : {}) } as http.AgentOptions
    const agent =
      protocol === 'https:'
        ? new https.Agent({ ...common, ...tlsOptions(tlsOf?.(url.host)) })
        : new http.Agent(common)
    this.#agents.set(origin, agent)
    return agent
  }
}

function tlsOptions({ ca, cert, key }: TlsSettings = {}): https.AgentOptions {
  return {
    ...(ca === undefined ? {} : { ca: [...tls.getCACertificates('default'), ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}
