import type { ErrorCode, FailedOperation, Failure } from '@sealwright/core'
import { requestIdIn, retryAfterMs, type TransportFault, transportFailure } from '@sealwright/core/adapter'

type Row = Failure & { readonly why: string }

const LOG_IN =
  'give the job or machine a role (in GitHub Actions `id-token: write`); elsewhere log in with the AWS CLI'

const CREDENTIALS: Row = {
  code: 'UNAUTHENTICATED',
  why: 'no source of the AWS SDK gave credentials: environment, web identity, profile, container, instance',
  fix: LOG_IN,
}
const NO_ROLE: Row = {
  code: 'UNAUTHENTICATED',
  why: 'AWS did not give the credentials that were asked for: the role or its trust policy refuses',
  fix: 'check the trust policy of the role, and which role is asked for',
}
const REFUSED: Row = { code: 'UNAUTHENTICATED', why: 'AWS does not know these credentials', fix: LOG_IN }
const EXPIRED: Row = { code: 'UNAUTHENTICATED', why: 'the credentials have expired', fix: LOG_IN }
const SIGNATURE: Row = {
  code: 'UNAUTHENTICATED',
  why: 'AWS refuses the signature of the request: the secret is wrong, or the clock of this machine',
  fix: LOG_IN,
}
const MISSING: Row = { code: 'NOT_FOUND', why: 'no such key or alias' }
const DENIED: Row = {
  code: 'ACCESS_DENIED',
  why: 'no policy allows it to these credentials',
  fix: 'allow it in the key policy or in a policy of the identity',
}
const THROTTLED: Row = { code: 'THROTTLED', why: 'the quota of requests is used up for now' }
/** When a key or alias is created, the limit is not a rate but how many of them an account may have. */
const QUOTA: Row = {
  code: 'ACCESS_DENIED',
  why: 'the account has as many keys or aliases as its quota allows',
  fix: 'have the quota of AWS KMS raised in Service Quotas',
}
const UNAVAILABLE: Row = { code: 'UNAVAILABLE', why: 'AWS reports a failure of its own' }
const UNSUPPORTED: Row = {
  code: 'UNSUPPORTED',
  why: 'AWS KMS does not do this with such a key, or not in this Region',
}
const UNSENDABLE: Row = {
  code: 'VALIDATION',
  why: 'the credentials hold a character that no request can carry, such as a line break',
  fix: 'set them again without it: secrets made by `echo` end with a line break, those by `printf %s` do not',
}
const INVALID: Row = { code: 'VALIDATION', why: 'AWS KMS refuses the request as malformed' }

/** By the name of the error: the SDK has no class for several of them. */
const BY_NAME: Readonly<Record<string, Row>> = {
  NotFoundException: MISSING,
  AccessDeniedException: DENIED,
  // STS and SSO, while credentials are fetched; KMS itself says AccessDeniedException.
  AccessDenied: NO_ROLE,
  ForbiddenException: NO_ROLE,
  UnauthorizedException: EXPIRED,
  IDPRejectedClaim: NO_ROLE,
  IDPRejectedClaimException: NO_ROLE,
  InvalidIdentityToken: NO_ROLE,
  InvalidIdentityTokenException: NO_ROLE,
  CredentialsProviderError: CREDENTIALS,
  TokenProviderError: EXPIRED,
  ProviderError: CREDENTIALS,
  UnrecognizedClientException: REFUSED,
  InvalidClientTokenId: REFUSED,
  MissingAuthenticationToken: REFUSED,
  MissingAuthenticationTokenException: REFUSED,
  OptInRequired: REFUSED,
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  RequestExpired: SIGNATURE,
  InvalidSignatureException: SIGNATURE,
  SignatureDoesNotMatch: SIGNATURE,
  IncompleteSignature: SIGNATURE,
  IncompleteSignatureException: SIGNATURE,
  DisabledException: { code: 'KEY_STATE', why: 'the key is disabled' },
  KMSInvalidStateException: { code: 'KEY_STATE', why: 'the key is in a state in which it does not sign' },
  InvalidKeyUsageException: UNSUPPORTED,
  UnsupportedOperationException: UNSUPPORTED,
  UnknownOperationException: UNSUPPORTED,
  ThrottlingException: THROTTLED,
  Throttling: THROTTLED,
  ThrottledException: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  TooManyRequestsException: THROTTLED,
  LimitExceededException: THROTTLED,
  KMSInternalException: UNAVAILABLE,
  KeyUnavailableException: UNAVAILABLE,
  IDPCommunicationError: UNAVAILABLE,
  InternalFailure: UNAVAILABLE,
  InternalError: UNAVAILABLE,
  ServiceUnavailable: UNAVAILABLE,
  ServiceUnavailableException: UNAVAILABLE,
  DependencyTimeoutException: { code: 'TIMEOUT', why: 'AWS KMS gave up waiting for a part of itself' },
  ValidationException: INVALID,
  InvalidArnException: { code: 'VALIDATION', why: 'AWS KMS does not know the ARN' },
  InvalidAliasNameException: { code: 'VALIDATION', why: 'AWS KMS does not take the name of the alias' },
  InvalidMarkerException: INVALID,
  AlreadyExistsException: { code: 'VALIDATION', why: 'the alias exists' },
  MalformedPolicyDocumentException: {
    code: 'ACCESS_DENIED',
    why: 'AWS KMS refuses the key policy: it would not let these credentials change it again',
    fix: 'let somebody who may change the key policy do it',
  },
  AbortError: { code: 'ABORTED', why: 'the call was aborted' },
}

const NO_TRUST =
  'name the file of its authority in NODE_EXTRA_CA_CERTS if a proxy of your network is in the way (AWS_CA_BUNDLE is not read)'
const FIXES: Readonly<Partial<Record<TransportFault, string>>> = { untrusted: NO_TRUST, expired: NO_TRUST }

/** Before the name: the SDK gives some failures of the network names that mislead (a reset is a `TimeoutError` to it). */
function byTransport(error: unknown): Row | undefined {
  const failure = transportFailure(error, 'AWS')
  if (failure === undefined) return undefined
  const { fault, code, why } = failure
  return { code, why, fix: FIXES[fault] }
}

/** What Node refuses to do with the values of credentials and configuration. */
const BY_SYSTEM: Readonly<Record<string, Row>> = {
  ERR_INVALID_CHAR: UNSENDABLE,
  // Node's `homedir`, for a user id without an entry in passwd.
  ERR_SYSTEM_ERROR: {
    code: 'VALIDATION',
    why: 'the AWS SDK looks for its files in the home directory, and this user has none',
    fix: 'export HOME=/nonexistent',
  },
  ERR_INVALID_URL: {
    code: 'VALIDATION',
    why: 'an endpoint in the configuration of the AWS SDK is not a URL',
    fix: 'write https://HOST in endpoint_url of the profile, or in AWS_ENDPOINT_URL_KMS',
  },
}

/** A file of the web identity or of a profile, which the SDK reads when credentials are asked for. */
function unreadable(code: string, path: unknown): Row {
  const file = typeof path === 'string' ? path : 'a file'
  return {
    code: 'UNAUTHENTICATED',
    why: `${file}, which credentials come from, cannot be read: ${code}`,
    fix: 'check AWS_WEB_IDENTITY_TOKEN_FILE and the files that the profile names; in GitHub Actions the job needs `id-token: write`',
  }
}

function bySystem({ code, path, syscall }: VendorError): Row | undefined {
  if (typeof code !== 'string') return undefined
  if (Object.hasOwn(BY_SYSTEM, code)) return BY_SYSTEM[code]
  return (syscall === 'open' || syscall === 'read') && /^E[A-Z]+$/.test(code)
    ? unreadable(code, path)
    : undefined
}

interface VendorError {
  readonly path?: unknown | undefined
  readonly syscall?: unknown | undefined
  readonly name?: unknown | undefined
  readonly code?: unknown | undefined
  readonly message?: unknown | undefined
  readonly $metadata?: {
    readonly requestId?: unknown | undefined
    readonly httpStatusCode?: unknown | undefined
    readonly clockSkewCorrected?: unknown | undefined
  }
  readonly $response?: {
    readonly statusCode?: unknown | undefined
    readonly headers?: Record<string, unknown>
  }
}

/** Names a failure; `undefined` for what is neither KMS's nor the network's. Nothing of its text is kept but an ARN. */
export function classify(error: unknown, during?: FailedOperation): Failure | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const vendor = error as VendorError
  const isMade = during?.operation === 'create' || during?.operation === 'rotate'
  const row = isMade && vendor.name === 'LimitExceededException' ? QUOTA : rowOf(vendor)
  if (row === undefined) return undefined
  const waitMs = row.code === 'THROTTLED' || row.code === 'UNAVAILABLE' ? retryTime(vendor) : undefined
  return {
    ...row,
    ...(row === DENIED ? denial(vendor.message) : {}),
    ...(row === MISSING && regions.has(error) ? { why: `${row.why} in ${regions.get(error)}` } : {}),
    ...requestIdIn(vendor.$metadata?.requestId),
    retryAfterMs: waitMs,
  }
}

/** Which region was asked: a reference need not say it, and a key that is missing in one may be in another. */
const regions = new WeakMap<object, string>()

export function rememberRegion(error: unknown, region: string): void {
  if (typeof error === 'object' && error !== null) regions.set(error, region)
}

function rowOf(error: VendorError): Row | undefined {
  // The SDK has just learnt the server's time, and signs the next request by it.
  if (error.$metadata?.clockSkewCorrected === true) {
    return {
      code: 'UNAVAILABLE',
      why: 'the clock of this machine is wrong; the time of AWS is used from now on',
    }
  }
  const onTheWay = byTransport(error) ?? bySystem(error)
  if (onTheWay !== undefined) return onTheWay
  const { name } = error
  const status = Number(error.$response?.statusCode ?? error.$metadata?.httpStatusCode ?? 0)
  const named = typeof name === 'string' && Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined
  return named ?? byStatus(status, name)
}

function byStatus(status: number, name: unknown): Row | undefined {
  const isReadable = name !== 'SyntaxError' && name !== 'TypeError' && name !== 'Unknown'
  if (status === 0) return undefined
  if (status < 300) return isReadable ? undefined : answer('INTEGRITY', 'an answer that cannot be read')
  if (status < 400) return answer('UNAVAILABLE', 'a redirect, which is not followed')
  if (status === 429) return THROTTLED
  if (status >= 500) return answer('UNAVAILABLE', `status ${status}`)
  return isReadable ? undefined : answer('UNAVAILABLE', `status ${status} that is not one of AWS KMS`)
}

function answer(code: ErrorCode, what: string): Row {
  return { code, why: `the server, or a proxy in front of it, gave ${what}` }
}

/** `Retry-After` in seconds or as a date; `x-amz-retry-after` in milliseconds. KMS sends neither; proxies do. */
function retryTime({ $response }: VendorError): number | undefined {
  const { 'retry-after': after, 'x-amz-retry-after': afterMs } = $response?.headers ?? {}
  if (typeof afterMs === 'string' && /^\d{1,9}$/.test(afterMs)) return Number(afterMs)
  return typeof after === 'string' ? retryAfterMs(after, Date.now()) : undefined
}

/** Who was refused what, which KMS says in a sentence of fixed form. */
function denial(message: unknown): Partial<Row> {
  const match =
    typeof message === 'string'
      ? /^User: arn:aws[-a-z]*:[a-z]+::\d{12}:([\w+=,.@/-]{1,200}) is not authorized to perform: (kms:[A-Za-z]+)/.exec(
          message,
        )
      : null
  if (match === null) return {}
  const [, who, action] = match
  return {
    why: `no policy allows ${action} to ${who}`,
    fix: `allow ${action} in the key policy or in a policy of ${who}`,
  }
}
