import { describe, expect, it } from 'vitest'
import { isClaims } from '../src/sound-envelope.ts'

const utf8 = (text: string): Uint8Array => Buffer.from(text)

describe('the payload of a JWS, before anybody is trusted', () => {
  it.each([
    '{}',
    'null',
    ' \r\n\t{"a":{"b":"}"}} ',
    '{"a":"\\"}","b":[]}',
    '{"a":1,"a":2}',
    '{}x',
    '{"a":{}}{',
    'null null',
    'nullx',
    '{"a":1e400}',
    '{"a":"\\ud800"}',
    `{"a":${'['.repeat(500)}${']'.repeat(500)}}`,
  ])('is taken for claims if it begins with an object or null: %j', text => {
    expect(isClaims(utf8(text))).toBe(true)
  })

  it('is taken for claims with bytes that are not UTF-8 in a text', () => {
    expect(isClaims(Buffer.from([...utf8('{"a":"'), 0xff, ...utf8('"}')]))).toBe(true)
  })

  it.each([
    '',
    ' ',
    '[]',
    '"a"',
    '1',
    'true',
    'hello',
    'nul',
    '{',
    '{}}'.slice(0, 1),
    '{"a"}',
    '{"a":}',
    '{a:1}',
  ])('is not if it begins otherwise: %j', text => {
    expect(isClaims(utf8(text))).toBe(false)
  })

  it.each(['{"a":"\t"}', '{"a":"\\x"}', '{"a":01}', '\ufeff{}', '\f{}', '{"a":1,}', "{'a':1}", '{"a":"'])(
    'is not if it does not begin with JSON: %j',
    text => {
      expect(isClaims(utf8(text))).toBe(false)
    },
  )

  it('is not beyond 4 MiB, nor deeper than the reference reads', () => {
    expect(isClaims(utf8(`{"a":"${'\\\\'.repeat(2 ** 20)}"}`))).toBe(true)
    expect(isClaims(utf8(`{"a":"${'b'.repeat(2 ** 22)}"}`))).toBe(false)
    const nested = (levels: number) => utf8(`{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`)
    expect(isClaims(nested(9_999))).toBe(true)
    expect(isClaims(nested(10_000))).toBe(false)
  })
})
