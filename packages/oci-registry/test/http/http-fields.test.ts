import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { parseChallenges } from '../../src/auth/challenge.ts'
import { nextLink } from '../../src/http/link.ts'

describe('WWW-Authenticate', () => {
  test.each([
    ['', []],
    ['Basic', [{ scheme: 'basic', parameters: {} }]],
    ['Basic realm="a, b=\\"c\\""', [{ scheme: 'basic', parameters: { realm: 'a, b="c"' } }]],
    [
      'Bearer realm="https://a.example/token",service="s",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: { realm: 'https://a.example/token', service: 's', scope: 'repository:a/b:pull,push' },
        },
      ],
    ],
    [
      'Negotiate abc==, BEARER Realm = "r" , error=x,Basic realm=plain',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'bearer', parameters: { realm: 'r', error: 'x' } },
        { scheme: 'basic', parameters: { realm: 'plain' } },
      ],
    ],
    ['Bearer realm="open', [{ scheme: 'bearer', parameters: {} }]],
    ['Bearer realm="a",realm="b"', [{ scheme: 'bearer', parameters: { realm: 'a' } }]],
  ])('%s', (field, challenges) => {
    expect(parseChallenges(field)).toEqual(challenges)
  })

  test('of any kind is read without failing', () => {
    const part = fc.oneof(
      fc.constantFrom('Bearer', 'Basic', ' ', ',', '=', '"', 'realm', '\\', 'a='),
      fc.string({ maxLength: 3 }),
    )
    fc.assert(
      fc.property(fc.array(part), parts => {
        for (const { scheme } of parseChallenges(parts.join(''))) expect(scheme).toBe(scheme.toLowerCase())
      }),
      { numRuns },
    )
  })
})

describe('Link', () => {
  test.each([
    ['', undefined],
    ['</v2/a?last=1>; rel="next"', '/v2/a?last=1'],
    ['<a>; rel=next', 'a'],
    ['<a>; rel="prev", <b>; title="x, rel=next"; REL="next last"', 'b'],
    ['<a>; rel="prev"', undefined],
    ['<a>; rel="nextish"', undefined],
    ['<a>', undefined],
    ['a; rel=next', undefined],
  ])('%s', (field, next) => {
    expect(nextLink(new Headers(field === '' ? {} : { link: field }))).toBe(next)
  })

  test('and WWW-Authenticate of the greatest length are read at once', () => {
    for (const unit of ['<', '>', '<>;', ';', ' ', '"', '="', 'a=', ',', '\\', ';rel=']) {
      const field = unit.repeat(16_384 / unit.length)
      const before = process.threadCpuUsage()
      nextLink(new Headers({ link: `<a>${field}x` }))
      parseChallenges(`Bearer ${field}`)
      // Of this thread alone: how busy the machine is says nothing of a parser.
      expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(500)
    }
  })
})
