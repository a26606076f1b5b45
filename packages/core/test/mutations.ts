import fc from 'fast-check'
import { expect } from 'vitest'
import { isSealwrightError } from '../src/index.ts'

/** Bytes that decoders trip over: JSON and CBOR syntax, DER heads, escapes, surrogates, byte order mark. */
const TOKENS: readonly Uint8Array[] = [
  ...[
    '"',
    ',',
    ':',
    '{',
    '}',
    '[',
    ']',
    '\\',
    '\\u0000',
    '\\ud800',
    'null',
    'true',
    '0',
    '-',
    '1e9',
    '=',
    '\n',
    ' ',
    '"a":1,',
  ],
].map(text => Buffer.from(text))
const HEADS: readonly Uint8Array[] = [
  [0x00],
  [0x80],
  [0xff],
  [0x1f],
  [0x30, 0x80],
  [0x30, 0x81, 0x01],
  [0x02, 0x01, 0x00],
  [0xd2, 0x84],
  [0xa0],
  [0xa1, 0x01],
  [0x9f],
  [0xbf],
  [0x5f],
  [0x18, 0x01],
  [0xf9, 0x3c, 0x00],
  [0xc1, 0x1a],
  [0xf6],
  [0xf7],
  [0xef, 0xbb, 0xbf],
  [0xc0, 0x80],
].map(bytes => Uint8Array.from(bytes))

const edit: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => (bytes: Uint8Array) => {
    const copy = Uint8Array.from(bytes)
    if (copy.length > 0) copy[at % copy.length]! ^= 1 << bit
    return copy
  }),
  fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...TOKENS, ...HEADS), fc.uint8Array({ maxLength: 4 }))).map(
    ([at, piece]) =>
      (bytes: Uint8Array) =>
        splice(bytes, at, 0, piece),
  ),
  fc.tuple(fc.nat(), fc.constantFrom(...TOKENS, ...HEADS)).map(
    ([at, piece]) =>
      (bytes: Uint8Array) =>
        splice(bytes, at, piece.length, piece),
  ),
  fc.tuple(fc.nat(), fc.nat(40)).map(
    ([at, length]) =>
      (bytes: Uint8Array) =>
        splice(bytes, at, length, new Uint8Array()),
  ),
  fc.tuple(fc.nat(), fc.nat(), fc.nat(60)).map(([at, from, length]) => (bytes: Uint8Array) => {
    const start = from % (bytes.length + 1)
    return splice(bytes, at, 0, bytes.subarray(start, start + length))
  }),
  fc.nat().map(at => (bytes: Uint8Array) => bytes.slice(0, at % (bytes.length + 1))),
)

/** Anything one to four edits away from `good`. */
export function mutantsOf(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map(edits => edits.reduce((bytes, change) => change(bytes), good))
}

/** What `read` gives; `undefined` where it refuses with `VALIDATION`. Any other failure is a bug and thrown. */
export function readOrRefuse<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return undefined
    throw error
  }
}

/** The message of the `VALIDATION` error that `read` must end in. */
export function refusalOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (isSealwrightError(error)) {
      expect(error.code).toBe('VALIDATION')
      return error.message
    }
    throw error
  }
  throw new Error('not refused')
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  const start = at % (bytes.length + 1)
  return Uint8Array.from([...bytes.subarray(0, start), ...insert, ...bytes.subarray(start + remove)])
}
