import type { ErrorCode, Failure } from '@sealwright/core'
import { type TransportFault, transportFailure } from '@sealwright/core/adapter'
import type { VaultRequest } from './client.ts'

type Row = Failure & { readonly why: string }

/**
 * By what Vault says: `sign` answers with 500 to several mistakes of the caller, so the text goes before the status. Both
 * Vault's words and OpenBao's.
 */
const BY_TEXT: readonly (readonly [RegExp, Row])[] = [
  [/signing key not found|no existing key named/i, { code: 'NOT_FOUND', why: 'no such key' }],
  [
    /no handler for route|unsupported path/i,
    {
      code: 'NOT_FOUND',
      why: 'no transit engine is mounted there',
      fix: 'check the mount and the namespace',
    },
  ],
  [/namespace not found/i, { code: 'NOT_FOUND', why: 'no such namespace' }],
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
  [/higher than the latest key version/i, { code: 'NOT_FOUND', why: 'no such version of the key' }],
  [/missing 'context'/i, { code: 'UNSUPPORTED', why: 'the key is derived, and needs a context to sign' }],
  [
    /does not support sign|unknown key type|unsupported (?:key type|signing)|only available in .*enterprise/i,
    { code: 'UNSUPPORTED', why: 'this Vault does not sign with keys of this type' },
  ],
  [/unsupported hash|invalid hash algorithm/i, { code: 'UNSUPPORTED', why: 'this Vault lacks the hash' }],
  [
    // Vault: 'leaf certificate public key does match the key version selected' (sic) and, for another type of key, 'could
    // not validate key match between leaf certificate key and key version'.
    /public key does (?:not )?match|could not validate key match/i,
    {
      code: 'KEY_MISMATCH',
      why: 'the leaf certificate is of another key, or of another version of it',
      fix: 'give the chain that was issued for this version of the key, its certificate first',
    },
  ],
  [/invalid token|missing client token/i, { code: 'UNAUTHENTICATED', why: 'Vault does not know the token' }],
  [/quota exceeded/i, { code: 'THROTTLED', why: 'a rate limit of Vault is used up for now' }],
  [
    /HTTP request to an HTTPS server/i,
    {
      code: 'VALIDATION',
      why: 'the server expects HTTPS, and the request was HTTP',
      fix: 'write https:// in VAULT_ADDR',
    },
  ],
  [/is sealed/i, { code: 'UNAVAILABLE', why: 'Vault is sealed', fix: 'have its operators unseal it' }],
]

const DENIED: Row = {
  code: 'ACCESS_DENIED',
  why: 'no policy of the token allows it',
  fix: 'add a rule for the path to a policy of the token',
}
const THROTTLED: Row = { code: 'THROTTLED', why: 'Vault has too many requests for now' }
const TOO_LARGE: Row = { code: 'UNSUPPORTED', why: 'the request is too large for Vault' }

const NO_WAY = 'check the address in VAULT_ADDR, and the network'
const NO_TRUST = 'give the CA of Vault by the option `ca` or by VAULT_CACERT'
const FIXES: Readonly<Partial<Record<TransportFault, string>>> = {
  unreachable: NO_WAY,
  'unknown-host': NO_WAY,
  untrusted: NO_TRUST,
  expired: NO_TRUST,
  'wrong-name':
    'use the name in the certificate, or give it by the option `serverName` or by VAULT_TLS_SERVER_NAME',
  'client-refused':
    'give VAULT_CLIENT_CERT and VAULT_CLIENT_KEY, or the options `clientCert` and `clientKey`',
}

interface VendorError {
  readonly name?: unknown | undefined
  readonly code?: unknown | undefined
  readonly response?: { readonly statusCode?: unknown | undefined; readonly body?: unknown | undefined }
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
export function classify(error: unknown): Failure | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const status = statusOf(error)
  const found = status === undefined ? byTransport(error as VendorError) : byStatus(status, textOf(error))
  if (found === undefined) return undefined
  const row = { ...found, ...aboutRequest(found, requests.get(error)) }
  const body = (error as VendorError).response?.body as { retryAfterMs?: unknown } | undefined
  const retryAfterMs = body?.retryAfterMs
  const isPassing = row.code === 'THROTTLED' || row.code === 'UNAVAILABLE'
  return { ...row, ...(isPassing && typeof retryAfterMs === 'number' ? { retryAfterMs } : {}) }
}

/** Which request failed; node-vault's errors do not say. */
const requests = new WeakMap<object, VaultRequest>()

export function rememberRequest(error: unknown, request: VaultRequest): void {
  if (typeof error === 'object' && error !== null) requests.set(error, request)
}

/** Which rule is missing, as policies are written; and that it was the log-in which failed. */
function aboutRequest(row: Row, request: VaultRequest | undefined): Partial<Row> {
  if (request === undefined) return {}
  const { method, path, namespace } = request
  const [bare = '', query] = path.split('?')
  if (/^auth\/.*login/.test(bare)) return { why: `the log-in failed: ${row.why}` }
  if (row !== DENIED) return {}
  const capability = method === 'POST' ? 'update' : query === 'list=true' ? 'list' : 'read'
  const where = namespace === undefined ? '' : ` (namespace ${namespace})`
  return {
    why: `no policy of the token lets it ${capability} ${bare}${where}`,
    fix: `add to a policy of the token: path "${bare}" { capabilities = ["${capability}"] }`,
  }
}

function byTransport(error: VendorError): Row | undefined {
  if (error.name === 'AbortError') return { code: 'ABORTED', why: 'the call was aborted' }
  // A ready client of node-vault sends by axios, which says so of a time-out.
  const failure = transportFailure(error.code === 'ECONNABORTED' ? { code: 'ETIMEDOUT' } : error, 'Vault')
  if (failure === undefined) return undefined
  const { fault, code, why } = failure
  return { code, why, fix: FIXES[fault] }
}

function byStatus(status: number, text: string): Row {
  const named = BY_TEXT.find(([pattern]) => pattern.test(text))?.[1]
  if (named !== undefined) return named
  if (status === 403) return DENIED
  if (status === 404) return { code: 'NOT_FOUND', why: 'no such key, or no transit engine at the mount' }
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
  return { code, why: `the server, or a proxy in front of it, gave ${what}` }
}
