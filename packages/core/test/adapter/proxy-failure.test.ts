import { describe, expect, it } from 'vitest'
import { proxyFailure, proxyFor } from '../../src/adapter/index.ts'

const target = new URL('https://vault.example:8200')

describe('a failure of the proxy', () => {
  const proxy = proxyFor(target, { HTTPS_PROXY: 'http://user:canary@proxy.example:3128' })!

  it.each([
    ['a tunnel that wants a login', { code: 'ERR_PROXY_TUNNEL', statusCode: 407 }, 'UNAUTHENTICATED'],
    ['a response that wants a login', { statusCode: 407 }, 'UNAUTHENTICATED'],
    ['a tunnel that is refused', { code: 'ERR_PROXY_TUNNEL', statusCode: 403 }, 'ACCESS_DENIED'],
    ['a tunnel that fails', { code: 'ERR_PROXY_TUNNEL', statusCode: 502 }, 'UNAVAILABLE'],
    ['a tunnel that ends', { code: 'ERR_PROXY_TUNNEL' }, 'UNAVAILABLE'],
    ['no connection', { code: 'ECONNREFUSED' }, 'UNAVAILABLE'],
    ['no such host', { code: 'ENOTFOUND' }, 'UNAVAILABLE'],
  ])('(%s) names the proxy and its variable, and no password', (_, error, expected) => {
    const failure = proxyFailure(error, target, proxy)!
    expect(failure).toMatchObject({ code: expected, message: expect.stringContaining('proxy.example:3128') })
    expect(`${failure.why} ${failure.fix}`).toContain('HTTPS_PROXY')
    expect(`${failure.message} ${failure.why} ${failure.fix}`).not.toContain('canary')
  })

  it('is not what the server behind it does', () => {
    const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
    expect(proxyFailure(reset, target, proxy)).toBeUndefined()
    expect(proxyFailure({ statusCode: 403 }, target, proxy)).toBeUndefined()
  })
})
