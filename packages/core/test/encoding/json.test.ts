import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import {
  decodeJson,
  decodeJsonWithPositions,
  encodeJson,
  isJsonObject,
  skipJson,
} from '../../src/encoding/index.ts'
import { mutantsOf, readOrRefuse, refusalOf } from '../mutations.ts'

const read = (input: string | Uint8Array) => decodeJson(input, { label: 'input' })

describe('decodeJson', () => {
  it('reads what JSON.parse reads, of any valid text', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), text => {
        if (!text.isWellFormed()) return
        const expected = readOrRefuse(() => read(text))
        expect(expected).toEqual(JSON.parse(text))
      }),
      { numRuns: Math.min(numRuns, 5000) },
    )
  })

  it('refuses what JSON.parse refuses, and reads a mutant of a good text only as JSON.parse does', () => {
    const good = Buffer.from('{"a":[1,-2.5e3,true,null,"x\\u00e9\\n"],"b":{"c":"é","d":{}},"e":""}')
    fc.assert(
      fc.property(mutantsOf(good), mutant => {
        const value = readOrRefuse(() => read(mutant))
        if (value === undefined) return
        expect(value).toEqual(JSON.parse(Buffer.from(mutant).toString()))
        expect(read(encodeJson(value, { label: 'value' }))).toEqual(value)
      }),
      { numRuns },
    )
  })

  it.each([
    ['an empty text', '', 'unexpected end at line 1, column 1'],
    ['a member twice', '{"a":1,\n "a":1}', 'member name twice in one object at line 2, column 2'],
    [
      'a member twice by an escape',
      '{"a":1,"\\u0061":2}',
      'member name twice in one object at line 1, column 8',
    ],
    [
      '__proto__ twice',
      '{"__proto__":1,"__proto__":2}',
      'member name twice in one object at line 1, column 16',
    ],
    ['a comma at the end of a list', '[1,]', 'unexpected character at line 1, column 4'],
    ['a comma at the end of an object', '{"a":1,}', 'expected a member name at line 1, column 8'],
    ['text after the value', '{} x', 'text after the JSON value at line 1, column 4'],
    ['two values', '{}{}', 'text after the JSON value at line 1, column 3'],
    ['a comment', '/**/1', 'unexpected character at line 1, column 1'],
    ['a byte order mark', '\ufeff1', 'byte order mark at line 1, column 1'],
    ['an escaped lone surrogate', '["\\ud800"]', 'lone surrogate at line 1, column 2'],
    ['surrogates in the wrong order', '"\\udc00\\ud800"', 'lone surrogate at line 1, column 1'],
    ['a lone surrogate', '"\ud800"', 'lone surrogate'],
    ['a control character', '"a\tb"', 'control character at line 1, column 3'],
    ['a string without end', '"abc', 'string without end at line 1, column 5'],
    ['an unknown escape', '"\\x41"', 'unknown escape at line 1, column 2'],
    ['an escape of a vertical tab', '"\\v"', 'unknown escape at line 1, column 2'],
    ['a short \\u', '"\\u12"', '\\u without four hexadecimal digits at line 1, column 4'],
    ['a leading zero', '01', 'text after the JSON value at line 1, column 2'],
    ['a plus sign', '+1', 'unexpected character at line 1, column 1'],
    ['a bare point', '1.', 'text after the JSON value at line 1, column 2'],
    ['NaN', 'NaN', 'unexpected character at line 1, column 1'],
    ['a number beyond a double', '[1e999]', 'number out of range at line 1, column 2'],
    ['a word in capitals', 'TRUE', 'unexpected character at line 1, column 1'],
    ['a no-break space', '\u00a01', 'unexpected character at line 1, column 1'],
    ['single quotes', "{'a':1}", 'expected a member name at line 1, column 2'],
    ['no colon', '{"a" 1}', 'expected ":" at line 1, column 6'],
  ])('refuses %s', (_, text, fault) => {
    expect(refusalOf(() => read(text))).toBe(`input: ${fault}`)
  })

  it('refuses bytes that are not UTF-8: overlong, cut off, surrogates', () => {
    for (const bytes of [[0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xff]]) {
      expect(refusalOf(() => read(Uint8Array.from([0x22, ...bytes, 0x22])))).toBe('input: not UTF-8')
    }
  })

  it.each(['['.repeat(20_000), '{"a":'.repeat(20_000), `${'['.repeat(20_000)}${']'.repeat(20_000)}`])(
    'ends in a named error at 20,000 levels',
    text => {
      expect(refusalOf(() => read(text))).toMatch(/^input: deeper than 64 levels at line 1/)
    },
  )

  it('takes as many levels as it is told, and no more', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(decodeJson(nested(3), { label: 'input', maxDepth: 3 })).toEqual([[[]]])
    expect(refusalOf(() => decodeJson(nested(4), { label: 'input', maxDepth: 3 }))).toContain(
      'deeper than 3 levels',
    )
  })

  it('refuses more bytes than it is told, counted in UTF-8', () => {
    expect(refusalOf(() => decodeJson('"é"', { label: 'input', maxBytes: 3 }))).toBe(
      'input: 4 bytes of JSON, more than 3',
    )
    expect(decodeJson('"é"', { label: 'input', maxBytes: 4 })).toBe('é')
  })

  it('refuses more values than it is told, 100,000 if it is told nothing', () => {
    expect(decodeJson('[1,{"a":2}]', { label: 'input', maxValues: 4 })).toEqual([1, { a: 2 }])
    expect(refusalOf(() => decodeJson('[1,{"a":2}]', { label: 'input', maxValues: 3 }))).toBe(
      'input: more than 3 values at line 1, column 9',
    )
    expect(refusalOf(() => read(`[${'0,'.repeat(100_000)}0]`))).toMatch(/^input: more than 100000 values/)
  })

  it('passes over the members that nobody asked for, at the top alone, and checks their syntax', () => {
    const some = (text: string) => decodeJson(text, { label: 'input', maxValues: 5, only: ['a'] })
    expect(some('{"b":[1,{"a":[2,3,4,5,6]},"\\n"],"a":{"b":1}}')).toEqual({ a: { b: 1 } })
    expect(some('[{"b":1}]')).toEqual([{ b: 1 }])
    expect(refusalOf(() => some('{"b":[1,{"a":[2,}],"a":{}}'))).toBe(
      'input: unexpected character at line 1, column 17',
    )
    expect(refusalOf(() => some('{"b":1,"a":2,"b":3}'))).toBe(
      'input: member name twice in one object at line 1, column 14',
    )
    expect(refusalOf(() => some('{"b":1,"c":1,"d":1,"e":1,"f":1}'))).toMatch(/more than 5 values/)
    expect(refusalOf(() => some(`{"b":${'['.repeat(64)}${']'.repeat(64)}}`))).toMatch(/deeper than 64 levels/)
  })

  it('refuses a member name of more than 8,192 characters', () => {
    expect(read(`{"${'n'.repeat(8192)}":1}`)).toBeDefined()
    expect(refusalOf(() => read(`{"a":1,"${'n'.repeat(8193)}":1}`))).toBe(
      'input: member name of more than 8192 characters at line 1, column 8',
    )
  })

  it('gives members named like those of Object.prototype as own members, and no others', () => {
    const value = read('{"__proto__":{"polluted":1},"constructor":2}')
    if (!isJsonObject(value)) throw new Error('no object')
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
    expect(value.toString).toBeUndefined()
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('demands that named members are written as integers within 2^53', () => {
    const sizes = (text: string) => decodeJson(text, { label: 'input', integers: ['size'] })
    expect(sizes('{"size":9007199254740991,"other":1.5}')).toEqual({ size: 9007199254740991, other: 1.5 })
    expect(sizes('{"size":"1e3"}')).toEqual({ size: '1e3' })
    for (const size of ['1e3', '1.0', '9007199254740992', '0.5', '1E0']) {
      expect(refusalOf(() => sizes(`[{"size": ${size} }]`))).toBe(
        'input: not an integer within 2^53 at line 1, column 11',
      )
    }
  })

  it('refuses an escape in the members that it is told of, and in no others', () => {
    const read = (text: string) => decodeJson(text, { label: 'input', unescaped: ['time'] })
    expect(read('{"\\u0074ime":"1","other":"\\u0031","a":[{"time":null}]}')).toEqual({
      time: '1',
      other: '1',
      a: [{ time: null }],
    })
    expect(refusalOf(() => read('{"a":[{"time":"\\u0031"}]}'))).toBe(
      'input: escape in a text that has none at line 1, column 15',
    )
  })

  it('shows nothing of the input in its messages', () => {
    for (const text of ['{"canary":1,"canary":2}', '"canary', '["canary"', 'canary']) {
      expect(refusalOf(() => read(text))).not.toContain('canary')
    }
  })
})

describe('decodeJsonWithPositions', () => {
  it('says where members and elements begin, in lines and characters', () => {
    const { value, position } = decodeJsonWithPositions(
      '{\r\n  "😀": 1, "a": [true,\n\n    {"b": null}]\r}',
      { label: 'input' },
    )
    expect(value).toEqual({ '😀': 1, a: [true, { b: null }] })
    expect(position([])).toEqual({ line: 1, column: 1 })
    expect(position(['😀'])).toEqual({ line: 2, column: 3 })
    expect(position(['a'])).toEqual({ line: 2, column: 11 })
    expect(position(['a', 0])).toEqual({ line: 2, column: 17 })
    expect(position(['a', 1])).toEqual({ line: 4, column: 5 })
    expect(position(['a', 1, 'b'])).toEqual({ line: 4, column: 6 })
    expect(position(['a', 2])).toBeUndefined()
  })

  it('finds many places in one pass, and the nearest thing around what is missing', () => {
    const { position, nearestPositions } = decodeJsonWithPositions(
      '{\r\n  "😀": 1, "a": [true,\n\n    {"b": null}]\r, "c": {}}',
      { label: 'input' },
    )
    const paths = [['c'], ['a', 1, 'b'], [], ['a', 0], ['😀'], ['a', 1]]
    expect(nearestPositions(paths)).toEqual(paths.map(path => position(path)))
    expect(nearestPositions([['a', 7], ['c', 'x', 'y'], ['z'], ['😀', 'z'], ['a', 'b'], ['c', 0]])).toEqual(
      [['a'], ['c'], [], ['😀'], ['a'], ['c']].map(path => position(path)),
    )
  })

  it('gives the text of a value as it was written, without the space around it', () => {
    const { text } = decodeJsonWithPositions(' {"a" : [ 1.0 , "\\u0041"] ,"b":{ } }\n', { label: 'input' })
    expect(text([])).toBe('{"a" : [ 1.0 , "\\u0041"] ,"b":{ } }')
    expect(text(['a'])).toBe('[ 1.0 , "\\u0041"]')
    expect(text(['a', 0])).toBe('1.0')
    expect(text(['a', 1])).toBe('"\\u0041"')
    expect(text(['b'])).toBe('{ }')
    expect(text(['c'])).toBeUndefined()
  })

  it('puts another text in place of a value, and leaves all else', () => {
    const { replace } = decodeJsonWithPositions(' {"a" : [ 1 ],\n "x":12345678901234567890 }', {
      label: 'input',
    })
    expect(replace(['a'], '[2]')).toBe(' {"a" : [2],\n "x":12345678901234567890 }')
    expect(refusalOf(() => replace(['b'], '1'))).toBe('input: no such value')
  })

  it('finds what it finds in any valid text as the parser does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), generated => {
        const source = JSON.stringify(generated, undefined, 1)
        if (!source.isWellFormed()) return
        const { value, text } = decodeJsonWithPositions(source, { label: 'input' })
        const compare = (found: unknown, path: (string | number)[]): void => {
          expect(JSON.parse(text(path)!)).toEqual(found)
          if (typeof found !== 'object' || found === null) return
          for (const [name, member] of Object.entries(found))
            compare(member, [...path, Array.isArray(found) ? Number(name) : name])
        }
        compare(value, [])
      }),
      { numRuns: 200 },
    )
  })
})

describe('skipJson', () => {
  it('passes over what decodeJson reads, and stops where it ends', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), text => {
        expect(skipJson(`${text} x`, 'input', 64)).toBe(text.length)
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses the mutants that decodeJson refuses, but for names that come twice and what follows', () => {
    const good = Buffer.from('{"a":[1,-2.5e3,true,null,"x\\u00e9\\n"],"b":{"c":"d","d":{}},"e":""}')
    fc.assert(
      fc.property(mutantsOf(good), mutant => {
        const text = Buffer.from(mutant).toString('latin1')
        const end = readOrRefuse(() => skipJson(text, 'input', 64))
        const fault = readOrRefuse(() => decodeJson(text, { label: 'input' })) === undefined
        if (!fault) expect(end).toBeLessThanOrEqual(text.length)
        else if (end !== undefined)
          expect(refusalOf(() => decodeJson(text, { label: 'input' }))).toMatch(
            /text after|member name twice|lone surrogate|out of range|unexpected/,
          )
      }),
      { numRuns: Math.min(numRuns, 5000) },
    )
  })

  it('takes 10,000 levels', () => {
    expect(skipJson('['.repeat(10_000) + ']'.repeat(10_000), 'input', 10_000)).toBe(20_000)
    expect(refusalOf(() => skipJson('['.repeat(10_001), 'input', 10_000))).toMatch(/deeper than 10000/)
  })
})

describe('encodeJson', () => {
  it('escapes as Go does', () => {
    expect(encodeJson('<a href="x">&\u2028\u2029\u007f\b\f\n\t\u0001é/', { label: 'text' })).toBe(
      '"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029\u007f\\b\\f\\n\\t\\u0001é/"',
    )
  })

  it('writes numbers as Go does', () => {
    expect(encodeJson([-0, 1e21, 1e-7, 0.1, 9007199254740991], { label: 'numbers' })).toBe(
      '[-0,1e+21,1e-7,0.1,9007199254740991]',
    )
  })

  it('sorts by the bytes of UTF-8, at every depth, and names like numbers too', () => {
    const value = { '\u{10000}': 1, '\uffff': 2, 9: 3, 10: 4, a: { z: 1, b: [{ y: 1, x: 2 }] } }
    expect(encodeJson(value, { label: 'value', sort: true })).toBe(
      '{"10":4,"9":3,"a":{"b":[{"x":2,"y":1}],"z":1},"\uffff":2,"\u{10000}":1}',
    )
  })

  it('refuses what JSON cannot say', () => {
    let deep: unknown[] = []
    for (let i = 0; i < 20_000; i++) deep = [deep]
    for (const value of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      undefined,
      1n,
      '\ud800',
      { '\ud800': 1 },
      [undefined],
      deep,
    ]) {
      expect(refusalOf(() => encodeJson(value as never, { label: 'value' }))).toMatch(/^value: /)
    }
  })

  it('writes what JSON.parse reads back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), value => {
        const text = readOrRefuse(() => encodeJson(value as never, { label: 'value', sort: true }))
        if (text !== undefined) expect(JSON.parse(text)).toEqual(value)
      }),
      { numRuns: Math.min(numRuns, 1000) },
    )
  })
})
