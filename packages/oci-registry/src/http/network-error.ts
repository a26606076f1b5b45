import { isSealwrightError, SealwrightError, type SealwrightErrorOptions } from '@sealwright/core'
import { rootCause } from '@sealwright/core/adapter'

const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/

/** What made `fetch` fail, named by the host; nothing that can be waited out if it is about certificates. */
export function networkError(error: unknown, url: URL): SealwrightError {
  const cause = rootCause(error)
  if (isSealwrightError(cause)) return cause
  const code = codeOf(cause)
  const tls = code !== undefined && TLS.test(code)
  return new SealwrightError('UNAVAILABLE', `${url.host} cannot be reached`, {
    why: `${tls ? 'TLS: ' : ''}${code ?? 'the connection failed'}`,
    ...fixOf(code, tls, url),
    cause,
  })
}

function fixOf(
  code: string | undefined,
  tls: boolean,
  { host, hostname }: URL,
): Pick<SealwrightErrorOptions, 'fix' | 'remedy'> {
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') {
    return {
      fix: `check the port: ${host} does not speak TLS there; if it speaks plain http, choose that for it`,
      remedy: { step: 'usePlainHttp', host },
    }
  }
  if (code !== undefined && UNTRUSTED.test(code)) {
    return {
      fix: `give the certificate of the authority of ${host}`,
      remedy: { step: 'trustAuthority', host },
    }
  }
  if (tls) return { fix: 'check the host and its certificate; plain http is never tried, it must be chosen' }
  if (code === 'ENOTFOUND')
    return { fix: `check the spelling of ${hostname}, and that its name can be resolved from here` }
  return {
    fix: `check that ${host} is up and can be reached from here, or that a proxy is named, then try again`,
  }
}

const UNTRUSTED = /^(?:UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|INVALID_CA)/

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
