export { spkiOf } from '../raw-public-key.ts'
export {
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
  type HttpResponse,
  httpClient,
  requestIdIn,
  type TlsOptions,
} from './http-client.ts'
export { type HttpTrace, isHttpTraced, traceHttp } from './http-trace.ts'
export { isLoopback } from './loopback.ts'
export {
  decryptPbes2,
  encryptPbes2,
  PBES2_LIMITS,
  type Pbes2,
  type Pbes2Kdf,
  type Pbes2Source,
  readPbes2,
} from './pbes2.ts'
export { type HttpProxy, type ProxyEnv, proxyFor } from './proxy.ts'
export { proxyFailure } from './proxy-failure.ts'
export { redactor } from './redact.ts'
export { retryAfterMs } from './retry-after.ts'
export { SingleFlight } from './single-flight.ts'
export {
  rootCause,
  type TransportFailure,
  type TransportFault,
  transportFailure,
} from './transport-failure.ts'
export { KeyedMutex, untilAborted } from './until-aborted.ts'
