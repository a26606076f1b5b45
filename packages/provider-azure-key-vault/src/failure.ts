import type { ErrorCode, FailedOperation, Failure } from '@sealwright/core'
import { requestIdIn, retryAfterMs, type TransportFault, transportFailure } from '@sealwright/core/adapter'
import { isManagedHsm } from './hosts.ts'

type Row = Failure & { readonly why: string }

const LOG_IN =
  'give the job or machine a workload or managed identity; elsewhere log in with the Azure CLI: az login'
const GRANT = 'give the identity a role with this data action, such as Key Vault Crypto User'

const DENIED: Row = { code: 'ACCESS_DENIED', why: 'the identity may not do this', fix: GRANT }
const NETWORK: Row = {
  code: 'ACCESS_DENIED',
  why: 'the firewall of the vault does not let this machine in',
  fix: 'allow its address, or go by a private endpoint',
}
const REFUSED: Row = { code: 'UNAUTHENTICATED', why: 'the vault refuses the token', fix: LOG_IN }
const NO_CREDENTIAL: Row = {
  code: 'UNAUTHENTICATED',
  why: 'no source of the Azure SDK gave a token: environment, workload identity, managed identity, Azure CLI',
  fix: LOG_IN,
}
const NO_TOKEN: Row = {
  code: 'UNAUTHENTICATED',
  why: 'Microsoft Entra ID did not give a token to this identity',
  fix: 'check tenant, client id and secret or federated credential, or log in again',
}
const MISSING: Row = { code: 'NOT_FOUND', why: 'the vault has nothing of this name and version' }
const UNSUPPORTED: Row = { code: 'UNSUPPORTED', why: 'the vault does not do this with such a key' }
const INVALID: Row = { code: 'VALIDATION', why: 'the vault refuses the request as malformed' }
const THROTTLED: Row = { code: 'THROTTLED', why: 'the vault is throttling requests' }
const NOT_YET: Row = { code: 'KEY_STATE', why: 'the key is not valid yet' }
const EXPIRED: Row = { code: 'KEY_STATE', why: 'the key has expired', fix: 'make a new version of it' }

/** By the codes in an answer, the innermost first. */
const BY_CODE: Readonly<Record<string, Row>> = {
  KeyDisabled: { code: 'KEY_STATE', why: 'the key is disabled', fix: 'enable it, or sign with another' },
  CertificateDisabled: { code: 'KEY_STATE', why: 'the certificate is disabled' },
  SecretDisabled: { code: 'KEY_STATE', why: 'the certificate is disabled' },
  KeyNotYetValid: NOT_YET,
  KeyExpired: EXPIRED,
  ForbiddenByRbac: DENIED,
  ForbiddenByPolicy: DENIED,
  AccessDenied: DENIED,
  ForbiddenByFirewall: NETWORK,
  ForbiddenByConnection: NETWORK,
  KeyNotFound: MISSING,
  CertificateNotFound: MISSING,
  SecretNotFound: MISSING,
  ObjectIsDeletedButRecoverable: {
    code: 'NOT_FOUND',
    why: 'the key is deleted, and can be recovered',
    fix: 'recover it: az keyvault key recover --vault-name VAULT --name KEY',
  },
  ObjectIsBeingDeleted: { code: 'NOT_FOUND', why: 'the key is being deleted' },
  ObjectIsBeingRecovered: { code: 'KEY_STATE', why: 'the key is being recovered' },
  NotSupported: UNSUPPORTED,
  BadParameter: INVALID,
  Throttled: THROTTLED,
}

const BY_NAME: Readonly<Record<string, Row>> = {
  AbortError: { code: 'ABORTED', why: 'the call was aborted' },
  CredentialUnavailableError: NO_CREDENTIAL,
  AggregateAuthenticationError: NO_CREDENTIAL,
  AuthenticationRequiredError: NO_CREDENTIAL,
  AuthenticationError: NO_TOKEN,
}

/** What the SDK refuses itself, by plain errors without a code. */
const BY_MESSAGE: readonly (readonly [pattern: RegExp, row: Row])[] = [
  [/^Key \S+ can't be used before /, NOT_YET],
  [/^Key \S+ expired at /, EXPIRED],
  [/^Operation \S+ is not supported on key /, UNSUPPORTED],
  [/^Unable to support operation: /, UNSUPPORTED],
  [
    /^The challenge (?:resource|origin|contains)/,
    {
      code: 'INTEGRITY',
      why: 'the server asks for a token that is not for its own domain; none was sent',
      fix: 'check that the host is the vault, and that no proxy answers for it',
    },
  ],
]

const NO_TRUST = 'set NODE_EXTRA_CA_CERTS if a proxy of your network is in the way'
const FIXES: Readonly<Partial<Record<TransportFault, string>>> = {
  untrusted: NO_TRUST,
  expired: NO_TRUST,
  'unknown-host': 'check the name of the vault, and whether it is known in this network only',
}

function byTransport(error: VendorError): Row | undefined {
  // What the SDK calls every failure of the network that it does not know.
  const failure = transportFailure(
    error.code === 'REQUEST_SEND_ERROR' ? { code: 'EPIPE' } : error,
    'the vault',
  )
  if (failure === undefined) return undefined
  const { fault, code, why } = failure
  return { code, why, fix: FIXES[fault] }
}

interface VendorError {
  readonly name?: unknown | undefined
  readonly code?: unknown | undefined
  readonly message?: unknown | undefined
  readonly statusCode?: unknown | undefined
  readonly details?: { readonly error?: Inner | undefined }
  readonly response?: { readonly headers?: { get?(name: string): string | undefined } }
}

interface Inner {
  readonly message?: unknown | undefined
  readonly code?: unknown | undefined
  readonly innerError?: Inner | undefined
}

/** Names a failure; `undefined` for what is neither Azure's nor the network's. Nothing of its text is kept. */
export function classify(error: unknown, during?: FailedOperation): Failure | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const vendor = error as VendorError
  if (during?.operation === 'create' && isHeldByDeleted(vendor)) return heldByDeleted(during.reference)
  const row = rowOf(vendor)
  if (row === undefined) return undefined
  const isPassing = row.code === 'THROTTLED' || row.code === 'UNAVAILABLE'
  const waitMs = isPassing ? retryAfterMs(header(vendor, 'retry-after'), Date.now()) : undefined
  return {
    ...row,
    ...requestIdIn(header(vendor, 'x-ms-request-id')),
    retryAfterMs: waitMs,
  }
}

/** A deleted key keeps its name until it is purged. */
function heldByDeleted(reference: string | undefined): Failure {
  const [, , host = '', name = ''] = reference?.split('/') ?? []
  const [vault] = host.split('.')
  const at = isManagedHsm(host) ? `--hsm-name ${vault}` : `--vault-name ${vault}`
  return {
    code: 'VALIDATION',
    why: 'a deleted key holds the name until it is purged',
    fix: `choose another name, or recover the key (az keyvault key recover ${at} --name ${name}), or purge it (az keyvault key purge ${at} --name ${name})`,
  }
}

function isHeldByDeleted(vendor: VendorError): boolean {
  if (codesOf(vendor).includes('ObjectIsDeletedButRecoverable')) return true
  return vendor.statusCode === 409 && /\bdeleted\b/i.test(textOf(vendor))
}

/** What the answer says, for matching only. */
function textOf({ details, message }: VendorError): string {
  const text = details?.error?.message ?? message
  return typeof text === 'string' ? text.slice(0, 1000) : ''
}

/** Not every server gives the inner code that tells a state of the key from a missing right. */
function byText(error: VendorError): Row | undefined {
  const text = textOf(error)
  if (
    /\bdisabled (?:key|certificate|secret)\b|\b(?:key|certificate|secret) is (?:disabled|not enabled)\b/i.test(
      text,
    )
  ) {
    return BY_CODE.KeyDisabled
  }
  if (/\b(?:an expired key|key (?:is|has) expired)\b/i.test(text)) return EXPIRED
  return /\bkey is not yet valid\b/i.test(text) ? NOT_YET : undefined
}

function rowOf(error: VendorError): Row | undefined {
  const { name, message } = error
  const status = typeof error.statusCode === 'number' ? error.statusCode : 0
  if (name === 'AuthenticationError' && (status === 429 || status >= 500)) return byStatus(status, false)
  const named = lookUp(BY_NAME, name) ?? byTransport(error)
  if (named !== undefined) return named
  if (status === 0) {
    return typeof message === 'string'
      ? BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1]
      : undefined
  }
  const codes = codesOf(error)
  const known = codes.map(each => lookUp(BY_CODE, each)).find(each => each !== undefined)
  const coded = known ?? (status === 403 ? byText(error) : undefined)
  return status < 500 && status !== 429
    ? (coded ?? byStatus(status, codes.length > 0))
    : byStatus(status, false)
}

function codesOf({ details, code }: VendorError): string[] {
  const codes: unknown[] = []
  for (let inner = details?.error; inner !== undefined && codes.length < 8; inner = inner.innerError) {
    codes.unshift(inner.code)
  }
  // Pages after the first come without details.
  if (codes.length === 0) codes.push(code)
  return codes.filter(each => typeof each === 'string')
}

/** @param isReadable - The answer has an error code: it is Key Vault's and not that of a proxy. */
function byStatus(status: number, isReadable: boolean): Row {
  if (status < 300) return answer('INTEGRITY', 'an answer that cannot be read')
  if (status < 400) return answer('UNAVAILABLE', 'a redirect, which is not followed')
  if (status === 401) return REFUSED
  if (status === 408) return answer('TIMEOUT', 'up waiting')
  if (status === 429) return THROTTLED
  if (status >= 500) return answer('UNAVAILABLE', `status ${status}`)
  if (!isReadable) return answer('UNAVAILABLE', `status ${status}, and no reason`)
  if (status === 403) return DENIED
  return status === 404 ? MISSING : INVALID
}

function answer(code: ErrorCode, what: string): Row {
  return { code, why: `the server, or a proxy in front of it, gave ${what}` }
}

function lookUp(rows: Readonly<Record<string, Row>>, name: unknown): Row | undefined {
  return typeof name === 'string' && Object.hasOwn(rows, name) ? rows[name] : undefined
}

function header({ response }: VendorError, name: string): string | undefined {
  return response?.headers?.get?.(name)
}
