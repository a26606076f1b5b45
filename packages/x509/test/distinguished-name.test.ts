import { isSealwrightError } from '@sealwright/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import {
  attributeValues,
  type DistinguishedName,
  decodeDistinguishedName,
  encodeDistinguishedName,
  formatDistinguishedName,
  type NameAttribute,
  parseDistinguishedName,
} from '../src/index.ts'
import { openssl } from './openssl.ts'

const one = (type: string, value: string): NameAttribute[] => [{ type, value }]

/** What Go 1.26 prints of the same DER by `pkix.Name.String`. */
const PRINTED_BY_GO: readonly (readonly [string, DistinguishedName['rdns']])[] = [
  [
    'CN=x,O=Notary,L=Seattle,ST=WA,C=US',
    [one('C', 'US'), one('ST', 'WA'), one('L', 'Seattle'), one('O', 'Notary'), one('CN', 'x')],
  ],
  ['CN=x,O=Notary,C=US', [one('CN', 'x'), one('O', 'Notary'), one('C', 'US')]],
  [
    String.raw`CN=\ lead,O=Acme\, Inc. \+ \"Sons\" \<a\;b\>\\,ST=Österreich,C=DE`,
    [one('C', 'DE'), one('ST', 'Österreich'), one('O', 'Acme, Inc. + "Sons" <a;b>\\'), one('CN', ' lead')],
  ],
  [
    String.raw`CN=trail\ ,OU=a+OU=b,O=\#hash`,
    [one('O', '#hash'), one('OU', 'a'), one('OU', 'b'), one('CN', 'trail ')],
  ],
  [
    'SERIALNUMBER=42,CN=y,O=a=b,POSTALCODE=8000,STREET=Main 1',
    [
      one('O', 'a=b'),
      one('SERIALNUMBER', '42'),
      one('STREET', 'Main 1'),
      one('POSTALCODE', '8000'),
      one('CN', 'y'),
    ],
  ],
  [
    'CN=z,O=Acme,0.9.2342.19200300.100.1.25=#13076578616d706c65,1.2.840.113549.1.9.1=#0c0d61406578616d706c652e636f6d',
    [
      one('O', 'Acme'),
      one('1.2.840.113549.1.9.1', 'a@example.com'),
      one('CN', 'z'),
      one('0.9.2342.19200300.100.1.25', 'example'),
    ],
  ],
  [
    'CN=c,O=A+O=B',
    [
      one('CN', 'c'),
      [
        { type: 'O', value: 'A' },
        { type: 'O', value: 'B' },
      ],
    ],
  ],
  [
    'CN=m,OU=n,C=US,1.2.3.4=#0c03782a79',
    [
      [
        { type: 'CN', value: 'm' },
        { type: 'OU', value: 'n' },
      ],
      one('1.2.3.4', 'x*y'),
      one('C', 'US'),
    ],
  ],
  ['CN=🙂', [one('CN', '🙂')]],
  [String.raw`CN=\  \ `, [one('CN', '   ')]],
  ['', []],
]

describe('formatDistinguishedName', () => {
  it.each(PRINTED_BY_GO)('prints %s as Go does', (text, rdns) => {
    const name = decodeDistinguishedName(encodeDistinguishedName({ rdns }))
    expect(name).toEqual({ rdns })
    expect(formatDistinguishedName(name)).toBe(text)
  })

  it('prints characters that steer a terminal, or reorder text, as hexadecimal pairs', () => {
    const text = formatDistinguishedName({ rdns: [one('CN', 'a\n\u001b[2K\u202eb\u200b')] })
    expect(text).toBe(String.raw`CN=a\0a\1b[2K\e2\80\aeb\e2\80\8b`)
    expect(parseDistinguishedName(text)).toEqual({ rdns: [one('CN', 'a\n\u001b[2K\u202eb\u200b')] })
  })

  it('hides none of several common names', () => {
    expect(formatDistinguishedName({ rdns: [one('CN', 'a'), one('O', 'x'), one('CN', 'b')] })).toBe(
      'CN=a+CN=b,O=x',
    )
  })
})

describe('parseDistinguishedName', () => {
  it.each<[string, DistinguishedName['rdns']]>([
    [
      'CN=release,O=Acme,ST=Hessen,C=DE',
      [one('C', 'DE'), one('ST', 'Hessen'), one('O', 'Acme'), one('CN', 'release')],
    ],
    ['C=US;ST=WA;O=Acme', [one('O', 'Acme'), one('ST', 'WA'), one('C', 'US')]],
    [' C = US , S=WA, O=Notary  Project ', [one('O', 'Notary  Project'), one('ST', 'WA'), one('C', 'US')]],
    [String.raw`C=US,ST=\ WA\ ,O=Ac\6de`, [one('O', 'Acme'), one('ST', ' WA '), one('C', 'US')]],
    ['C=DE,ST=Österreich,O=B\\c3\\a4cker', [one('O', 'Bäcker'), one('ST', 'Österreich'), one('C', 'DE')]],
    [
      'O=Acme+OU=x,C=US',
      [
        one('C', 'US'),
        [
          { type: 'O', value: 'Acme' },
          { type: 'OU', value: 'x' },
        ],
      ],
    ],
    ['O=#0c0141', [one('O', 'A')]],
    ['2.5.4.3=a', [one('CN', 'a')]],
    ['C=US,XYZ=1', [one('XYZ', '1'), one('C', 'US')]],
    ['c=US', [one('c', 'US')]],
    ['CN=a=b', [one('CN', 'a=b')]],
    ['C=', [one('C', '')]],
    [String.raw`O=a\\`, [one('O', 'a\\')]],
    [String.raw`O=a\\ `, [one('O', 'a\\')]],
    ['', []],
    ['  ', []],
  ])('reads %j', (text, rdns) => {
    expect(parseDistinguishedName(text)).toEqual({ rdns })
  })

  it.each([
    ['nonsense', /character 1 a TYPE=value pair is incomplete/],
    ['C=US,', /character 6 a TYPE=value pair is incomplete/],
    [',C=US', /character 1 /],
    ['C=US,,O=a', /character 6 /],
    ['=US', /character 1 there is no attribute type/],
    ['C X=US', /there is no attribute type/],
    ['01.2=a', /there is no attribute type/],
    ['O="Acme, Inc."', /"\\"" must be escaped/],
    ['O=a<b', /"<" must be escaped/],
    ['O=a\0b', /must be escaped/],
    [String.raw`O=a\x`, /a backslash escapes nothing/],
    ['O=a\\', /a backslash escapes nothing/],
    [String.raw`O=\ff`, /not UTF-8/],
    ['O=#zz', /not hexadecimal/],
    ['O=#', /not hexadecimal/],
    ['O=\ud800', /lone surrogate/],
    [`O=${'a'.repeat(20_000)}`, /longer than/],
  ])('refuses %j', (text, why) => {
    expect(() => parseDistinguishedName(text)).toThrow(
      expect.objectContaining({ code: 'VALIDATION', why: expect.stringMatching(why) }),
    )
  })

  it.each(['constructor', 'toString', 'valueOf'])('takes %s for a type that it does not know', type => {
    const { rdns } = parseDistinguishedName(`${type}=x,C=DE`)
    expect(rdns.flat().map(attribute => attribute.type)).toContain(type)
  })

  it('refuses a #hex value that is not a string in DER', () => {
    for (const value of ['#0c0241', '#0c014141', '#020101', '#0c01ff']) {
      expect(() => parseDistinguishedName(`O=${value}`)).toThrow(/#hex value/)
    }
  })

  it('parses and prints to a fixed point, whatever text it takes', () => {
    const tokens = [
      'C',
      'ST',
      'CN',
      '1.2.3',
      'x',
      '=',
      ',',
      ';',
      '+',
      '\\',
      '\\,',
      '\\c3\\a4',
      '#0c0141',
      '#',
      ' ',
      'ö',
      '\n',
      '"',
      '🙂',
      '\u202e',
    ]
    const text = fc
      .array(fc.oneof(fc.constantFrom(...tokens), fc.string({ unit: 'binary', maxLength: 3 })))
      .map(parts => parts.join(''))
    const likely = fc
      .array(fc.tuple(fc.constantFrom('C', 'ST', 'O', 'OU', 'CN', 'XYZ', '1.2.3'), text))
      .map(pairs => pairs.map(([type, value]) => `${type}=${value}`).join(','))
    fc.assert(
      fc.property(fc.oneof(text, likely), input => {
        const name = parsed(input)
        if (name === undefined) return
        const printed = formatDistinguishedName(name)
        const again = parseDistinguishedName(printed)
        expect(formatDistinguishedName(again)).toBe(printed)
        expect(parseDistinguishedName(formatDistinguishedName(again))).toEqual(again)
        for (const type of ['C', 'CN', '1.2.3', 'XYZ']) {
          expect([...attributeValues(again, type)].sort()).toEqual([...attributeValues(name, type)].sort())
        }
      }),
      { numRuns },
    )
  })
})

describe('encodeDistinguishedName', () => {
  it('writes what openssl reads', () => {
    const name = parseDistinguishedName(
      'emailAddress=a@b.example,DC=example,SERIALNUMBER=7,CN=ä,O=x\\, y,C=DE',
    )
    const text = openssl(['asn1parse', '-inform', 'DER', '-in', 'n'], { n: encodeDistinguishedName(name) })
    expect(text.match(/(PRINTABLESTRING|UTF8STRING|IA5STRING)/g)).toEqual([
      'PRINTABLESTRING',
      'UTF8STRING',
      'UTF8STRING',
      'PRINTABLESTRING',
      'IA5STRING',
      'IA5STRING',
    ])
    expect(text).toContain(':emailAddress')
  })
})

function parsed(text: string): DistinguishedName | undefined {
  try {
    return parseDistinguishedName(text)
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return undefined
    throw error
  }
}
