import { SealwrightError } from '../errors.ts'
import type { Dispatcher } from './exchange.ts'
import type { HttpProxy } from './proxy.ts'

/**
 * A dispatcher to one origin by undici's `ProxyAgent`, which serves them all. Failures of the proxy are told as such: to
 * undici they are failures of the origin.
 */
export function byProxy(agent: Dispatcher, origin: string, proxy: HttpProxy): Dispatcher {
  return {
    dispatch: (options, handler) =>
      agent.dispatch({ ...options, origin } as typeof options, {
        onRequestStart: controller => handler.onRequestStart(controller),
        onResponseStart: (controller, status, headers) =>
          handler.onResponseStart(controller, status, headers),
        onResponseData: (controller, chunk) => handler.onResponseData(controller, chunk),
        onResponseEnd: () => handler.onResponseEnd(),
        onResponseError: (controller, error) =>
          handler.onResponseError(controller, proxyFailure(error, origin, proxy) ?? error),
      }),
  }
}

/** What undici says where no connection to the proxy came about. */
const UNREACHED =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|UND_ERR_PRX\w*)$/

function proxyFailure(error: Error, origin: string, proxy: HttpProxy): SealwrightError | undefined {
  const { code } = error as { code?: unknown }
  const name = `the proxy ${proxy.url.host}`
  const fix = `check ${proxy.variable}; NO_PROXY lists the hosts that are reached without a proxy`
  const status = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(error.message)?.[1]
  if (status === '407') {
    return new SealwrightError('UNAUTHENTICATED', `${name} asks for a user and a password`, {
      why: `it answered with status 407, and those in ${proxy.variable} are missing or wrong`,
      fix: `set ${proxy.variable}=http://USER:PASSWORD@HOST:PORT`,
    })
  }
  if (status !== undefined) {
    return new SealwrightError('UNAVAILABLE', `${name} does not connect to ${origin}`, {
      why: `it answered with status ${status}`,
      fix,
    })
  }
  if (typeof code !== 'string' || !UNREACHED.test(code)) return undefined
  return new SealwrightError('UNAVAILABLE', `no connection to ${name} can be made`, {
    why: `${code}; ${proxy.variable} names it`,
    fix,
    cause: error,
  })
}
