import type { ErrorCode, Failure } from '@sealwright/core'

/** A failure of Vault or of the way there. */
export interface Explained extends Failure {
  readonly why: string
  readonly fix?: string
}

type Row = Pick<Explained, 'code' | 'why' | 'fix'>

/**
 * By what Vault says: `sign` answers with 500 to several mistakes of the caller, so the text goes before the status. Both
 * Vault's words and OpenBao's.
 */
const BY_TEXT: readonly (readonly [RegExp, Row])[] = [
  [/signing key not found|no existing key named/i, { code: 'NOT_FOUND', why: 'there is no such key' }],
  [
    /no handler for route|unsupported path/i,
    {
      code: 'NOT_FOUND',
      why: 'no transit engine is mounted there',
      fix: 'check the mount and the namespace',
    },
  ],
  [/namespace not found/i, { code: 'NOT_FOUND', why: 'there is no such namespace' }],
  [
    /soft-deleted/i,
    { code: 'KEY_STATE', why: 'the key is soft-deleted', fix: 'restore it: keys/KEY/soft-delete-restore' },
  ],
  [
    /less than the minimum encryption key version/i,
    {
      code: 'KEY_STATE',
      why: 'the version of the key is below its min_encryption_version',
      fix: 'use a newer version, or lower min_encryption_version: keys/KEY/config',
    },
  ],
  [/higher than the latest key version/i, { code: 'NOT_FOUND', why: 'there is no such version of the key' }],
  [/missing 'context'/i, { code: 'UNSUPPORTED', why: 'the key is derived, and needs a context to sign' }],
  [
    /does not support sign|unknown key type|unsupported (?:key type|signing)|only available in .*enterprise/i,
    { code: 'UNSUPPORTED', why: 'this Vault does not sign with keys of this type' },
  ],
  [/unsupported hash|invalid hash algorithm/i, { code: 'UNSUPPORTED', why: 'this Vault lacks the hash' }],
  [
    /public key does not match/i,
    { code: 'KEY_MISMATCH', why: 'the leaf certificate is of another key, or of another version of it' },
  ],
  [/invalid token|missing client token/i, { code: 'UNAUTHENTICATED', why: 'Vault does not know the token' }],
  [/quota exceeded/i, { code: 'THROTTLED', why: 'a rate limit of Vault is used up for now' }],
  [/is sealed/i, { code: 'UNAVAILABLE', why: 'Vault is sealed', fix: 'have its operators unseal it' }],
]

const DENIED: Row = {
  code: 'ACCESS_DENIED',
  why: 'no policy of the token allows it',
  fix: 'add to its policy what the permissions of this provider say',
}
const THROTTLED: Row = { code: 'THROTTLED', why: 'Vault has too many requests for now' }
const TOO_LARGE: Row = { code: 'UNSUPPORTED', why: 'Vault takes no request as large as this' }

const NO_WAY: Row = {
  code: 'UNAVAILABLE',
  why: 'no connection to Vault could be made, or it broke',
  fix: 'check the address in VAULT_ADDR, and the network',
}
const NO_TRUST: Row = {
  code: 'UNAVAILABLE',
  why: 'the certificate of the server is not trusted',
  fix: 'give the CA of Vault by the option `ca` or by VAULT_CACERT',
}
const NO_NAME: Row = {
  code: 'UNAVAILABLE',
  why: 'the certificate of the server is for another name',
  fix: 'use the name in the certificate, or give it by the option `serverName` or by VAULT_TLS_SERVER_NAME',
}
const NO_TLS: Row = { code: 'UNAVAILABLE', why: 'the server does not speak TLS as expected' }
const NO_CLIENT: Row = {
  code: 'UNAUTHENTICATED',
  why: 'the server wants a client certificate that it knows',
  fix: 'give VAULT_CLIENT_CERT and VAULT_CLIENT_KEY, or the options `clientCert` and `clientKey`',
}
const TOO_LATE: Row = { code: 'TIMEOUT', why: 'Vault did not answer in time' }

/** By the code of Node or undici. */
const BY_TRANSPORT: Readonly<Record<string, Row>> = {
  ECONNREFUSED: NO_WAY,
  ECONNRESET: NO_WAY,
  ECONNABORTED: TOO_LATE,
  EPIPE: NO_WAY,
  ENOTFOUND: NO_WAY,
  EAI_AGAIN: NO_WAY,
  EHOSTUNREACH: NO_WAY,
  ENETUNREACH: NO_WAY,
  ETIMEDOUT: TOO_LATE,
  UND_ERR_SOCKET: NO_WAY,
  UND_ERR_CONNECT_TIMEOUT: NO_WAY,
  UND_ERR_HEADERS_TIMEOUT: TOO_LATE,
  UND_ERR_BODY_TIMEOUT: TOO_LATE,
  UND_ERR_DESTROYED: { code: 'VALIDATION', why: 'the provider was disposed of' },
  UND_ERR_CLOSED: { code: 'VALIDATION', why: 'the provider was disposed of' },
  UND_ERR_ABORTED: { code: 'ABORTED', why: 'the call was aborted' },
  UND_ERR_RES_EXCEEDED_MAX_SIZE: { code: 'INTEGRITY', why: 'the reply is larger than any of Vault' },
  CERT_HAS_EXPIRED: { ...NO_TRUST, why: 'the certificate of the server has expired' },
  DEPTH_ZERO_SELF_SIGNED_CERT: NO_TRUST,
  SELF_SIGNED_CERT_IN_CHAIN: NO_TRUST,
  UNABLE_TO_GET_ISSUER_CERT: NO_TRUST,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NO_TRUST,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NO_TRUST,
  ERR_TLS_CERT_ALTNAME_INVALID: NO_NAME,
  EPROTO: NO_TLS,
}

interface VendorError {
  readonly name?: unknown
  readonly code?: unknown
  readonly response?: { readonly statusCode?: unknown; readonly body?: unknown }
}

/** The HTTP status that an error of node-vault carries. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as VendorError | null | undefined)?.response?.statusCode
  return typeof status === 'number' ? status : undefined
}

/** What Vault said, for matching only: it may repeat what it was given. */
export function textOf(error: unknown): string {
  const body = (error as VendorError | null | undefined)?.response?.body as { errors?: unknown } | undefined
  return Array.isArray(body?.errors) ? body.errors.filter(each => typeof each === 'string').join('\n') : ''
}

/** Names a failure; `undefined` for what is neither Vault's nor the network's. Nothing of its text is kept. */
export function explain(error: unknown): Explained | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const status = statusOf(error)
  const row = status === undefined ? byTransport(error as VendorError) : byStatus(status, textOf(error))
  if (row === undefined) return undefined
  const body = (error as VendorError).response?.body as { retryAfterMs?: unknown } | undefined
  const retryAfterMs = body?.retryAfterMs
  const isPassing = row.code === 'THROTTLED' || row.code === 'UNAVAILABLE'
  return { ...row, ...(isPassing && typeof retryAfterMs === 'number' ? { retryAfterMs } : {}) }
}

export function classify(error: unknown): Failure | undefined {
  const explained = explain(error)
  if (explained === undefined) return undefined
  const { why, fix: _, ...failure } = explained
  return { ...failure, message: `Vault: ${why}` }
}

function byTransport({ name, code }: VendorError): Row | undefined {
  if (name === 'AbortError') return { code: 'ABORTED', why: 'the call was aborted' }
  if (typeof code !== 'string') return undefined
  if (Object.hasOwn(BY_TRANSPORT, code)) return BY_TRANSPORT[code]
  if (/^ERR_SSL_.*(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/.test(code))
    return NO_CLIENT
  if (code.startsWith('ERR_SSL_')) return NO_TLS
  if (code.startsWith('HPE_'))
    return { code: 'UNAVAILABLE', why: 'the server does not speak HTTP as expected' }
  return undefined
}

function byStatus(status: number, text: string): Row {
  const named = BY_TEXT.find(([pattern]) => pattern.test(text))?.[1]
  if (named !== undefined) return named
  if (status === 403) return DENIED
  if (status === 404)
    return { code: 'NOT_FOUND', why: 'there is no such key, or no transit engine at the mount' }
  if (status === 429) return THROTTLED
  if (status === 413) return TOO_LARGE
  if (status === 401 || status === 407) return answer('UNAUTHENTICATED', 'a demand for other credentials')
  // 412 and 472 to 474: a standby or replica that cannot answer now.
  if (status === 412 || (status >= 472 && status <= 474)) {
    return { code: 'UNAVAILABLE', why: 'this server of Vault is a standby or lags behind' }
  }
  if (status >= 500) return answer('UNAVAILABLE', `status ${status}`)
  if (status >= 400) return { code: 'VALIDATION', why: 'Vault refuses the request as malformed' }
  if (status >= 300) {
    return {
      ...answer('UNAVAILABLE', 'a redirect, which is not followed'),
      fix: 'give the address of the active server, or of a load balancer before it',
    }
  }
  return answer('INTEGRITY', `status ${status}`)
}

function answer(code: ErrorCode, what: string): Row {
  return { code, why: `the server, or a proxy before it, gave ${what}` }
}
