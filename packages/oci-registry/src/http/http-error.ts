import {
  type ErrorCode,
  isSealwrightError,
  type Remedy,
  SealwrightError,
  type SealwrightErrorOptions,
} from '@sealwright/core'
import { retryAfterMs } from '@sealwright/core/adapter'
import { decodeJson, type JsonValue } from '@sealwright/core/encoding'
import { readList, readObject } from '@sealwright/oci/store'

const MAX_SAID = 300

/** What a failed answer meant. */
export interface Failed {
  readonly status: number
  readonly headers: Headers
  /** The beginning of the body. */
  readonly body: Uint8Array
  /** Who answered. */
  readonly url: URL
}

/**
 * @param what - What was tried: `registry.example refused the push to app`.
 * @param redact - Takes out what must not be shown again, should the server have repeated it.
 */
export function httpError(what: string, failed: Failed, redact: (text: string) => string): SealwrightError {
  const { status, headers } = failed
  const said = whatItSaid(failed, redact)
  const quoted = said === '' ? '' : `, from the registry: ${JSON.stringify(said)}`
  const waitMs = retryAfterMs(headers.get('retry-after'), Date.now())
  const requestId = requestIdOf(headers, redact)
  const { code, why, fix, remedy } = meaningOf(failed)
  const options: SealwrightErrorOptions = { why, fix, remedy, retryAfterMs: waitMs, requestId }
  return new SealwrightError(code, `${what} (${status}${quoted})`, options)
}

/** Whether the errors in a body include one of this code (distribution-spec, "Error Codes"). */
export function saysCode(failed: Pick<Failed, 'body'>, code: string): boolean {
  return registryFaults(failed).some(error => error.code === code)
}

interface Meaning {
  readonly code: ErrorCode
  readonly why?: string | undefined
  readonly fix?: string | undefined
  readonly remedy?: Remedy | undefined
}

/** What an answer says of its cause, and what can be done about that: the most telling first. */
function meaningOf(failed: Failed): Meaning {
  const { status, url } = failed
  if (status === 400 && url.protocol === 'http:' && saysText(failed, /\bhttp request\b.*\bhttps\b/i)) {
    return {
      code: 'VALIDATION',
      why: `${url.host} speaks https, and was spoken to in plain http`,
      fix: `use https for ${url.host}`,
      remedy: { step: 'useHttps', host: url.host },
    }
  }
  if (status === 426) {
    return {
      code: 'VALIDATION',
      why: 'the server demands another protocol, most likely https',
      fix: `use https for ${url.host}`,
      remedy: { step: 'useHttps', host: url.host },
    }
  }
  const told = registryFaults(failed)
    .map(({ code }) => BY_CODE[code])
    .find(meaning => meaning !== undefined)
  const meaning = BY_STATUS[status]
  if (told !== undefined && status >= 400 && status < 500) {
    return { ...told, code: meaning?.code ?? 'VALIDATION' }
  }
  if (meaning !== undefined) return meaning
  if (status >= 500) return { code: 'UNAVAILABLE' }
  if (status >= 400) {
    return {
      code: 'VALIDATION',
      why: 'the registry rejects the request without a known error code',
      fix: 'look into the log of the registry, or ask its operator',
    }
  }
  return {
    code: 'UNAVAILABLE',
    why: 'this is not a valid response of a registry',
    fix: 'check the host and what is in front of it, such as a proxy or a login page',
  }
}

const SIZE: Meaning = {
  code: 'VALIDATION',
  why: 'it is larger than the registry, or a proxy in front of it, lets through',
  fix: 'have the limit raised (nginx: client_max_body_size)',
}

/** By the codes of the distribution-spec, and those of registries that have others. */
const BY_CODE: Readonly<Record<string, Omit<Meaning, 'code'>>> = {
  NAME_UNKNOWN: {
    why: 'the registry has no such repository',
    fix: 'check the name; some registries want a repository, project or namespace to be made before the first push',
  },
  NAME_INVALID: {
    why: 'the registry does not take the name of the repository',
    fix: 'name it as the registry demands: many want PROJECT/REPOSITORY',
  },
  TAG_INVALID: {
    why: 'the registry does not take this tag',
    fix: 'check its rules for tags, such as immutable ones',
  },
  MANIFEST_INVALID: {
    why: 'the registry does not take this kind of manifest, or a member of it',
    fix: 'check that the registry takes OCI 1.1 manifests, or push to one that does',
  },
  DIGEST_INVALID: {
    why: 'the registry rejects this digest, or computed another for the content',
    fix: 'use sha256, which all registries know; if it is sha256, check for a proxy that modifies content',
  },
  SIZE_INVALID: SIZE,
  BLOB_UPLOAD_UNKNOWN: {
    why: 'the registry no longer knows the upload that it had begun',
    fix: 'push again; if it fails again, several instances of the registry may not share their storage',
  },
  BLOB_UPLOAD_INVALID: {
    why: 'the registry ended an upload that it had begun',
    fix: 'push again; if it fails again, check for a proxy that modifies content',
  },
  ImageTagAlreadyExistsException: {
    why: 'tags are immutable in this repository, and this one exists',
    fix: 'use another tag, or let tags be changed in this repository',
  },
}

/** By what each status means from a registry; those that are not here say too little. */
const BY_STATUS: Readonly<Record<number, Meaning>> = {
  401: { code: 'UNAUTHENTICATED' },
  402: {
    code: 'ACCESS_DENIED',
    why: 'the registry wants to be paid, or a quota is used up',
    fix: 'check the plan and the quota of the account',
  },
  403: { code: 'ACCESS_DENIED' },
  404: {
    code: 'NOT_FOUND',
    why: 'the registry has no such repository, or does not show it to this login, or is not a registry',
    fix: 'check host and repository; some registries want a repository to be made before the first push',
  },
  405: {
    code: 'UNSUPPORTED',
    why: 'the registry does not offer this, or its settings forbid it',
    fix: 'check the settings of the registry (deletes, locked or immutable tags), or use one that offers it',
  },
  406: {
    code: 'UNSUPPORTED',
    why: 'the registry cannot return this in a supported media type',
    fix: 'check that the repository holds container images or OCI artifacts',
  },
  407: {
    code: 'UNAUTHENTICATED',
    why: 'the proxy wants a login, not the registry',
    fix: 'name its user and password in HTTPS_PROXY or HTTP_PROXY (http://USER:PASSWORD@HOST:PORT), or leave the proxy out with NO_PROXY',
  },
  408: { code: 'UNAVAILABLE' },
  409: {
    code: 'VALIDATION',
    why: 'it conflicts with the state of the registry, such as an immutable tag or content in use',
    fix: 'use another tag, or delete the conflicting content',
  },
  410: { code: 'NOT_FOUND', why: 'it was deleted permanently', fix: 'check host and repository' },
  411: {
    code: 'VALIDATION',
    why: 'a proxy in between took away how long the content is',
    fix: 'leave the proxy out (NO_PROXY), or have it pass on Content-Length',
  },
  412: {
    code: 'VALIDATION',
    why: 'a rule of the registry is not met, such as an immutable tag, a scan or a quota',
    fix: 'look at the rules of the project in the registry, and use another tag if it is immutable',
  },
  413: SIZE,
  414: {
    code: 'VALIDATION',
    why: 'the address is longer than the registry, or a proxy in front of it, takes',
    fix: 'have the limit raised, or use a shorter name for the repository',
  },
  415: {
    code: 'VALIDATION',
    why: 'the registry does not take this type of content',
    fix: 'check that the registry takes OCI artifacts, or push to one that does',
  },
  421: {
    code: 'VALIDATION',
    why: 'the server is not responsible for this host name',
    fix: 'check the host, and what is in front of the registry',
  },
  423: {
    code: 'ACCESS_DENIED',
    why: 'the content is locked in the registry',
    fix: 'unlock it there, or use another tag',
  },
  429: { code: 'THROTTLED' },
  431: {
    code: 'VALIDATION',
    why: 'the headers are longer than the registry, or a proxy in front of it, takes; the login may be a long token',
    fix: 'have the limit raised, or log in with a shorter token',
  },
  451: {
    code: 'ACCESS_DENIED',
    why: 'the registry may not serve this for legal reasons',
    fix: 'ask the operator of the registry; retrying will not help',
  },
  501: {
    code: 'UNSUPPORTED',
    why: 'the registry does not offer this',
    fix: 'use a registry that offers it',
  },
  511: {
    code: 'UNAUTHENTICATED',
    why: 'the network in between wants a login, and not the registry',
    fix: 'log in to the network, then repeat it',
  },
}

function saysText({ body }: Pick<Failed, 'body'>, pattern: RegExp): boolean {
  return pattern.test(Buffer.from(body.subarray(0, 1024)).toString('latin1'))
}

/** One error of a body (distribution-spec, "Error Codes"). */
export interface RegistryFault {
  readonly code: string
  readonly message: string
  /** Whatever the registry likes to say here: text, an object, a list. */
  readonly detail?: JsonValue
}

/** Secrets are taken out of each text by itself, before anything is cut. */
function whatItSaid(failed: Failed, redact: (text: string) => string): string {
  const text = registryFaults(failed)
    .map(({ code, message }) =>
      message === '' ? redact(code) : `${redact(code).toLowerCase()}: ${redact(message)}`,
    )
    .join('; ')
  return redact(text)
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, MAX_SAID)
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

function requestIdOf(headers: Headers, redact: (text: string) => string): string | undefined {
  const id = headers.get('x-request-id') ?? headers.get('x-ms-correlation-request-id')
  return id !== null && /^[\w.:-]{1,128}$/.test(id) && redact(id) === id ? id : undefined
}
