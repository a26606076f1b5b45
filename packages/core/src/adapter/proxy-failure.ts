import { type ErrorCode, SealwrightError } from '../errors.ts'
import type { HttpProxy } from './proxy.ts'

/** What Node reports when it has no connection to the proxy. */
const UNREACHABLE = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/

/**
 * Returns the failure of a request through a proxy if the proxy is to blame, and `undefined` if the server behind it is.
 *
 * @param error - From Node's HTTP client: no connection to the proxy, or the proxy refused a tunnel. Or a response in which
 *   the proxy asks for a login.
 * @param target - The URL of the server behind the proxy.
 */
export function proxyFailure(error: unknown, target: URL, proxy: HttpProxy): SealwrightError | undefined {
  const { code, statusCode } = (error ?? {}) as { readonly code?: unknown; readonly statusCode?: unknown }
  const named = typeof code === 'string' ? code : ''
  const meaning = UNREACHABLE.test(named)
    ? (['UNAVAILABLE', `cannot be reached: ${named}`, 'check VARIABLE'] as const)
    : named.startsWith('ERR_PROXY') || statusCode === 407
      ? (REFUSALS[Number(statusCode)] ??
        ([
          'UNAVAILABLE',
          `makes no connection (${statusCode ?? named})`,
          'check VARIABLE, and that the proxy may reach TARGET',
        ] as const))
      : undefined
  if (meaning === undefined) return undefined
  const { url, variable } = proxy
  const [errorCode, why, fix] = meaning
  return new SealwrightError(errorCode, `${target.host} cannot be reached through the proxy ${url.host}`, {
    why: `the proxy ${url.host} (${variable}) ${why}`,
    fix: `${fix.replace('VARIABLE', variable).replace('TARGET', target.host)}; NO_PROXY=${target.hostname} leaves it out`,
    cause: error,
  })
}

const REFUSALS: Readonly<Record<number, readonly [code: ErrorCode, why: string, fix: string]>> = {
  403: ['ACCESS_DENIED', 'denies this host (403)', 'ask its operator to allow this host'],
  407: [
    'UNAUTHENTICATED',
    'requires a login (407)',
    'set VARIABLE=http://USER:PASSWORD@HOST:PORT with user and password of the proxy',
  ],
}
