import { describe, expect, it } from 'vitest'
import { redactor } from '../../src/adapter/index.ts'

const SECRETS = ['hunter2-secret-password', 'pä$$ w+rd/"quoted"&<x>%', 'x'.repeat(40), 'tøken~._-0123456789']

const GO_HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;' }
const GO_JSON: Record<string, string> = { '&': '\\u0026', '<': '\\u003c', '>': '\\u003e' }

describe.each(SECRETS)('of the secret %s', secret => {
  const basic = Buffer.from(`bob:${secret}`).toString('base64')
  const redact = redactor([secret, `bob:${secret}`, basic])

  it.each<[string, (text: string) => string]>([
    ['text', text => text],
    ['JSON', text => JSON.stringify(text)],
    ['a URL', text => encodeURIComponent(text)],
    ['a form', text => new URLSearchParams({ password: text }).toString()],
    ['lower-case percent', text => encodeURIComponent(text).replace(/%../g, each => each.toLowerCase())],
    ['hexadecimal', text => Buffer.from(text).toString('hex')],
    ['base64', text => Buffer.from(text).toString('base64')],
    ['base64 without padding', text => Buffer.from(text).toString('base64').replaceAll('=', '')],
    ['base64url', text => Buffer.from(text).toString('base64url')],
    ['base64 in a URL', text => encodeURIComponent(Buffer.from(text).toString('base64'))],
    ['Basic', () => `Basic ${basic}`],
    ['base64 of Basic', () => Buffer.from(`Basic ${basic}`).toString('base64')],
    [
      'HTML',
      text =>
        text
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&quot;'),
    ],
    ['HTML of Go', text => text.replace(/[&<>"]/g, each => GO_HTML[each]!)],
    ['JSON of Go', text => text.replaceAll('"', '\\"').replace(/[&<>]/g, each => GO_JSON[each]!)],
  ])('nothing is left of it as %s', (_name, encode) => {
    const shown = redact(`before ${encode(secret)} after`)
    expect(shown).toMatch(/^before (?:password=|Basic |=)?…"? after$|^before "…" after$/)
  })

  it('nothing is left of its base64 wherever it begins', () => {
    for (let offset = 0; offset < 6; offset++) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const encoded = Buffer.from(`${'-'.repeat(offset)}${secret}..`).toString(encoding)
        const shown = redact(`said ${encoded}!`)
        expect(shown).toBe('said …!')
      }
    }
  })

  it('nothing is left of it where the text was cut', () => {
    for (let length = 6; length < secret.length; length++) {
      const shown = redact(`denied: ${secret.slice(0, length)}`)
      expect(shown).toBe('denied: …')
    }
  })

  it('all of a text without it stays', () => {
    const text = 'denied: requested access to the resource is denied (app:pull,push)'
    expect(redact(text)).toBe(text)
  })
})

it('an empty secret is none, and a long text takes no long time', () => {
  expect(redactor(['', ''])('abc')).toBe('abc')
  const redact = redactor(['a'.repeat(1000)])
  const before = process.threadCpuUsage()
  expect(redact('a'.repeat(1_000_000)).length).toBeLessThan(2000)
  redact('ab'.repeat(500_000))
  expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(500)
})
