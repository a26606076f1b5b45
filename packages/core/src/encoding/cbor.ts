import { encode, rfc8949EncodeOptions, Tagged, Token, Type } from 'cborg'
import { CborFloat, CborReader } from './cbor-reader.ts'
import { invalid } from './invalid.ts'

export { CborFloat }

/** A tagged item (RFC 8949 §3.4). */
export interface CborTagged {
  readonly tag: number
  readonly value: unknown
}

export interface CborOptions {
  /** Names the input in messages. */
  readonly label: string
  /** Most bytes. Default 4 MiB. */
  readonly maxBytes?: number | undefined
  /** Most items, map keys among them. Each takes memory of many times its bytes. Default 100,000. */
  readonly maxValues?: number | undefined
  /** Most arrays, maps and tags within each other. Default 32, at most 128. */
  readonly maxDepth?: number | undefined
  /** `any`: map keys need not be sorted, all else is as deterministic. For signed maps of writers that do not sort. */
  readonly keyOrder?: 'sorted' | 'any' | undefined
}

const MAX_BYTES = 4 * 1024 * 1024
const MAX_VALUES = 100_000
const MAX_DEPTH = 32
const DEPTH_CEILING = 128

/**
 * Reads one CBOR item in core deterministic encoding (RFC 8949 §4.2.1) and nothing else: definite lengths, every head and
 * float in its shortest form, map keys sorted and unique, UTF-8, nothing after it. Map keys are integers or text.
 *
 * Integers are of 64 bits with a sign. A map has at most 1000 entries.
 *
 * Maps come as `Map`, tags as {@link CborTagged} (see {@link isCborTagged}), byte strings as `Uint8Array`, integers as
 * `number`, or `bigint` beyond 2^53. A float is a `number`, too, unless it is whole (`2.0`): then it is a {@link CborFloat},
 * so that it is never taken for an integer.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function decodeCbor(bytes: Uint8Array, options: CborOptions): unknown {
  const { label, maxBytes = MAX_BYTES, maxValues = MAX_VALUES, maxDepth = MAX_DEPTH, keyOrder } = options
  if (bytes.length > maxBytes) throw invalid(label, `${bytes.length} bytes of CBOR, more than ${maxBytes}`)
  return new CborReader(bytes, {
    label,
    maxValues,
    maxDepth: Math.min(maxDepth, DEPTH_CEILING),
    sortedKeys: keyOrder !== 'any',
  }).read()
}

/**
 * Writes core deterministic CBOR (RFC 8949 §4.2.1). Maps from `Map`, tags from {@link cborTagged}.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what CBOR has no item for, and for a lone surrogate.
 */
export function encodeCbor(value: unknown): Uint8Array {
  try {
    // cborg returns a Buffer when it sees fit.
    return new Uint8Array(encode(value, ENCODING))
  } catch {
    throw invalid('CBOR', 'a value that CBOR has no item for')
  }
}

export function cborTagged(tag: number, value: unknown): CborTagged {
  return new Tagged(tag, value)
}

export function isCborTagged(value: unknown): value is CborTagged {
  return value instanceof Tagged
}

const ENCODING = {
  ...rfc8949EncodeOptions,
  typeEncoders: {
    /** cborg would write a whole float as an integer. */
    Object: (value: unknown) => (value instanceof CborFloat ? new Token(Type.float, value.value) : null),
    /** cborg does not write all of them in their shortest form, and so we would not read them back. */
    number: (value: number) => {
      const isSubnormalHalf = Math.abs(value) < 2 ** -14 && Number.isInteger(value * 2 ** 24)
      if (isSubnormalHalf && value !== 0 && !Number.isInteger(Math.log2(Math.abs(value))))
        throw new TypeError('subnormal')
      return null
    },
    /** cborg would write U+FFFD for a lone surrogate: other text than was given. */
    string: (text: string) => {
      if (!text.isWellFormed()) throw new TypeError('lone surrogate')
      return null
    },
  },
}
