export { spkiOf } from '../raw-public-key.ts'
export { byProxy } from './by-proxy.ts'
export {
  type Dispatcher,
  type ExchangeLimits,
  exchange,
  type HttpAnswer,
  type HttpRequest,
  requestIdIn,
  withoutSecrets,
} from './exchange.ts'
export { type HttpTrace, isHttpTraced, traceHttp } from './http-trace.ts'
export { KeyedMutex } from './keyed-mutex.ts'
export { isLoopback } from './loopback.ts'
export { type HttpProxy, type ProxyEnv, proxyFor } from './proxy.ts'
export { redactor } from './redact.ts'
export { retryAfterMs } from './retry-after.ts'
export { singleFlight } from './single-flight.ts'
export { type TransportFailure, type TransportFault, transportFailure } from './transport-failure.ts'
export { untilAborted } from './until-aborted.ts'
