import { decode, encode, rfc8949EncodeOptions, Tagged } from 'cborg'
import { scanCbor } from './cbor-scan.ts'
import { invalid } from './invalid.ts'

/** A tagged item (RFC 8949 §3.4). */
export interface CborTagged {
  readonly tag: number
  readonly value: unknown
}

export interface CborOptions {
  /** Names the input in messages. */
  readonly label: string
  /** Most bytes. Default 4 MiB. */
  readonly maxBytes?: number
  /** Most arrays, maps and tags within each other. Default 32, at most 128. */
  readonly maxDepth?: number
  /** `any`: map keys need not be sorted, all else is as deterministic. For signed maps of writers that do not sort. */
  readonly keyOrder?: 'sorted' | 'any'
}

const MAX_BYTES = 4 * 1024 * 1024
const MAX_DEPTH = 32
const DEPTH_CEILING = 128

/**
 * Reads one CBOR item in core deterministic encoding (RFC 8949 §4.2.1) and nothing else: definite lengths, every head and
 * float in its shortest form, map keys sorted and unique, UTF-8, nothing after it. Map keys are integers or text.
 *
 * Integers are of 64 bits with a sign.
 *
 * Maps come as `Map`, tags as {@link CborTagged} (see {@link isCborTagged}), byte strings as `Uint8Array`, integers as
 * `number`, or `bigint` beyond 2^53.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function decodeCbor(bytes: Uint8Array, options: CborOptions): unknown {
  const { label, maxBytes = MAX_BYTES, maxDepth = MAX_DEPTH } = options
  if (bytes.length > maxBytes) throw invalid(label, `${bytes.length} bytes of CBOR, more than ${maxBytes}`)
  const tags = scanCbor(bytes, Math.min(maxDepth, DEPTH_CEILING), label)
  const decoders = Object.fromEntries([...tags].map(tag => [tag, Tagged.decoder(tag)]))
  let value: unknown
  let again: Uint8Array
  try {
    value = decode(bytes, { ...STRICT, tags: decoders })
    again = encode(value, options.keyOrder === 'any' ? { ...ENCODING, mapSorter: () => 0 } : ENCODING)
  } catch {
    throw invalid(label, 'malformed CBOR')
  }
  // cborg lets unsorted keys, long floats and broken UTF-8 pass; none of them survives being written again.
  if (Buffer.compare(again, bytes) !== 0) throw invalid(label, 'CBOR not in deterministic encoding')
  return value
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
    /** cborg would write U+FFFD for a lone surrogate: other text than was given. */
    string: (text: string) => {
      if (!text.isWellFormed()) throw new TypeError('lone surrogate')
      return null
    },
  },
}
const STRICT = { strict: true, useMaps: true, allowIndefinite: false, rejectDuplicateMapKeys: true } as const
