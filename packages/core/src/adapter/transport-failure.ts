import { type ErrorCode, isSealwrightError } from '../errors.ts'

/** What went wrong on the way to a server, for those who have advice about it. */
export type TransportFault =
  | 'unreachable'
  | 'unknown-host'
  | 'late'
  | 'untrusted'
  | 'wrong-name'
  | 'expired'
  | 'client-refused'
  | 'no-tls'
  | 'no-http'
  | 'disposed'
  | 'aborted'

export interface TransportFailure {
  readonly fault: TransportFault
  readonly code: ErrorCode
  readonly why: string
}

const MEANINGS: Readonly<
  Record<TransportFault, readonly [code: ErrorCode, why: (server: string) => string]>
> = {
  unreachable: ['UNAVAILABLE', server => `no connection to ${server} could be made, or it broke`],
  'unknown-host': ['UNAVAILABLE', () => 'no such host is known'],
  late: ['TIMEOUT', server => `${server} did not answer in time`],
  untrusted: ['UNAVAILABLE', () => 'the certificate of the server is not trusted'],
  'wrong-name': ['UNAVAILABLE', () => 'the certificate of the server is for another name'],
  expired: ['UNAVAILABLE', () => 'the certificate of the server has expired'],
  'client-refused': ['UNAUTHENTICATED', () => 'the server wants a client certificate that it knows'],
  'no-tls': ['UNAVAILABLE', () => 'the server does not speak TLS as expected'],
  'no-http': ['UNAVAILABLE', () => 'the server does not speak HTTP as expected'],
  disposed: ['VALIDATION', () => 'the provider was disposed of'],
  aborted: ['ABORTED', () => 'the call was aborted'],
}

/** By the codes of Node, of OpenSSL in it, and of undici. */
const FAULTS: Readonly<Record<string, TransportFault>> = {
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  ECONNABORTED: 'unreachable',
  EPIPE: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  ETIMEDOUT: 'late',
  EPROTO: 'no-tls',
  CERT_HAS_EXPIRED: 'expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong-name',
  UND_ERR_SOCKET: 'unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'unreachable',
  UND_ERR_HEADERS_TIMEOUT: 'late',
  UND_ERR_BODY_TIMEOUT: 'late',
  UND_ERR_DESTROYED: 'disposed',
  UND_ERR_CLOSED: 'disposed',
  UND_ERR_ABORTED: 'aborted',
}

/** Returns the innermost cause of what `fetch` or a client threw: at most eight levels down, or the first error of ours. */
export function rootCause(error: unknown): unknown {
  let root = error
  for (let depth = 0; depth < 8; depth++) {
    if (!(root instanceof Error) || isSealwrightError(root)) break
    const next = root instanceof AggregateError ? root.errors[0] : root.cause
    if (next === undefined) break
    root = next
  }
  return root
}

/** Which origin a failed request was for; vendors' clients hand the error on and lose the address. */
const origins = new WeakMap<object, string>()

export function rememberOrigin(error: object, origin: string): void {
  origins.set(error, origin)
}

/**
 * Names a failure of the network by the `code` of its error: `ECONNRESET`, `CERT_HAS_EXPIRED`, `UND_ERR_SOCKET`.
 *
 * @param server - For messages: `Vault`.
 * @returns `undefined` for any other error. `why` names the origin that was asked where `exchange` was told it.
 */
export function transportFailure(error: unknown, server: string): TransportFailure | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  const fault = typeof code === 'string' ? faultOf(code, String(message)) : undefined
  if (fault === undefined) return undefined
  const [named, why] = MEANINGS[fault]
  const origin = named === 'UNAVAILABLE' || named === 'TIMEOUT' ? origins.get(error) : undefined
  return { fault, code: named, why: origin === undefined ? why(server) : `${why(server)}; asked ${origin}` }
}

/** Alerts by which a server refuses a client's certificate or its absence: handshake_failure, bad_certificate, unknown_ca, certificate_required. */
const CLIENT_ALERT = /SSL alert number (?:40|42|48|116)\b/

function faultOf(code: string, message: string): TransportFault | undefined {
  // Node's HTTP client writes during the handshake; an alert then ends the write.
  if (code === 'EPROTO' && CLIENT_ALERT.test(message)) return 'client-refused'
  if (Object.hasOwn(FAULTS, code)) return FAULTS[code]
  if (/^ERR_SSL_.*(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/.test(code)) {
    return 'client-refused'
  }
  if (code.startsWith('ERR_SSL_')) return 'no-tls'
  return code.startsWith('HPE_') ? 'no-http' : undefined
}
