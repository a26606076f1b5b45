import { describe, expect, it } from 'vitest'
import { byProxy, type Dispatcher, exchange, proxyFor } from '../../src/adapter/index.ts'

const target = new URL('https://vault.example:8200')

describe('a failure of the proxy', () => {
  const proxy = proxyFor(target, { HTTPS_PROXY: 'http://user:canary@proxy.example:3128' })!

  it.each([
    ['Proxy response (407) !== 200 when HTTP Tunneling', 'UND_ERR_ABORTED', 'UNAUTHENTICATED'],
    ['Proxy Authentication Required (407)', 'UND_ERR_INVALID_ARG', 'UNAUTHENTICATED'],
    ['Proxy response (403) !== 200 when HTTP Tunneling', 'UND_ERR_ABORTED', 'UNAVAILABLE'],
    ['connect ECONNREFUSED', 'ECONNREFUSED', 'UNAVAILABLE'],
    ['getaddrinfo ENOTFOUND', 'ENOTFOUND', 'UNAVAILABLE'],
  ])('(%s) names the proxy and its variable, and no password', async (message, code, expected) => {
    const dispatcher = failing(Object.assign(new Error(message), { code }))
    const failure = await exchange(byProxy(dispatcher, target.origin, proxy), ASKED, LIMITS).catch(
      error => error,
    )
    expect(failure).toMatchObject({ code: expected, message: expect.stringContaining('proxy.example:3128') })
    expect(`${failure.why} ${failure.fix}`).toContain('HTTPS_PROXY')
    expect(`${failure.message} ${failure.why} ${failure.fix}`).not.toContain('canary')
  })

  it('is not what the server behind it does', async () => {
    const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
    await expect(exchange(byProxy(failing(reset), target.origin, proxy), ASKED, LIMITS)).rejects.toBe(reset)
  })
})

const ASKED = { method: 'GET', path: '/', headers: {} }
const LIMITS = { maxBytes: 10, server: 'Vault' }

function failing(error: Error): Dispatcher {
  return {
    dispatch: (_, handler) => {
      handler.onResponseError({ abort: () => {} }, error)
      return true
    },
  }
}
