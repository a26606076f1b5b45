import { isSealwrightError, SealwrightError } from '@sealwright/core'

const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/

/** What made `fetch` fail, named by the host; nothing that can be waited out if it is about certificates. */
export function networkError(error: unknown, url: URL): SealwrightError {
  const cause = rootOf(error)
  if (isSealwrightError(cause)) return cause
  const code = codeOf(cause)
  const tls = code !== undefined && TLS.test(code)
  const proxy = code?.startsWith('ERR_PROXY') ?? false
  return new SealwrightError('UNAVAILABLE', `${url.host} cannot be reached`, {
    why: `${tls ? 'TLS: ' : proxy ? 'through the proxy: ' : ''}${code ?? 'the connection failed'}`,
    ...(proxy ? { fix: 'check HTTPS_PROXY, HTTP_PROXY and NO_PROXY' } : {}),
    ...(tls
      ? { fix: 'check the host and its certificate; plain http must be chosen, it is never tried' }
      : {}),
    cause,
  })
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
