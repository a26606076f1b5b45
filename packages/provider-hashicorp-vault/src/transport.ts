import { SealwrightError } from '@sealwright/core'
import { httpClient, retryAfterMs } from '@sealwright/core/adapter'
import { decodeJson, isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import type { Connection } from './settings.ts'

/** What node-vault gives to the transport that is injected in place of its own. */
interface TransportRequest {
  readonly uri: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly json?: unknown | undefined
  readonly signal: AbortSignal
}

/** What node-vault expects back. */
interface TransportReply {
  readonly statusCode: number
  readonly body: unknown
  readonly request: { readonly path: string }
}

export interface Transport {
  send(request: TransportRequest): Promise<TransportReply>
  /** Ends every request and closes every connection. */
  destroy(): void
}

/** What is kept of a reply that reports a failure: node-vault hands on nothing but its body. */
interface FailureBody {
  readonly errors: readonly string[]
  readonly retryAfterMs: number | undefined
}

const CONNECTIONS = 32
const MAX_BYTES = 4 * 2 ** 20

/**
 * Creates the transport under node-vault. It heeds aborts, follows no redirect, keeps `Retry-After`, verifies TLS whatever
 * the environment says, and bounds and strictly decodes replies. It logs nothing.
 */
export function createTransport({ tls, proxyEnv }: Connection): Transport {
  const http = httpClient({ server: 'Vault', maxBytes: MAX_BYTES, connections: CONNECTIONS, tls, proxyEnv })
  return {
    send: async ({ uri: url, method, headers: given, json, signal }) => {
      const hasBody = typeof json === 'object' && json !== null
      const headers = hasBody ? { ...given, 'content-type': 'application/json' } : given
      const body = hasBody ? JSON.stringify(json) : undefined
      const reply = await http.send({ method, url, headers, body, signal })
      const { status: statusCode } = reply
      const read = isSuccess(statusCode)
        ? readReply(reply.body)
        : readFailure(reply.body, reply.headers['retry-after'])
      return { statusCode, body: read, request: { path: new URL(url).pathname } }
    },
    destroy: () => http.destroy(),
  }
}

function isSuccess(statusCode: number): boolean {
  return statusCode === 200 || statusCode === 204
}

function readReply(bytes: Uint8Array): JsonValue {
  if (bytes.length === 0) return {}
  try {
    return decodeJson(bytes, { label: 'the reply', maxBytes: MAX_BYTES })
  } catch (cause) {
    throw new SealwrightError('INTEGRITY', 'Vault returned a response that cannot be read', {
      why: 'it is not whole, or not JSON',
      cause,
    })
  }
}

const PLAIN_HTTP = 'Client sent an HTTP request to an HTTPS server'

/** Reads the errors in a failed response; a page of HTML, as proxies send, is ignored. */
function readFailure(bytes: Uint8Array, retryAfter: string | undefined): FailureBody {
  let errors: readonly string[] = []
  try {
    const body = decodeJson(bytes, { label: 'the reply', maxBytes: MAX_BYTES })
    if (isJsonObject(body) && Array.isArray(body.errors)) {
      errors = body.errors.filter(each => typeof each === 'string')
    }
  } catch {
    // The status says enough, but for this answer, which Go's server gives before Vault sees the request.
    if (Buffer.from(bytes).toString('latin1').startsWith(PLAIN_HTTP)) errors = [PLAIN_HTTP]
  }
  return { errors, retryAfterMs: retryAfterMs(retryAfter, Date.now()) }
}
