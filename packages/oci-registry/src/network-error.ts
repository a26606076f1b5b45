import { type ErrorCode, isSealwrightError, SealwrightError } from '@sealwright/core'
import type { HttpProxy } from '@sealwright/core/adapter'

const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/

/** What made `fetch` fail, named by the host; nothing that can be waited out if it is about certificates. */
export function networkError(error: unknown, url: URL): SealwrightError {
  const cause = rootOf(error)
  if (isSealwrightError(cause)) return cause
  const code = codeOf(cause)
  const tls = code !== undefined && TLS.test(code)
  return new SealwrightError('UNAVAILABLE', `${url.host} cannot be reached`, {
    why: `${tls ? 'TLS: ' : ''}${code ?? 'the connection failed'}`,
    fix: fixOf(code, tls, url),
    cause,
  })
}

function fixOf(code: string | undefined, tls: boolean, { host, hostname }: URL): string {
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') {
    return `check the port: ${host} does not speak TLS there; if it speaks plain http, say so: --plain-http ${host}`
  }
  if (code !== undefined && UNTRUSTED.test(code)) {
    return `give the certificate of the authority of ${host}: --ca-file FILE, or "caFile" in the configuration`
  }
  if (tls) return `check the host and its certificate; plain http is never tried, it must be chosen`
  if (code === 'ENOTFOUND')
    return `check the spelling of ${hostname}, and that its name can be resolved from here`
  return `check that ${host} is up and can be reached from here, or that a proxy is named, then try again`
}

const UNTRUSTED = /^(?:UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|INVALID_CA)/

/** What a request through a proxy ended with, if the proxy is to blame. */
export function proxyError(error: unknown, url: URL, { url: proxy, variable }: HttpProxy): unknown {
  const cause = rootOf(error)
  const { code, syscall, statusCode, message } = cause as {
    readonly code?: unknown
    readonly syscall?: unknown
    readonly statusCode?: unknown
    readonly message?: unknown
  }
  const place = `the proxy ${proxy.host} (${variable})`
  const without = `NO_PROXY=${url.hostname} leaves it out`
  if (syscall === 'connect' || syscall === 'getaddrinfo') {
    return new SealwrightError('UNAVAILABLE', `${url.host} cannot be reached through a proxy`, {
      why: `${place} cannot be reached: ${String(code)}`,
      fix: `check ${variable}; ${without}`,
      cause,
    })
  }
  if (typeof code !== 'string' || !code.startsWith('ERR_PROXY')) return error
  const status = Number(statusCode ?? /\b([1-5]\d\d)\b(?!.*\b[1-5]\d\d\b)/.exec(String(message))?.[1])
  const [meaning, why, fix] = REFUSALS[status] ?? [
    'UNAVAILABLE',
    Number.isNaN(status) ? `makes no connection (${code})` : `makes no connection (${status})`,
    `check ${variable}, and that the proxy may reach ${url.host}`,
  ]
  return new SealwrightError(meaning, `${url.host} cannot be reached through a proxy`, {
    why: `${place} ${why}`,
    fix: `${fix.replace('VARIABLE', variable)}; ${without}`,
    cause,
  })
}

const REFUSALS: Readonly<Record<number, readonly [ErrorCode, string, string]>> = {
  403: ['ACCESS_DENIED', 'does not let this host through (403)', 'have the host allowed there'],
  407: [
    'UNAUTHENTICATED',
    'wants a login (407)',
    'name user and password of the proxy: VARIABLE=http://USER:PASSWORD@HOST:PORT',
  ],
}

function rootOf(error: unknown): unknown {
  let root = error
  for (let depth = 0; depth < 8; depth++) {
    if (!(root instanceof Error) || isSealwrightError(root)) break
    const next = root instanceof AggregateError ? root.errors[0] : root.cause
    if (next === undefined) break
    root = next
  }
  return root
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
