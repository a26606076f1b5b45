import { isSealwrightError } from '@sealwright/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { parsePkcs11Reference, pkcs11 } from '../src/index.ts'
import { caught } from './caught.ts'

const { canonical } = pkcs11()

describe('the canonical reference', () => {
  it.each([
    ['attributes in any order', 'pkcs11:object=k;token=T', 'pkcs11:token=T;object=k'],
    [
      'every attribute that chooses a token',
      'pkcs11:library-version=2.6;slot-id=007;slot-manufacturer=S;slot-description=D;library-manufacturer=L;library-description=l;model=M;manufacturer=m;serial=1;token=T;object=k',
      'pkcs11:token=T;serial=1;manufacturer=m;model=M;slot-description=D;slot-manufacturer=S;slot-id=7;library-description=l;library-manufacturer=L;library-version=2.6;object=k',
    ],
    ['an id as bytes, whole', 'pkcs11:id=a%0f-', 'pkcs11:id=%61%0F%2D'],
    ['characters that need no encoding', 'pkcs11:object=%41%2d%7e', 'pkcs11:object=A-~'],
    ['characters that are allowed bare', "pkcs11:object=a:[]@!$'()*+,=&", undefined],
    ['text beyond ASCII', 'pkcs11:object=Schl%C3%BCssel', 'pkcs11:object=Schl%C3%BCssel'],
    ['type=private, which is implied', 'pkcs11:object=k;type=private', 'pkcs11:object=k'],
    ['blanks that only pad', 'pkcs11:token=ACME%20%20;object=k', 'pkcs11:token=ACME;object=k'],
    ['blanks of a label, which count', 'pkcs11:object=k%20', 'pkcs11:object=k%20'],
    ['a plus sign, which is not a space', 'pkcs11:object=a+b', 'pkcs11:object=a%2Bb'],
  ])('takes %s', (_, given, expected) => {
    const once = canonical(given)
    if (expected !== undefined) expect(once).toBe(expected)
    expect(canonical(once)).toBe(once)
  })

  it.each([
    ['another scheme', 'file:/k'],
    ['another case of the scheme', 'PKCS11:object=k'],
    ['no key', 'pkcs11:token=T'],
    ['nothing', 'pkcs11:'],
    ['an empty id', 'pkcs11:id='],
    ['an empty label', 'pkcs11:object='],
    ['a public key', 'pkcs11:object=k;type=public'],
    ['an unknown attribute', 'pkcs11:object=k;colour=red'],
    ['an attribute of another case', 'pkcs11:Object=k'],
    ['an attribute twice', 'pkcs11:object=k;object=k'],
    ['an attribute without value', 'pkcs11:object=k;token'],
    ['a space', 'pkcs11:object=a b'],
    ['a slash', 'pkcs11:object=a/b'],
    ['a broken escape', 'pkcs11:object=%4'],
    ['bytes that are no UTF-8', 'pkcs11:object=%ff'],
    ['a NUL', 'pkcs11:object=a%00'],
    ['a slot that is not a number', 'pkcs11:object=k;slot-id=one'],
    ['two queries', 'pkcs11:object=k?module-name=a?b'],
    ['an unknown query attribute', 'pkcs11:object=k?x-vendor=1'],
    ['a module path', 'pkcs11:object=k?module-path=/usr/lib/hsm.so'],
    ['a module path among the attributes', 'pkcs11:object=k;module-path=/usr/lib/hsm.so'],
    ['a PIN', 'pkcs11:object=k?pin-value=31415926'],
    ['a PIN among the attributes', 'pkcs11:object=k;pin-value=31415926'],
    ['a PIN behind another fault', 'pkcs11:object=%ff?&pin-value=31415926'],
    ['where a PIN is kept', 'pkcs11:object=k?pin-source=file:/run/pin'],
  ])('refuses %s', (_, given) => {
    const error = caught(() => canonical(given))
    expect(isSealwrightError(error) && error.code).toBe('VALIDATION')
    expect(`${error.message} ${error.why} ${error.fix}`).not.toContain('31415926')
  })

  it('is the same for every order and spelling of the same attributes', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter(each => !each.includes('\0'))
    const values = fc.record({
      token: text,
      serial: text,
      object: text,
      id: fc.uint8Array({ minLength: 1, maxLength: 9 }),
    })
    fc.assert(
      fc.property(
        values,
        fc.boolean(),
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        (given, lower, order) => {
          const encoded = (value: string | Uint8Array) => {
            const hex = Buffer.from(value as string)
              .toString('hex')
              .replace(/../g, '%$&')
            return lower ? hex : hex.toUpperCase()
          }
          const parts = Object.entries(given).map(([name, value]) => `${name}=${encoded(value)}`)
          const reference = `pkcs11:${order.map(each => parts[each]).join(';')}`
          const once = canonical(reference)
          expect(once).toBe(canonical(`pkcs11:${parts.join(';')}`))
          expect(canonical(once)).toBe(once)
          const object = decodeURIComponent(/;object=(.*)$/.exec(once)![1]!)
          expect(object).toBe(given.object)
        },
      ),
      { numRuns: Math.min(numRuns, 20_000) },
    )
  })

  it('fails with VALIDATION alone, whatever follows the scheme', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), rest => {
        try {
          const once = canonical(`pkcs11:${rest}`)
          expect(canonical(once)).toBe(once)
        } catch (error) {
          expect(isSealwrightError(error) && error.code).toBe('VALIDATION')
        }
      }),
      { numRuns },
    )
  })
})

describe('parsePkcs11Reference', () => {
  it('gives the module that a reference names, and the reference without it', () => {
    const given = 'pkcs11:token=ACME;object=release?module-path=/usr/lib/hsm.so&module-name=hsm'
    expect(parsePkcs11Reference(given)).toEqual({
      reference: 'pkcs11:token=ACME;object=release',
      modulePath: '/usr/lib/hsm.so',
      moduleName: 'hsm',
    })
  })

  it('reads the id of RFC 7512 as bytes, and that of smallstep as hexadecimal only when told so', () => {
    expect(parsePkcs11Reference('pkcs11:id=7370').reference).toBe('pkcs11:id=%37%33%37%30')
    const smallstep = parsePkcs11Reference('pkcs11:module-path=/m.so;id=7370', { dialect: 'smallstep' })
    expect(smallstep).toEqual({ reference: 'pkcs11:id=%73%70', modulePath: '/m.so' })
    expect(() => parsePkcs11Reference('pkcs11:id=737', { dialect: 'smallstep' })).toThrow('not hexadecimal')
  })

  it('refuses a PIN in either dialect', () => {
    for (const dialect of ['rfc7512', 'smallstep'] as const) {
      expect(() => parsePkcs11Reference('pkcs11:id=70?pin-value=1234', { dialect })).toThrow()
      expect(() => parsePkcs11Reference('pkcs11:id=70;pin-source=/pin', { dialect })).toThrow()
    }
  })
})
