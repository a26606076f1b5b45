import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { fileKeys } from '../src/index.ts'

const { canonical } = fileKeys()

describe('the canonical reference', () => {
  it.each([
    ['file:/keys/a.key', 'file:/keys/a.key'],
    ['file:/keys//b/../a.key', 'file:/keys/a.key'],
    ['file:/keys/', 'file:/keys'],
    ['file:a.key', `file:${resolve('a.key')}`],
    ['file:./Keys/A.key', `file:${resolve('Keys/A.key')}`],
    ['file:/keys/100%.key', 'file:/keys/100%.key'],
    ['file:/keys/a%20b.key', 'file:/keys/a%20b.key'],
    ['file:/keys/what?.key', 'file:/keys/what?.key'],
    ['file:///keys/a%20b.key', 'file:/keys/a b.key'],
    ['file:/keys/ключ.key', 'file:/keys/ключ.key'],
  ])('of %s is %s', (reference, expected) => {
    expect(canonical(reference)).toBe(expected)
  })

  it.each([
    '',
    'a.key',
    'FILE:/a.key',
    'file',
    'file:',
    'file://host/a.key',
    'file://a.key',
    'file:///a%2Fb.key',
    'file:///a%zz.key',
    'file:///a.key?x=1',
    'file:///a.key#x',
    'file:///a%00.key',
    'file:///a%0A.key',
    'file:///a.key%3Fpassphrase=x',
    'file:/a\u0000.key',
    'file:/a\nb.key',
    'pkcs11:token=a',
  ])('of %j does not exist', reference => {
    expect(() => canonical(reference)).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })

  it.each(['file:/a.key?passphrase=canary', 'file:///a.key?pin-value=canary', 'file:/a.key;PASSWORD=canary'])(
    'with a secret is refused and not repeated: %s',
    reference => {
      try {
        canonical(reference)
        expect.unreachable()
      } catch (error) {
        expect(error).toMatchObject({ code: 'VALIDATION', why: 'it carries a secret' })
        expect(String(error)).not.toContain('canary')
      }
    },
  )

  it('of a canonical one is itself, whatever was given', () => {
    const path = fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.string())
    fc.assert(
      fc.property(fc.constantFrom('file:', 'file:/', 'file:///', 'file:./', ''), path, (start, rest) => {
        let once: string
        try {
          once = canonical(start + rest)
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION' })
          return
        }
        expect(canonical(once)).toBe(once)
      }),
      { numRuns },
    )
  })
})
