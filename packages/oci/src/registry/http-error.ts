import {
  type ErrorCode,
  isSealwrightError,
  SealwrightError,
  type SealwrightErrorOptions,
} from '@sealwright/core'
import { decodeJson, type JsonValue } from '@sealwright/core/encoding'
import { readList, readObject } from '../descriptor-json.ts'

const MAX_SAID = 300

/** What a failed answer meant. */
export interface Failed {
  readonly status: number
  readonly headers: Headers
  /** The beginning of the body. */
  readonly body: Uint8Array
}

/**
 * @param what - What was tried: `registry.example refused the push to app`.
 * @param redact - Takes out what must not be shown again, should the server have repeated it.
 */
export function httpError(what: string, failed: Failed, redact: (text: string) => string): SealwrightError {
  const { status, headers } = failed
  const said = whatItSaid(failed)
  const quoted = said === '' ? '' : `, from the registry: ${JSON.stringify(redact(said))}`
  const retryAfterMs = retryAfter(headers)
  const requestId = requestIdOf(headers)
  const options: SealwrightErrorOptions = {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === undefined ? {} : { requestId }),
  }
  return new SealwrightError(codeOf(status), `${what} (${status}${quoted})`, options)
}

/** Whether the errors in a body include one of this code (distribution-spec, "Error Codes"). */
export function saysCode(failed: Pick<Failed, 'body'>, code: string): boolean {
  return registryFaults(failed).some(error => error.code === code)
}

/** Milliseconds, from a number of seconds or a date (RFC 9110 section 10.2.3). */
function retryAfter(headers: Headers): number | undefined {
  const field = headers.get('retry-after')?.trim()
  if (!field) return undefined
  if (/^\d{1,9}$/.test(field)) return Number(field) * 1000
  const time = Date.parse(field)
  return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now())
}

function codeOf(status: number): ErrorCode {
  if (status >= 500 && status !== 501) return 'UNAVAILABLE'
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED'
    case 403:
      return 'ACCESS_DENIED'
    case 404:
      return 'NOT_FOUND'
    case 408:
      return 'UNAVAILABLE'
    case 429:
      return 'THROTTLED'
    case 405:
    case 501:
      return 'UNSUPPORTED'
    default:
      return status >= 400 ? 'VALIDATION' : 'UNAVAILABLE'
  }
}

/** One error of a body (distribution-spec, "Error Codes"). */
export interface RegistryFault {
  readonly code: string
  readonly message: string
  /** Whatever the registry likes to say here: text, an object, a list. */
  readonly detail?: JsonValue
}

function whatItSaid(failed: Failed): string {
  const text = registryFaults(failed)
    .map(({ code, message }) => (message === '' ? code : `${code.toLowerCase()}: ${message}`))
    .join('; ')
  return text.replace(/\p{Cc}/gu, ' ').slice(0, MAX_SAID)
}

/** The errors in a body; none where it is of another kind. */
export function registryFaults({ body }: Pick<Failed, 'body'>): readonly RegistryFault[] {
  try {
    const { errors } = readObject(decodeJson(body, { label: 'the answer' }), 'the answer')
    return readList(errors, 'errors').map(error => {
      const { code, message, detail } = readObject(error, 'error')
      return {
        code: typeof code === 'string' ? code : 'unknown',
        message: typeof message === 'string' ? message : '',
        ...(detail === undefined ? {} : { detail }),
      }
    })
  } catch (error) {
    // A page of a proxy, an empty body: the status says enough.
    if (isSealwrightError(error)) return []
    throw error
  }
}

function requestIdOf(headers: Headers): string | undefined {
  const id = headers.get('x-request-id') ?? headers.get('x-ms-correlation-request-id')
  return id !== null && /^[\w.:-]{1,128}$/.test(id) ? id : undefined
}
