import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, onTestFinished, test } from 'vitest'
import { type HttpTrace, isHttpTraced, redactor, traceHttp } from '../../src/adapter/index.ts'

test('a request is told of without its secrets, and to nobody who does not ask', () => {
  const seen: HttpTrace[] = []
  const told = (trace: unknown) => void seen.push(trace as HttpTrace)
  const trace = () =>
    traceHttp({
      method: 'GET',
      url: 'https://u:canary-1@registry.example/v2/app/blobs/x?scope=a:pull&X-Amz-Signature=canary-2',
      requestHeaders: { accept: '*/*', Authorization: 'Bearer canary-3', 'X-Vault-Token': 'canary-4' },
      started: performance.now(),
      answer: {
        status: 307,
        headers: [
          ['x-request-id', 'id-1'],
          ['set-cookie', 'canary-5'],
          ['location', 'https://s:canary-6@storage.example/x?sig=canary-7&n=1'],
          ['www-authenticate', 'Bearer realm="canary-8-the-password"'],
        ],
      },
      redact: redactor(['canary-8-the-password']),
    })
  expect(isHttpTraced()).toBe(false)
  trace()
  subscribe('sealwright:http', told)
  onTestFinished(() => void unsubscribe('sealwright:http', told))
  expect(isHttpTraced()).toBe(true)
  trace()
  traceHttp({
    method: 'HEAD',
    url: 'https://registry.example/',
    requestHeaders: {},
    started: performance.now(),
    error: Object.assign(new Error('canary-9'), { code: 'ECONNREFUSED' }),
  })
  expect(JSON.stringify(seen)).not.toContain('canary')
  expect(seen).toMatchObject([
    {
      method: 'GET',
      url: 'https://registry.example/v2/app/blobs/x?scope=a:pull&X-Amz-Signature=…',
      status: 307,
      requestId: 'id-1',
      requestHeaders: { accept: '*/*', authorization: 'Bearer …' },
      headers: { location: 'https://storage.example/x?sig=…&n=1' },
    },
    { failure: 'ECONNREFUSED' },
  ])
})

test('of a URL neither a fragment, nor a query without names, nor a user with an @ is shown', () => {
  const seen: HttpTrace[] = []
  const told = (trace: unknown) => void seen.push(trace as HttpTrace)
  subscribe('sealwright:http', told)
  onTestFinished(() => void unsubscribe('sealwright:http', told))
  const urls = [
    'https://storage.example/x?canary-token',
    'https://storage.example/x?n=1&canary-token#access_token=canary',
    'https://storage.example/x#access_token=canary&n=1',
    'https://u:canary@canary@storage.example/x',
    // What URLSearchParams makes of it.
    'https://storage.example/x?canary-token=&last=&digest=sha256%3Aab',
    '//u:canary@storage.example/x',
    '/x?canary?canary=1',
  ]
  for (const url of urls) {
    const answer = { status: 202, headers: [['location', url] as const] }
    traceHttp({ method: 'POST', url, requestHeaders: {}, started: performance.now(), answer })
  }
  expect(seen.map(({ url }) => url)).toEqual([
    'https://storage.example/x?…',
    'https://storage.example/x?n=1&…',
    'https://storage.example/x',
    'https://storage.example/x',
    'https://storage.example/x?…&last=&digest=sha256%3Aab',
    '//storage.example/x',
    '/x?…',
  ])
  expect(JSON.stringify(seen)).not.toContain('canary')
})
