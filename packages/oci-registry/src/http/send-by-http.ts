import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { pipeline } from 'node:stream'
import tls from 'node:tls'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { SealwrightError } from '@sealwright/core'
import { type HttpProxy, isLoopback, proxyFailure, proxyFor, rootCause } from '@sealwright/core/adapter'
import { readInPlace } from './read-in-place.ts'
import type { RawRequest, RawResponse, ResponseBody, SendRequest } from './send-request.ts'

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
  /**
   * Resolves the names of hosts, so that a caller may refuse some addresses. Not asked where a proxy is used, which resolves
   * the name itself, nor for a host that is an IP address. Default: the system's.
   */
  readonly lookup?: LookupFunction | undefined
}

/** By Node's own client, for half the work of `fetch`. As `fetch` does, it decodes what was compressed on the way. */
export function sendByHttp(options: HttpFetchOptions = {}): SendRequest {
  const agents = new Agents(options)
  return async ({ method, url, headers, body, release, signal }) => {
    signal.throwIfAborted()
    const { request } = url.protocol === 'https:' ? https : http
    const { agent, proxy } = agents.of(url)
    const sent = request(url, { agent, method, headers })
    const stop = () => sent.destroy(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    sent.once('close', () => signal.removeEventListener('abort', stop))
    try {
      return answerOf(await roundTrip(sent, body, release), sent, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw (proxy && proxyFailure(rootCause(error), url, proxy)) ?? error
    }
  }
}

const DRAINED_BYTES = 64 * 1024

/** Sends the body while it waits for the answer, which may come before all of it is sent. */
function roundTrip(
  sent: ClientRequest,
  body: RawRequest['body'],
  release: RawRequest['release'],
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('error', reject)
    // Node ends so, without a word, what is answered by an upgrade that nobody asked for.
    sent.once('close', () => reject(new Error('the connection ended without an answer')))
    sent.once('response', answer => {
      // Its errors from here on are those of the answer.
      sent.on('error', () => {})
      resolve(answer)
    })
    if (body === undefined) sent.end()
    else if (body instanceof Uint8Array) sent.end(body)
    else sendAll(sent, body, release).catch(reject)
  })
}

/** No more at a time than the connection takes. */
async function sendAll(
  sent: ClientRequest,
  body: AsyncIterable<Uint8Array>,
  release: RawRequest['release'],
): Promise<void> {
  try {
    for await (const chunk of body) {
      if (sent.destroyed) return
      // After a failure the system may still read from there.
      const taken = (error?: Error | null) => {
        if (!error) release?.(chunk)
      }
      if (!sent.write(chunk, taken)) await drained(sent)
    }
    sent.end()
  } catch (error) {
    sent.destroy()
    throw error
  }
}

/** It takes more, or never will. */
function drained(sent: ClientRequest): Promise<void> {
  if (sent.destroyed || !sent.writableNeedDrain) return Promise.resolve()
  return new Promise(resolve => {
    const go = () => {
      sent.off('drain', go).off('close', go)
      resolve()
    }
    sent.once('drain', go).once('close', go)
  })
}

function answerOf(answer: IncomingMessage, sent: ClientRequest, signal: AbortSignal): RawResponse {
  const status = answer.statusCode ?? 0
  const headers = new Headers()
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    headers.append(answer.rawHeaders[at]!, answer.rawHeaders[at + 1]!)
  }
  const length = Number(answer.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  const empty = sent.method === 'HEAD' || [204, 205, 304].includes(status) || length === 0
  if (!empty) return { status, headers, body: new HttpBody(answer, sent, signal, length) }
  stopSending(sent)
  answer.on('error', () => {}).resume()
  return { status, headers, body: null }
}

/** A server that has answered need not read the rest: left open, the connection would go on to read memory that is not held. */
function stopSending(sent: ClientRequest): void {
  if (!sent.writableFinished) sent.destroy()
}

/** Straight from its connection. */
class HttpBody implements ResponseBody {
  readonly #answer: IncomingMessage
  readonly #sent: ClientRequest
  readonly #signal: AbortSignal
  readonly #length: number
  #begun = false

  constructor(answer: IncomingMessage, sent: ClientRequest, signal: AbortSignal, length: number) {
    this.#answer = answer
    this.#sent = sent
    this.#signal = signal
    this.#length = length
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    this.#begun = true
    try {
      for await (const chunk of decoded(this.#answer, this.#sent.host)) yield chunk as Uint8Array
    } catch (error) {
      this.#signal.throwIfAborted()
      throw error
    } finally {
      stopSending(this.#sent)
    }
  }

  /** What nobody reads would hold its connection for ever; a little of it is read for the connection's sake. */
  async cancel(): Promise<void> {
    const answer = this.#answer
    stopSending(this.#sent)
    if (!this.#begun && this.#length <= DRAINED_BYTES) {
      answer.on('error', () => {}).resume()
    } else if (!answer.readableEnded) answer.destroy()
  }
}

/** Nobody was asked to compress anything; some servers do it all the same. */
function decoded(answer: IncomingMessage, host: string): AsyncIterable<unknown> {
  const coding = answer.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (coding === '' || coding === 'identity') return answer
  const decoder = DECODERS[coding]?.()
  if (decoder === undefined) {
    throw new SealwrightError(
      'UNSUPPORTED',
      `${host} compressed its answer in a way that is not known here`,
      {
        why: `its Content-Encoding is ${JSON.stringify(coding.slice(0, 40))}, and none was asked for`,
        fix: 'have compression turned off in front of the registry',
      },
    )
  }
  // Whoever reads sees the failure of either.
  return pipeline(answer, decoder, () => {})
}

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & AsyncIterable<unknown>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

interface Route {
  readonly agent: http.Agent
  readonly proxy?: HttpProxy
}

/** Connections are kept, and never shared by hosts. */
class Agents {
  readonly #options: HttpFetchOptions
  readonly #agents = new Map<string, Route>()

  constructor(options: HttpFetchOptions) {
    this.#options = options
  }

  of(url: URL): Route {
    const { origin, protocol } = url
    const known = this.#agents.get(origin)
    if (known) return known
    const { tls: tlsOf, proxyEnv, lookup } = this.#options
    // As curl and all programs in Go do: what is on this machine is not looked for elsewhere.
    const proxy = proxyEnv === undefined || isLoopback(url) ? undefined : proxyFor(url, proxyEnv)
    const variables = proxy && { HTTP_PROXY: proxy.url.href, HTTPS_PROXY: proxy.url.href }
    const common = {
      keepAlive: true,
      ...(proxy ? { proxyEnv: variables } : { lookup }),
    } as http.AgentOptions
    const secure = protocol === 'https:'
    const agent = secure
      ? new https.Agent({ ...common, ...tlsOptions(tlsOf?.(url.host)) })
      : new http.Agent(common)
    // A tunnel through a proxy is read in another way.
    if (proxy === undefined) readInPlace(agent)
    const route = { agent, ...(proxy === undefined ? {} : { proxy }) }
    this.#agents.set(origin, route)
    return route
  }
}

function tlsOptions({ ca, cert, key }: TlsSettings = {}): https.AgentOptions {
  return {
    ...(ca === undefined ? {} : { ca: [...tls.getCACertificates('default'), ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}
