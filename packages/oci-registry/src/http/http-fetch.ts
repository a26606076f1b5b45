import http from 'node:http'
import { type HttpFetchOptions, sendByHttp } from './send-by-http.ts'
import { type ResponseBody, type SendRequest, sendByFetch } from './send-request.ts'

/** What the global `fetch` is. */
export type Fetch = typeof globalThis.fetch

/** The sender of each `fetch` that was made here: it works without the streams of `fetch`. */
const senders = new WeakMap<Fetch, SendRequest>()

/**
 * A `fetch` that can do what the global one cannot without changing the whole process: believe a private authority for
 * one host, show a certificate to one host, go through a proxy. As much of `fetch` as a registry needs: `method`,
 * `headers` (an object), `body` (bytes or a stream), `signal`; no redirect is followed.
 *
 * @example
 * ```ts
 * import { httpFetch, registry } from '@sealwright/oci-registry'
 *
 * const fetch = httpFetch({ proxyEnv: process.env })
 * const app = registry('registry.example/app', { fetch })
 * ```
 */
export function httpFetch(options: HttpFetchOptions = {}): Fetch {
  const send = sendByHttp(options)
  const fetch: Fetch = async (input, init = {}) => {
    const { method = 'GET', headers, body, signal } = init
    const answer = await send({
      method,
      url: new URL(input instanceof Request ? input.url : input),
      headers: (headers ?? {}) as Record<string, string>,
      signal: signal ?? new AbortController().signal,
      ...(body ? { body: body as unknown as Uint8Array | AsyncIterable<Uint8Array> } : {}),
    })
    const { status } = answer
    return new Response(answer.body && streamOf(answer.body), { status, headers: answer.headers })
  }
  senders.set(fetch, send)
  return fetch
}

const shared = new WeakMap<http.Agent, Fetch>()

/** What all use who say nothing else: one, so that connections are kept from one store to the next. */
export function sharedFetch(): Fetch {
  // Where Node itself was told to heed the variables (`NODE_USE_ENV_PROXY`, `setGlobalProxyFromEnv`), by the agent of then.
  const agent: http.Agent & { readonly options?: http.AgentOptions } = http.globalAgent
  const known = shared.get(agent)
  if (known !== undefined) return known
  const { proxyEnv } = agent.options ?? {}
  const fetch = httpFetch(proxyEnv === undefined ? {} : { proxyEnv })
  shared.set(agent, fetch)
  return fetch
}

/** Whether a `fetch` was made here: it gives each chunk in memory of its own. */
export function isHttpFetch(fetch: Fetch): boolean {
  return senders.has(fetch)
}

/** How a `fetch` is used here: directly where it was made here. */
export function sendRequestOf(fetch: Fetch): SendRequest {
  return senders.get(fetch) ?? sendByFetch(fetch)
}

function streamOf(body: ResponseBody): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => body.cancel(),
    },
    { highWaterMark: 0 },
  )
}
