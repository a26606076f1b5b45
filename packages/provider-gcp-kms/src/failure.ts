import { type ErrorCode, type FailedOperation, type Failure, isSealwrightError } from '@sealwright/core'
import { requestIdIn, transportFailure } from '@sealwright/core/adapter'
import { advised, certificateFailure } from './certificate-failure.ts'
import { addressIn, explainCredentials } from './credential-failure.ts'

type Row = Failure & { readonly why: string }

const LOG_IN =
  'give the job workload identity, or the machine a service account; elsewhere: gcloud auth application-default login'

const THROTTLED: Row = { code: 'THROTTLED', why: 'the quota of requests is used up for now' }
const DENIED: Row = {
  code: 'ACCESS_DENIED',
  why: 'no role allows it to these credentials, or the key does not exist: Cloud KMS does not say which',
  fix: 'grant a role on the key: roles/cloudkms.signer signs, roles/cloudkms.publicKeyViewer opens',
}
const EXISTS: Row = {
  code: 'VALIDATION',
  why: 'a key of this name exists; nothing was made',
  fix: 'choose another name, or rotate the key: names cannot be used again, even of keys destroyed',
}
const INVALID: Row = { code: 'VALIDATION', why: 'Cloud KMS refuses the request as malformed' }
const INTERNAL: Row = { code: 'UNAVAILABLE', why: 'Google Cloud reports a failure of its own' }
const UNREADABLE: Row = { code: 'INTEGRITY', why: 'the answer cannot be read' }
const NO_WAY: Row = { code: 'UNAVAILABLE', why: 'no connection to Cloud KMS could be made, or it broke' }

/** By the codes of gRPC, which the SDK gives to failures over REST too. */
const BY_CODE: Readonly<Record<number, Row>> = {
  1: { code: 'ABORTED', why: 'the call was aborted' },
  2: INTERNAL,
  3: INVALID,
  4: { code: 'TIMEOUT', why: 'Cloud KMS did not answer in time' },
  5: { code: 'NOT_FOUND', why: 'no such key, version or key ring' },
  6: EXISTS,
  7: DENIED,
  8: THROTTLED,
  9: { code: 'KEY_STATE', why: 'the key is in a state in which it does not sign' },
  10: INTERNAL,
  11: INVALID,
  12: { code: 'UNSUPPORTED', why: 'Cloud KMS does not know this request' },
  13: INTERNAL,
  14: { code: 'UNAVAILABLE', why: 'Cloud KMS is not available' },
  15: { code: 'INTEGRITY', why: 'Cloud KMS reports that data was lost' },
  16: {
    code: 'UNAUTHENTICATED',
    why: 'Google refuses the credentials: they have expired, or are wrong',
    fix: LOG_IN,
  },
}

/** By the reason in `google.rpc.ErrorInfo`, where it says more than the code. */
const BY_REASON: Readonly<Record<string, Row>> = {
  SERVICE_DISABLED: {
    code: 'ACCESS_DENIED',
    why: 'the API of Cloud KMS is not enabled in the project',
    fix: 'gcloud services enable cloudkms.googleapis.com',
  },
  BILLING_DISABLED: {
    code: 'ACCESS_DENIED',
    why: 'the project has no billing account',
    fix: 'link a billing account to the project of the key',
  },
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: {
    code: 'ACCESS_DENIED',
    why: 'the token was not made for Cloud KMS: its scopes leave it out',
    fix: 'give the machine the scope https://www.googleapis.com/auth/cloudkms or cloud-platform',
  },
  USER_PROJECT_DENIED: {
    code: 'ACCESS_DENIED',
    why: 'the project that pays for the quota may not be used by these credentials',
    fix: 'grant serviceusage.services.use on it, or set another: gcloud auth application-default set-quota-project',
  },
  SECURITY_POLICY_VIOLATED: {
    code: 'ACCESS_DENIED',
    why: 'a perimeter of VPC Service Controls forbids it',
    fix: 'call from inside the perimeter, or have an ingress rule made',
  },
}

interface VendorError {
  readonly name?: unknown | undefined
  readonly code?: unknown | undefined
  readonly message?: unknown | undefined
  /** gRPC: the message without its code. */
  readonly details?: unknown | undefined
  readonly reason?: unknown | undefined
  readonly errorInfoMetadata?: Readonly<Record<string, unknown>> | undefined
  readonly statusDetails?: unknown | undefined
  readonly httpStatusCode?: unknown | undefined
  readonly cause?: unknown | undefined
}

/** Names a failure; `undefined` for what is neither Cloud KMS's nor the network's. Its text is not kept. */
export function classify(error: unknown, during?: FailedOperation): Failure | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const vendor = error as VendorError
  if (isSealwrightError(vendor.cause)) {
    const { code, why, message, fix, retryAfterMs } = vendor.cause
    return {
      code,
      why: why ?? message,
      fix,
      retryAfterMs,
    }
  }
  const text = textOf(vendor)
  const row = rowOf(vendor, text)
  if (row === undefined) return undefined
  if (row === BY_CODE[5] && during?.operation === 'create') return noKeyRing(during.reference)
  const retryAfterMs = row.code === 'THROTTLED' || row.code === 'UNAVAILABLE' ? patience(vendor) : undefined
  return {
    ...row,
    ...(row === DENIED ? denial(vendor, text) : {}),
    retryAfterMs,
    ...requestIdIn(detail(vendor, 'requestId')),
  }
}

/** Of a key that is made, only the key ring can be missing. */
function noKeyRing(reference: string | undefined): Failure {
  const [, location, ring] = /\/locations\/([\w-]+)\/keyRings\/([\w-]+)\//.exec(reference ?? '') ?? []
  return {
    code: 'NOT_FOUND',
    why: 'no such key ring',
    fix: ring === undefined ? undefined : `gcloud kms keyrings create ${ring} --location ${location}`,
  }
}

function rowOf(error: VendorError, text: string): Row | undefined {
  const { code, name, reason } = error
  // From a client that was given, and from sources of credentials.
  const failure = advised(transportFailure(error, 'Cloud KMS'))
  if (failure !== undefined) return failure
  if (name === 'AbortError') return BY_CODE[1]
  if (name === 'TimeoutError') return BY_CODE[4]
  if (typeof code !== 'number') return undefined
  // The code beside it is whatever the source of tokens gave: a status of HTTP, for instance.
  if (text.includes('Getting metadata from plugin failed')) {
    return explainCredentials(text, code >= 400 ? code : undefined)
  }
  if (!Object.hasOwn(BY_CODE, code)) return undefined
  if (typeof reason === 'string' && Object.hasOwn(BY_REASON, reason)) return BY_REASON[reason]
  return misleading(error, code, text) ?? BY_CODE[code]
}

/** Codes that gRPC and the SDK make of what Cloud KMS did not say, and those that mean several things. */
function misleading(error: VendorError, code: number, text: string): Row | undefined {
  const answered = /Received HTTP status code (\d{3})/.exec(text)?.[1]
  if (answered !== undefined) return proxied(Number(answered))
  if (text.includes('could not be decoded')) return proxied(Number(error.httpStatusCode))
  switch (code) {
    case 3:
      return /checksum|crc32c/i.test(text)
        ? { code: 'INTEGRITY', why: 'the request was damaged on its way: Cloud KMS found another checksum' }
        : undefined
    case 9:
      return precondition(text)
    case 13:
      return /message parsing error|Failed to decompress|Unexpected end/i.test(text) ? UNREADABLE : undefined
    case 14: {
      const certificate = certificateFailure(text, 'Cloud KMS')
      if (certificate !== undefined) return certificate
      if (isUndecodable(error)) return UNREADABLE
      return /No connection established|ECONN|connection|Name resolution|hang up/i.test(text)
        ? { ...NO_WAY, why: NO_WAY.why + addressIn(text) }
        : undefined
    }
    default:
      return undefined
  }
}

function precondition(text: string): Row | undefined {
  if (/state|not enabled|disabled|destroy/i.test(text)) return undefined
  return /purpose|algorithm|format/i.test(text)
    ? { code: 'UNSUPPORTED', why: 'the key cannot do this' }
    : undefined
}

function proxied(status: number): Row {
  const code: ErrorCode = status === 429 ? 'THROTTLED' : 'UNAVAILABLE'
  return {
    code,
    why: `the server, or a proxy in front of it, returned status ${status} that is not of Cloud KMS`,
  }
}

/** The SDK calls a reply over REST that it cannot read "unavailable", like a connection that failed. */
function isUndecodable({ cause, httpStatusCode }: VendorError): boolean {
  if (!(cause instanceof Error) || httpStatusCode !== undefined) return false
  return !('config' in cause) && typeof (cause as { code?: unknown }).code !== 'string'
}

function textOf({ details, message }: VendorError): string {
  if (typeof details === 'string') return details
  return typeof message === 'string' ? message : ''
}

/** A member of one of the messages that go with a status (`google.rpc.RetryInfo`, `RequestInfo`). */
function detail({ statusDetails }: VendorError, member: string): unknown {
  if (!Array.isArray(statusDetails)) return undefined
  for (const each of statusDetails as unknown[]) {
    if (typeof each === 'object' && each !== null && member in each) return each[member as keyof typeof each]
  }
  return undefined
}

function patience(error: VendorError): number | undefined {
  const delay = detail(error, 'retryDelay')
  if (typeof delay !== 'object' || delay === null) return undefined
  const { seconds = 0, nanos = 0 } = delay as {
    readonly seconds?: unknown | undefined
    readonly nanos?: unknown | undefined
  }
  const delayMs = Number(String(seconds ?? 0)) * 1000 + Math.ceil(Number(nanos ?? 0) / 1e6)
  return Number.isFinite(delayMs) && delayMs >= 0 ? delayMs : undefined
}

/** Which permission is missing, from the details or from a sentence of fixed form. */
function denial({ errorInfoMetadata }: VendorError, text: string): Partial<Row> {
  const said = errorInfoMetadata?.permission ?? /^Permission '([^']*)' denied/.exec(text)?.[1]
  if (typeof said !== 'string' || !/^[a-z]+\.[A-Za-z.]{1,80}$/.test(said)) return {}
  return {
    why: `no role gives these credentials ${said}, or the key does not exist: Cloud KMS does not say which`,
    fix: `grant a role with ${said} on the key`,
  }
}
