import { decode } from 'cborg'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { CborFloat, cborTagged, decodeCbor, encodeCbor, isCborTagged } from '../../src/encoding/cbor.ts'
import { mutantsOf, readOrRefuse, refusalOf } from '../mutations.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const read = (bytes: Uint8Array) => decodeCbor(bytes, { label: 'input' })

function hasTinyFloat(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasTinyFloat)
  if (value instanceof Map) return [...value.values()].some(hasTinyFloat)
  if (isCborTagged(value)) return hasTinyFloat(value.value)
  return typeof value === 'number' && value !== 0 && Math.abs(value) < 2 ** -14
}

/** As cborg reads it, which does not tell `2.0` from `2`. */
function withoutFloats(value: unknown): unknown {
  if (value instanceof CborFloat) return value.value
  if (Array.isArray(value)) return value.map(withoutFloats)
  if (!(value instanceof Map)) return value
  return new Map([...value].map(([key, item]) => [key, withoutFloats(item)]))
}

describe('decodeCbor', () => {
  it.each([
    ['nothing', ''],
    ['an integer in more bytes than needed', '18 17'],
    ['an integer of eight bytes that fits four', '1b 00 00 00 00 00 00 00 01'],
    ['a length in more bytes than needed', '58 01 00'],
    ['an indefinite list', '9f 01 ff'],
    ['an indefinite map', 'bf 01 01 ff'],
    ['indefinite bytes', '5f 41 00 ff'],
    ['a break', 'ff'],
    ['a reserved head', '1c'],
    ['keys out of order', 'a2 02 01 01 01'],
    ['keys ordered by length, as RFC 7049 had it', 'a2 20 01 18 18 01'],
    ['a key twice', 'a2 01 01 01 02'],
    ['a text key twice', 'a2 61 61 01 61 61 02'],
    ['a key of bytes', 'a1 41 01 01'],
    ['a key that is a list', 'a1 80 01'],
    ['text that is not UTF-8', '61 ff'],
    ['a float that fits half the size', 'fb 3f f0 00 00 00 00 00 00'],
    ['NaN with a payload', 'f9 7e 01'],
    ['bytes after the item', '01 01'],
    ['a length beyond the input', '42 00'],
    ['an integer beyond 64 bits with a sign', '1b 80 00 00 00 00 00 00 00'],
    ['a negative one', '82 00 3b 80 00 00 00 00 00 00 00'],
    ['a huge length', '5b ff ff ff ff ff ff ff ff'],
    ['a huge list', '9b 00 00 00 01 00 00 00 00'],
    ['a huge map', 'ba ff ff ff ff'],
    ['a simple value without meaning', 'e0'],
    ['a simple value of two bytes', 'f8 ff'],
    ['a tag without content', 'c1'],
    ['a tag in more bytes than needed', 'd8 12 01'],
    ['a fault under a tag in a list in a map', 'a1 01 81 c1 18 01'],
  ])('refuses %s', (_, bytes) => {
    expect(refusalOf(() => read(hex(bytes)))).toMatch(/^input: /)
  })

  it.each([
    ['lists', '81'],
    ['maps', 'a101'],
    ['tags', 'c1'],
  ])('ends in a named error at 20,000 levels of %s', (_, head) => {
    expect(refusalOf(() => read(hex(`${head.repeat(20_000)}00`)))).toBe('input: CBOR deeper than 32 levels')
  })

  it('takes as many levels as it is told, and no more', () => {
    expect(decodeCbor(hex('81 81 00'), { label: 'input', maxDepth: 2 })).toEqual([[0]])
    expect(refusalOf(() => decodeCbor(hex('81 81 80'), { label: 'input', maxDepth: 2 }))).toBe(
      'input: CBOR deeper than 2 levels',
    )
  })

  it('refuses more bytes than it is told', () => {
    expect(refusalOf(() => decodeCbor(hex('42 00 00'), { label: 'input', maxBytes: 2 }))).toBe(
      'input: 3 bytes of CBOR, more than 2',
    )
  })

  it('reads a map in any order where told, and is as strict for the rest', () => {
    const any = (bytes: string) => decodeCbor(hex(bytes), { label: 'input', keyOrder: 'any' })
    expect(any('a2 02 01 01 a2 61 62 00 61 61 00')).toEqual(
      new Map<number, unknown>([
        [2, 1],
        [
          1,
          new Map([
            ['b', 0],
            ['a', 0],
          ]),
        ],
      ]),
    )
    for (const bytes of ['a2 02 01 02 01', 'a1 18 01 00', 'bf 01 01 ff', 'a1 61 ff 00']) {
      expect(refusalOf(() => any(bytes))).toMatch(/^input: /)
    }
  })

  it('tells a float that is whole from the integer, and writes it as it was', () => {
    for (const [bytes, expected] of [
      ['f9 40 00', 2],
      ['f9 80 00', -0],
      ['f9 7b ff', 65504],
      ['f9 04 00', 2 ** -14],
      ['f9 00 01', 2 ** -24],
      ['fa 47 80 00 00', 65536],
      ['fa 47 7f e1 00', 65505],
      ['fb 41 da 0f 10 30 00 00 00', 1748779200],
      ['f9 7c 00', Number.POSITIVE_INFINITY],
      ['f9 7e 00', Number.NaN],
    ] as const) {
      const value = read(hex(bytes))
      expect(value instanceof CborFloat).toBe(Number.isInteger(expected))
      expect(Object.is(value instanceof CborFloat ? value.value : value, expected)).toBe(true)
      expect(encodeCbor(value)).toEqual(hex(bytes))
    }
  })

  it.each([
    'fa 40 00 00 00',
    'fa 33 80 00 00',
    'fa 38 80 00 00',
    'fa 80 00 00 00',
    'fb 40 f0 00 00 00 00 00 00',
    'fa 7f 80 00 00',
    'fa 7f c0 00 00',
  ])('refuses the float %s, which fits fewer bytes', bytes => {
    expect(refusalOf(() => read(hex(bytes)))).toBe('input: CBOR not in deterministic encoding')
  })

  it('refuses more values than it is told, and keys that are too long', () => {
    const options = { label: 'input', maxValues: 3 }
    expect(decodeCbor(hex('82 00 00'), options)).toEqual([0, 0])
    expect(refusalOf(() => decodeCbor(hex('a2 00 00 01 00'), options))).toBe('input: more than 3 CBOR values')
    const key = encodeCbor(new Map([['k'.repeat(8190), 0]]))
    expect(refusalOf(() => read(key))).toBe('input: CBOR map key of more than 8192 bytes')
  })

  it('takes no quadratic time for keys that V8 gives the same hash', () => {
    const map = (count: number) =>
      Buffer.concat([
        Uint8Array.of(0xb9, count >> 8, count & 0xff),
        ...collidingKeys(count).map(key => Buffer.concat([encodeCbor(key), Uint8Array.of(0)])),
      ])
    expect(read(map(1000))).toHaveProperty('size', 1000)
    expect(refusalOf(() => read(map(1001)))).toBe('input: CBOR map of more than 1000 entries')
    const started = performance.now()
    expect(refusalOf(() => read(map(20_000)))).toContain('more than 1000 entries')
    const many = Buffer.concat([Uint8Array.of(0x98, 49), ...Array.from({ length: 49 }, () => map(1000))])
    expect(read(many)).toHaveLength(49)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it('keeps tags, and tells integers beyond 2^53', () => {
    const value = read(hex('c1 1b 7f ff ff ff ff ff ff ff'))
    expect(isCborTagged(value) && value).toMatchObject({ tag: 1, value: 2n ** 63n - 1n })
    expect(isCborTagged({ tag: 1, value: 1 })).toBe(false)
  })

  it('reads a mutant only if that is how its value is written, and as cborg reads it', () => {
    const good = encodeCbor(
      new Map<unknown, unknown>([
        [1, -38],
        [2, ['a', 'b']],
        ['text', Uint8Array.of(1, 2, 3)],
        ['nested', new Map([[-1, [true, null, 1.5]]])],
        [-7, 'é'],
      ]),
    )
    fc.assert(
      fc.property(mutantsOf(good), mutant => {
        const found = readOrRefuse(() => ({ value: read(mutant) }))
        if (found === undefined) return
        const { value } = found
        if (!hasTinyFloat(value)) expect(encodeCbor(value)).toEqual(mutant)
        if (![...mutant].some(byte => byte >> 5 === 6))
          expect(withoutFloats(value)).toEqual(decode(mutant, { useMaps: true }))
      }),
      { numRuns },
    )
  })
})

describe('encodeCbor', () => {
  const leaf = fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .filter(n => n > BigInt(Number.MAX_SAFE_INTEGER) || n < BigInt(Number.MIN_SAFE_INTEGER)),
    fc.double({ noNaN: true }).filter(n => !Number.isInteger(n)),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(null, true, false, undefined),
  )
  const { value } = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.oneof(fc.integer(), fc.string()), tie('value')), { maxLength: 4 })
        .map(entries => new Map(entries)),
      fc.tuple(fc.nat({ max: 100_000 }), tie('value')).map(([tag, inner]) => cborTagged(tag, inner)),
    ),
  }))

  it('writes what decodeCbor reads, and what it reads is written the same', () => {
    fc.assert(
      fc.property(value, input => {
        const bytes = encodeCbor(input)
        const again = decodeCbor(bytes, { label: 'input' })
        expect(encodeCbor(again)).toEqual(bytes)
      }),
      { numRuns: Math.min(numRuns, 5000) },
    )
  })

  it('sorts keys by their bytes (RFC 8949 §4.2.1)', () => {
    const keys = new Map<unknown, number>([
      ['aa', 0],
      ['z', 0],
      [100, 0],
      [-1, 0],
      [10, 0],
    ])
    expect(encodeCbor(keys)).toEqual(hex('a5 0a 00 18 64 00 20 00 61 7a 00 62 61 61 00'))
  })

  it('takes a Buffer for the bytes it is', () => {
    expect(encodeCbor([Buffer.from([1, 2])])).toEqual(hex('81 42 01 02'))
  })

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a lone surrogate', '\ud800'],
    ['a float that cborg does not write in its shortest form', 62 * 2 ** -24],
    ['one in a key', new Map([['\udc00', 1]])],
  ])('refuses %s', (_, input) => {
    expect(refusalOf(() => encodeCbor(input))).toBe('CBOR: a value that CBOR has no item for')
  })
})

/** Integers beyond 2^53, ascending, whose hash in a Map (V8's ComputeLongHash, which has no seed) is zero for all. */
function collidingKeys(count: number): bigint[] {
  const wrap = (value: bigint) => BigInt.asUintN(64, value)
  const inverse = (odd: bigint) => {
    let x = odd
    for (let round = 0; round < 6; round++) x = wrap(x * (2n - odd * x))
    return x
  }
  const unshift = (hash: bigint, bits: bigint) => {
    let x = hash
    for (let done = 0n; done < 64n; done += bits) x = hash ^ (x >> bits)
    return x
  }
  const preimage = (hash: bigint) => {
    const third = wrap(unshift(hash, 22n) * inverse(65n))
    const second = wrap(unshift(third, 11n) * inverse(21n))
    return wrap((unshift(second, 31n) + 1n) * inverse(2n ** 18n - 1n))
  }
  const keys: bigint[] = []
  for (let high = 1n; keys.length < count; high++) {
    const key = preimage(high << 30n)
    if (key < 2n ** 63n && key > 2n ** 53n) keys.push(key)
  }
  return keys.sort((one, other) => (one < other ? -1 : 1))
}
