import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { HttpTrace } from '@sealwright/core/adapter'

const CHANNEL = 'sealwright:http'

/**
 * Tells of each request to a registry or a key store until it is disposed of: method, URL, status, time and request id, then
 * headers, all without secrets.
 */
export function watchHttp(say: (line: string) => void): Disposable {
  const told = (message: unknown): void => {
    for (const line of linesOf(message as HttpTrace)) say(line)
  }
  subscribe(CHANNEL, told)
  return { [Symbol.dispose]: () => void unsubscribe(CHANNEL, told) }
}

function linesOf(trace: HttpTrace): readonly string[] {
  const { method, url, status, failure, durationMs, requestId, requestHeaders, headers } = trace
  const id = requestId === undefined ? '' : `, request id ${requestId}`
  return [
    `${method} ${url}: ${status ?? failure ?? 'no answer'} in ${durationMs} ms${id}`,
    ...Object.entries(requestHeaders).map(([name, value]) => `  > ${name}: ${value}`),
    ...Object.entries(headers).map(([name, value]) => `  < ${name}: ${value}`),
  ]
}
