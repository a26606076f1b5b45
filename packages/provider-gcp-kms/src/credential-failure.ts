import { type ErrorCode, isSealwrightError, SealwrightError } from '@sealwright/core'
import { certificateFailure } from './certificate-failure.ts'

const LOG_IN =
  'give the job workload identity (in GitHub Actions `id-token: write`), the machine a service account; elsewhere: gcloud auth application-default login'

/** Node's words for a way that is closed, wherever google-auth-library puts them. */
const NO_WAY = /\b(?:ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH)\b|socket hang up/

/** `; asked 127.0.0.1:443`: the address in Node's own words for a connection that failed, which hold nothing else. */
export function addressIn(text: string): string {
  const [, address] =
    /\b(?:ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH) ([\w.:[\]-]{0,259}[\w\]])/.exec(
      text,
    ) ?? []
  return address === undefined ? '' : `; asked ${address}`
}

interface Found {
  readonly code: ErrorCode
  readonly why: string
  readonly fix?: string | undefined
}

/** What went wrong while credentials were looked for or a token was fetched. Nothing of the text is kept. */
export function explainCredentials(text: string, status?: number): Found {
  if (/Could not load the default credentials|NO_ADC_FOUND/.test(text)) {
    const why =
      'no source has any: GOOGLE_APPLICATION_CREDENTIALS is not set, gcloud is not logged in, no metadata server answers'
    return { code: 'UNAUTHENTICATED', why, fix: LOG_IN }
  }
  if (/universe domain/.test(text)) {
    return {
      code: 'VALIDATION',
      why: 'the credentials are of another cloud (universe domain) than Cloud KMS is asked in',
      fix: 'set the option universeDomain, or GOOGLE_CLOUD_UNIVERSE_DOMAIN',
    }
  }
  if (
    /does not exist, or it is not a file|ENOENT|EACCES|Unexpected token|not valid JSON|JSON input/.test(text)
  ) {
    const why =
      'the file of the log-in of gcloud, or one that the credentials name, cannot be read or is not JSON'
    return { code: 'UNAUTHENTICATED', why, fix: LOG_IN }
  }
  const certificate = certificateFailure(text, 'the source of tokens')
  if (certificate !== undefined) return { ...certificate, why: `of the source of tokens: ${certificate.why}` }
  if (status === 429 || (status !== undefined && status >= 500)) {
    return { code: 'UNAVAILABLE', why: `the source of tokens answered with status ${status}` }
  }
  if (NO_WAY.test(text)) {
    return {
      code: 'UNAVAILABLE',
      why: `no connection could be made to the source of tokens, or it broke${addressIn(text)}`,
    }
  }
  const why =
    'no token was given for the credentials: they have expired, are revoked, or the pool or service account refuses'
  return { code: 'UNAUTHENTICATED', why, fix: LOG_IN }
}

/** @returns An error to throw; ours as they are. */
export function credentialFailure(error: unknown): SealwrightError {
  if (isSealwrightError(error)) return error
  const { message, code, status, response } = (error ?? {}) as {
    readonly message?: unknown | undefined
    readonly code?: unknown | undefined
    readonly status?: unknown | undefined
    readonly response?: { readonly status?: unknown | undefined }
  }
  const answered = [status, response?.status].find(each => typeof each === 'number')
  const found = explainCredentials(`${code} ${message}`, answered)
  return new SealwrightError(found.code, 'there are no credentials of Google Cloud that work', {
    why: found.why,
    cause: error,
    fix: found.fix,
  })
}
