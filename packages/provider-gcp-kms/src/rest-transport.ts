import { SealwrightError } from '@sealwright/core'
import { httpClient, type ProxyEnv, retryAfterMs } from '@sealwright/core/adapter'

export interface RestRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
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

/** The largest response of Cloud KMS is a page of key versions: less than half of this. */
const MAX_BYTES = 4 * 2 ** 20

/** Creates the transport for the REST face of Cloud KMS: it keeps connections, bounds responses, and refuses redirects. */
export function restTransport(proxyEnv: ProxyEnv | undefined): RestTransport {
  const http = httpClient({ server: 'Cloud KMS', maxBytes: MAX_BYTES, proxyEnv })
  return {
    send: async (url, { method, headers, body, signal }) => {
      const reply = await http.send({ url, method, headers, body, signal })
      const { status } = reply
      assertOwn(status, reply.headers['content-type'] ?? '', reply.headers['retry-after'])
      return { ok: status >= 200 && status < 300, status, arrayBuffer: async () => reply.body }
    },
    close: () => http.destroy(),
  }
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
      why: `the server, or a proxy in front of it, gave ${what}`,
      retryAfterMs: waitMs,
    },
  )
}
