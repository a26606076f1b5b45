import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import {
  der,
  derBitString,
  derBoolean,
  derExplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  derText,
  derTime,
  derUnsigned,
  readDer,
} from '../../src/encoding/index.ts'
import { selfSigned } from '../certificates.ts'
import { makeKey } from '../fake-store.ts'
import { mutantsOf, readOrRefuse, refusalOf } from '../mutations.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const read = (text: string) => readDer(hex(text), 'input')

describe('readDer', () => {
  it.each([
    ['nothing', '', 'ends within'],
    ['a tag alone', '30', 'ends within'],
    ['an indefinite length', '30 80 00 00', 'indefinite'],
    ['a length in more bytes than needed', '04 81 01 00', 'fewest bytes'],
    ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`, 'fewest bytes'],
    ['a length beyond the input', '04 02 00', 'beyond'],
    ['a length of five bytes', '04 85 01 00 00 00 00', 'beyond'],
    ['a length of 2^32 - 1', '04 84 ff ff ff ff', 'beyond'],
    ['a byte after the element', '05 00 00', 'after'],
    ['a tag of several bytes', '1f 81 00 00', 'several bytes'],
    ['end-of-contents', '00 00', 'end-of-contents'],
    ['a primitive SEQUENCE', '10 00', 'primitive where'],
    ['a constructed OCTET STRING', '24 02 04 00', 'primitive where'],
    ['an inner length beyond the outer one', '30 04 04 03 00 00', 'beyond'],
    ['an inner indefinite length', '30 04 30 80 00 00', 'indefinite'],
    ['a fault under a context tag', 'a0 03 04 81 00', 'fewest bytes'],
    ['a cut head within', '30 01 04', 'ends within'],
  ])('refuses %s', (_, bytes, fault) => {
    expect(refusalOf(() => read(bytes))).toMatch(new RegExp(`^input: .*${fault}`))
  })

  it('ends in a named error at 20,000 levels, of definite and of indefinite lengths', () => {
    const heads: Uint8Array[] = []
    let length = 0
    for (let level = 0; level < 20_000; level++) {
      const bytes =
        length < 0x100
          ? [length]
          : length < 0x10000
            ? [length >> 8, length & 0xff]
            : [length >> 16, (length >> 8) & 0xff, length & 0xff]
      const head = Uint8Array.from(length < 0x80 ? [0x30, length] : [0x30, 0x80 | bytes.length, ...bytes])
      heads.push(head)
      length += head.length
    }
    expect(refusalOf(() => readDer(Buffer.concat(heads.reverse()), 'input'))).toBe(
      'input: DER deeper than 64 levels',
    )
    expect(refusalOf(() => read('30 80'.repeat(20_000)))).toBe('input: DER with an indefinite length')
  })

  it('gives views of the bytes it was given', () => {
    const outer = read('30 06 02 01 05 81 01 07')
    expect(outer).toMatchObject({ tag: 0x30, constructed: true })
    const [first, second] = outer.children()
    expect(first).toMatchObject({ tag: 0x02, constructed: false, bytes: hex('020105'), contents: hex('05') })
    expect(second).toMatchObject({ tag: 0x81, contents: hex('07') })
    expect(first!.children()).toEqual([])
    expect(first!.bytes.buffer).toBe(outer.bytes.buffer)
  })

  it('reads a mutant of a certificate into elements that lie in order within it, or refuses it', () => {
    const certificate = selfSigned(makeKey('EC-P256'))
    const covered = (bytes: Uint8Array): void => {
      const value = readDer(bytes, 'input')
      const children = value.children()
      if (value.constructed)
        expect(Buffer.concat(children.map(child => child.bytes)).equals(value.contents)).toBe(true)
      for (const child of children) covered(child.bytes)
    }
    covered(certificate)
    fc.assert(
      fc.property(mutantsOf(certificate), mutant => {
        if (readOrRefuse(() => readDer(mutant, 'input')) !== undefined) covered(mutant)
      }),
      { numRuns },
    )
  })
})

describe('the DER readers', () => {
  const faults: readonly [string, (value: ReturnType<typeof readDer>, label: string) => unknown, string][] = [
    ['an empty INTEGER', derInteger, '02 00'],
    ['an ENUMERATED as INTEGER', derInteger, '0a 01 00'],
    ['an INTEGER with a needless zero', derInteger, '02 02 00 7f'],
    ['an INTEGER with needless ones', derInteger, '02 02 ff 80'],
    ['a negative INTEGER as unsigned', derUnsigned, '02 01 80'],
    ['an INTEGER beyond 2^53', derSmallInteger, '02 08 01 20 00 00 00 00 00 00'],
    ['a BOOLEAN of 1', derBoolean, '01 01 01'],
    ['a BOOLEAN of two bytes', derBoolean, '01 02 ff ff'],
    ['a NULL with contents', derNull, '05 01 00'],
    ['an empty OBJECT IDENTIFIER', derOid, '06 00'],
    ['an OBJECT IDENTIFIER cut off', derOid, '06 01 81'],
    ['an OBJECT IDENTIFIER with padding', derOid, '06 03 2a 80 01'],
    ['an OBJECT IDENTIFIER of 65 bytes', derOid, `06 41 ${'01'.repeat(65)}`],
    ['an empty BIT STRING', derBitString, '03 00'],
    ['a BIT STRING with 8 unused bits', derBitString, '03 02 08 00'],
    ['a BIT STRING with unused bits of nothing', derBitString, '03 01 01'],
    ['a BIT STRING with unused bits set', derBitString, '03 02 01 01'],
    ['an INTEGER as OCTET STRING', derOctetString, '02 01 00'],
    ['a SET as SEQUENCE', derSequence, '31 00'],
    ['a SEQUENCE as SET', derSet, '30 00'],
    ['a PrintableString with an underscore', derText, '13 01 5f'],
    ['an IA5String beyond ASCII', derText, '16 01 80'],
    ['a UTF8String that is not UTF-8', derText, '0c 01 ff'],
    ['a BMPString of odd length', derText, '1e 01 41'],
    ['a BMPString with a surrogate', derText, '1e 02 d8 00'],
    ['an INTEGER as text', derText, '02 01 41'],
    ['a UTCTime without seconds', derTime, '17 0b 32 35 30 31 30 31 30 30 30 30 5a'],
    ['a UTCTime with an offset', derTime, `17 11 ${Buffer.from('250101000000+0100').toString('hex')}`],
    ['a day that does not exist', derTime, `17 0d ${Buffer.from('250230000000Z').toString('hex')}`],
    ['an hour that does not exist', derTime, `17 0d ${Buffer.from('250228240000Z').toString('hex')}`],
    [
      'a GeneralizedTime with a fraction',
      derTime,
      `18 11 ${Buffer.from('20250101000000.5Z').toString('hex')}`,
    ],
    ['an INTEGER as time', derTime, '02 01 00'],
  ]
  it.each(faults)('refuse %s', (_, reader, bytes) => {
    expect(refusalOf(() => reader(read(bytes), 'input'))).toMatch(/^input: /)
  })

  it('refuse what is not there', () => {
    expect(refusalOf(() => derInteger(undefined, 'input'))).toBe(
      'input: DER tag 0x02 expected, nothing found',
    )
  })

  it('read the strings of names', () => {
    expect(derText(read('13 05 41 20 2a 26 2e'), 'input')).toBe('A *&.')
    expect(derText(read('0c 02 c3 a9'), 'input')).toBe('é')
    expect(derText(read('1e 04 00 41 00 e9'), 'input')).toBe('Aé')
    expect(derText(read('14 01 e9'), 'input')).toBe('é')
  })

  it('read the years of UTCTime as 1950 to 2049', () => {
    const time = (digits: string) =>
      derTime(read(`17 0d ${Buffer.from(digits).toString('hex')}`), 'input').toISOString()
    expect(time('491231235959Z')).toBe('2049-12-31T23:59:59.000Z')
    expect(time('500101000000Z')).toBe('1950-01-01T00:00:00.000Z')
  })

  it('read one element within an explicit tag', () => {
    expect(derInteger(derExplicit(read('a2 03 02 01 07'), 2, 'input'), 'input')).toBe(7n)
    expect(refusalOf(() => derExplicit(read('a2 06 02 01 07 02 01 07'), 2, 'input'))).toBe(
      'input: not one element within [2]',
    )
  })
})

describe('the DER writer', () => {
  it('writes what the readers read', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
        fc.uint8Array({ maxLength: 300 }),
        fc.date({ min: new Date('1900-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.string({ unit: 'grapheme' }),
        (integer, bytes, date, arcs, text) => {
          const oid = ['1.3', ...arcs].join('.')
          const second = new Date(Math.floor(date.getTime() / 1000) * 1000)
          const encoded = der.sequence(
            der.integer(integer),
            der.octetString(bytes),
            der.bitString(bytes),
            der.time(second),
            der.oid(oid),
            der.utf8String(text),
            der.explicit(3, der.boolean(true)),
            der.implicit(1, der.octetString(bytes)),
            der.integer(bytes),
          )
          const [a, b, c, d, e, f, g, h, i] = readDer(encoded, 'input').children()
          expect(derInteger(a, 'a')).toBe(integer)
          expect(derOctetString(b, 'b')).toEqual(bytes)
          expect(derBitString(c, 'c')).toEqual({ bytes, unusedBits: 0 })
          expect(derTime(d, 'd')).toEqual(second)
          expect(derOid(e, 'e')).toBe(oid)
          expect(derText(f, 'f')).toBe(text)
          expect(derBoolean(derExplicit(g, 3, 'g'), 'g')).toBe(true)
          expect(h).toMatchObject({ tag: 0x81, contents: bytes })
          expect(derInteger(i, 'i')).toBe(BigInt(`0x0${Buffer.from(bytes).toString('hex')}`))
        },
      ),
      { numRuns: Math.min(numRuns, 2000) },
    )
  })

  it('writes what openssl reads', () => {
    const encoded = der.sequence(
      der.oid('2.16.840.1.101.3.4.2.1'),
      der.integer(-129),
      der.time(new Date('2051-02-03T04:05:06Z')),
      der.set(der.printableString('b'), der.ia5String('a@b')),
      der.nul(),
    )
    const shown = execFileSync('openssl', ['asn1parse', '-inform', 'DER'], {
      input: encoded,
      encoding: 'utf8',
    })
    expect(shown).toMatch(/OBJECT +:sha256/)
    expect(shown).toMatch(/INTEGER +:-81/)
    expect(shown).toMatch(/GENERALIZEDTIME +:20510203040506Z/)
    expect(shown).toMatch(/PRINTABLESTRING +:b[\s\S]+IA5STRING +:a@b[\s\S]+NULL/)
  })

  it('puts the elements of a SET in order', () => {
    expect(der.set(der.integer(2), der.integer(1), der.boolean(true))).toEqual(
      hex('31 09 01 01 ff 02 01 01 02 01 02'),
    )
  })

  it('makes certificates that node:crypto reads back to the byte', () => {
    const certificate = selfSigned(makeKey('EC-P256'))
    expect(new Uint8Array(new X509Certificate(certificate).raw)).toEqual(certificate)
  })

  it('refuses what it cannot write', () => {
    expect(refusalOf(() => der.oid('1.2.x'))).toBe('OBJECT IDENTIFIER: not dotted decimal')
    expect(refusalOf(() => der.oid('1.40.1'))).toBe('OBJECT IDENTIFIER: not dotted decimal')
    expect(refusalOf(() => der.printableString('a_b'))).toBe('PrintableString: character outside the type')
    expect(refusalOf(() => der.utf8String('\ud800'))).toBe('UTF8String: lone surrogate')
    expect(refusalOf(() => der.explicit(31, der.nul()))).toBe('DER context tag: not 0 to 30')
    expect(refusalOf(() => der.time(new Date(Number.NaN)))).toBe('DER time: year outside 0000 to 9999')
  })
})
