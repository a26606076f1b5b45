import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { decodeBase64, decodeBase64url, encodeBase64, encodeBase64url } from '../../src/encoding/index.ts'
import { mutantsOf, readOrRefuse, refusalOf } from '../mutations.ts'

const bytes = fc.uint8Array({ maxLength: 80 })

describe('decodeBase64', () => {
  it('reads what it writes, as node:crypto does', () => {
    fc.assert(
      fc.property(bytes, input => {
        const text = encodeBase64(input)
        expect(text).toBe(Buffer.from(input).toString('base64'))
        expect(decodeBase64(text, 'input')).toStrictEqual(input)
      }),
      { numRuns: Math.min(numRuns, 2000) },
    )
  })

  it.each([
    'QQ',
    'QQ=',
    'QQ===',
    'QR==',
    'QUI',
    'QUJ=',
    'Q Q=',
    'QQ==\n',
    '\nQQ==',
    'QQ=\r=',
    '-_-_',
    'QQ==QQ==',
    '=',
    'é',
  ])('refuses %j', text => {
    expect(refusalOf(() => decodeBase64(text, 'the input'))).toBe('the input: not canonical base64')
  })
})

describe('decodeBase64url', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(bytes, input => {
        const text = encodeBase64url(input)
        expect(text).toMatch(/^[A-Za-z0-9_-]*$/)
        expect(decodeBase64url(text, 'input')).toStrictEqual(input)
      }),
      { numRuns: Math.min(numRuns, 2000) },
    )
  })

  it.each(['QQ==', 'QR', 'QUJ', 'Q', 'QQ\n', ' QQ', 'Q.Q', '+/+/', 'QQ=', '\u0000'])('refuses %j', text => {
    expect(refusalOf(() => decodeBase64url(text, 'the input'))).toBe('the input: not canonical base64url')
  })

  it('has one text for any bytes: a mutant that it reads is the text of what it read', () => {
    const good = Buffer.from(encodeBase64url(Buffer.from('a payload of some length, to be mutated')))
    fc.assert(
      fc.property(mutantsOf(good), mutant => {
        const text = Buffer.from(mutant).toString('latin1')
        const read = readOrRefuse(() => decodeBase64url(text, 'input'))
        if (read !== undefined) expect(encodeBase64url(read)).toBe(text)
      }),
      { numRuns },
    )
  })
})
