import { describe, expect, it } from 'vitest'
import { proxyFor } from '../../src/adapter/index.ts'

const REGISTRY = new URL('https://registry.example/v2/')

describe('a proxy', () => {
  it.each([
    ['http://proxy.corp:3128', 'http://proxy.corp:3128/'],
    ['proxy.corp:3128', 'http://proxy.corp:3128/'],
    ['127.0.0.1:3128', 'http://127.0.0.1:3128/'],
    ['proxy', 'http://proxy/'],
    ['https://proxy.corp', 'https://proxy.corp/'],
    ['HTTP://proxy.corp:3128\n', 'http://proxy.corp:3128/'],
    [' user:p%40ss@proxy.corp:3128 ', 'http://user:p%40ss@proxy.corp:3128/'],
    ['[2001:db8::1]:3128', 'http://[2001:db8::1]:3128/'],
  ])('is named by %j', (value, href) => {
    for (const variable of ['HTTPS_PROXY', 'https_proxy']) {
      expect(proxyFor(REGISTRY, { [variable]: value })).toEqual({ url: new URL(href), variable })
    }
    expect(proxyFor(new URL('http://registry.example'), { HTTPS_PROXY: value })).toBeUndefined()
    expect(proxyFor(new URL('http://registry.example'), { HTTP_PROXY: value })?.url.href).toBe(href)
  })

  it.each([undefined, '', ' ', '\n'])('is none where the variable is %j', value => {
    expect(proxyFor(REGISTRY, { HTTPS_PROXY: value, https_proxy: '' })).toBeUndefined()
  })

  it.each([
    ['VALIDATION', 'http://proxy corp:3128'],
    ['VALIDATION', 'http://user:canary@proxy\ncorp'],
    ['VALIDATION', 'http://'],
    ['VALIDATION', 'http://user:canary@proxy:port'],
    ['VALIDATION', 'ftp://user:canary@proxy'],
    ['UNSUPPORTED', 'socks5://user:canary@proxy:1080'],
    ['UNSUPPORTED', 'socks5h://proxy:1080'],
  ])('is refused (%s) by the name of the variable: %j', (code, value) => {
    let thrown: unknown
    try {
      proxyFor(REGISTRY, { HTTPS_PROXY: value })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code, message: expect.stringContaining('HTTPS_PROXY') })
    expect(JSON.stringify([thrown, (thrown as Error).message])).not.toContain('canary')
  })

  it.each([
    ['*', 'https://registry.example', false],
    ['registry.example', 'https://registry.example', false],
    ['REGISTRY.example.', 'https://registry.example', false],
    ['example', 'https://registry.example', false],
    ['.example', 'https://registry.example', false],
    ['*.example', 'https://registry.example', false],
    ['.registry.example', 'https://registry.example', true],
    ['egistry.example', 'https://registry.example', true],
    ['registry.example:443', 'https://registry.example', false],
    ['registry.example:5000', 'https://registry.example', true],
    ['other.example, registry.example', 'https://registry.example', false],
    ['other.example registry.example\n', 'https://registry.example', false],
    ['10.0.0.0/8', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://11.1.2.3', true],
    ['10.0.0.0/99', 'https://10.1.2.3', true],
    ['10.1.2.3', 'https://10.1.2.3:5000', false],
    ['10.1.2.3:5000', 'https://10.1.2.3:5000', false],
    ['10.1.2.3', 'https://10.1.2.30', true],
    ['2001:db8::/32', 'https://[2001:db8::7]', false],
    ['2001:db8::7', 'https://[2001:db8::7]:5000', false],
    ['[2001:db8::7]:5000', 'https://[2001:db8::7]:5000', false],
    ['2001:db8::/32', 'https://10.1.2.3', true],
    ['', 'https://registry.example', true],
  ])('with NO_PROXY=%j is used for %s: %s', (list, url, used) => {
    const env = { HTTPS_PROXY: 'proxy:3128', NO_PROXY: list }
    expect(proxyFor(new URL(url), env) !== undefined).toBe(used)
  })

  it.each(['https://localhost:1', 'https://kms.localhost', 'https://127.0.0.2', 'https://[::1]:8200'])(
    'never leads to %s, which is this machine',
    url => {
      expect(proxyFor(new URL(url), { HTTPS_PROXY: 'proxy:3128' })).toBeUndefined()
    },
  )

  it('that would not be used is not looked at', () => {
    expect(proxyFor(REGISTRY, { HTTPS_PROXY: 'socks5://x', NO_PROXY: 'registry.example' })).toBeUndefined()
  })
})
