import type { BitWriter } from './bit-writer.ts'
import {
  bitLength,
  fixedDistanceCode,
  fixedLiteralCode,
  type HuffmanCode,
  huffmanCode,
} from './huffman-code.ts'
import {
  DISTANCE_BASE,
  DISTANCE_BITS,
  distanceOf,
  END_OF_BLOCK,
  FIRST_LENGTH,
  isMatch,
  LENGTH_BASE,
  LENGTH_BITS,
  lengthOf,
  symbolTable,
} from './tokens.ts'

const MAX_STORED = 65_535
/** The order in which the lengths of the code for lengths are written (RFC 1951 §3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const
const REPEAT = 16
const FEW_ZEROS = 17
const MANY_ZEROS = 18
const REPEAT_BITS: Readonly<Record<number, number>> = { [REPEAT]: 2, [FEW_ZEROS]: 3, [MANY_ZEROS]: 7 }

/** A length of a code, or a repetition with its extra bits. */
type Run = readonly [symbol: number, extra?: number]

/** Writes blocks of DEFLATE as Go's writer does: each stored, with the fixed code or with its own, whichever is least. */
export class BlockWriter {
  readonly #out: BitWriter
  readonly #fixedLiterals = fixedLiteralCode()
  readonly #fixedDistances = fixedDistanceCode()
  readonly #lengthSymbols = symbolTable(LENGTH_BASE, 256)
  readonly #distanceSymbols = symbolTable(DISTANCE_BASE, 32_768)
  readonly #literalCounts = new Int32Array(286)
  readonly #distanceCounts = new Int32Array(30)

  constructor(out: BitWriter) {
    this.#out = out
  }

  /** @param input - The bytes that the tokens stand for, where they are still at hand. */
  write(tokens: Int32Array, input: Uint8Array | undefined): void {
    this.#count(tokens)
    const literals = huffmanCode(this.#literalCounts, 15)
    const distances = huffmanCode(this.#distanceCounts, 15)
    const literalCount = this.#literalCounts.findLastIndex(count => count !== 0) + 1
    const distanceCount = this.#distanceCounts.findLastIndex(count => count !== 0) + 1
    const table = describeCodes(
      literals.lengths.subarray(0, literalCount),
      distances.lengths.subarray(0, distanceCount),
    )
    const extra = this.#extraBits()
    const fixedSize = 3 + this.#size(this.#fixedLiterals, this.#fixedDistances) + extra
    const ownSize = table.size + this.#size(literals, distances) + extra
    const size = Math.min(fixedSize, ownSize)
    if (input !== undefined && input.length <= MAX_STORED && (input.length + 5) * 8 < size) {
      this.stored(input, false)
    } else if (ownSize < fixedSize) {
      this.#writeTable(literalCount, distanceCount, table)
      this.#writeTokens(tokens, literals, distances)
    } else {
      this.#out.write(2, 3)
      this.#writeTokens(tokens, this.#fixedLiterals, this.#fixedDistances)
    }
  }

  /** A stored block (RFC 1951 §3.2.4). */
  stored(bytes: Uint8Array, isLast: boolean): void {
    this.#out.write(isLast ? 1 : 0, 3)
    this.#out.align()
    this.#out.write(bytes.length, 16)
    this.#out.write(~bytes.length & 0xffff, 16)
    this.#out.bytes(bytes)
  }

  #count(tokens: Int32Array): void {
    const literals = this.#literalCounts.fill(0)
    const distances = this.#distanceCounts.fill(0)
    for (const token of tokens) {
      if (isMatch(token)) {
        literals[FIRST_LENGTH + this.#lengthSymbols[lengthOf(token)]!]!++
        distances[this.#distanceSymbols[distanceOf(token)]!]!++
      } else literals[token]!++
    }
    literals[END_OF_BLOCK] = 1
    // A table has one distance at least.
    if (distances.every(count => count === 0)) distances[0] = 1
  }

  #size(literals: HuffmanCode, distances: HuffmanCode): number {
    return bitLength(literals, this.#literalCounts) + bitLength(distances, this.#distanceCounts)
  }

  #extraBits(): number {
    const lengths = LENGTH_BITS.reduce(
      (sum, bits, symbol) => sum + bits * this.#literalCounts[FIRST_LENGTH + symbol]!,
      0,
    )
    return DISTANCE_BITS.reduce((sum, bits, symbol) => sum + bits * this.#distanceCounts[symbol]!, lengths)
  }

  #writeTable(literalCount: number, distanceCount: number, { code, runs, sent }: CodeTable): void {
    this.#out.write(4, 3)
    this.#out.write(literalCount - 257, 5)
    this.#out.write(distanceCount - 1, 5)
    this.#out.write(sent - 4, 4)
    for (const symbol of ORDER.slice(0, sent)) this.#out.write(code.lengths[symbol]!, 3)
    for (const [symbol, extra] of runs) {
      this.#out.write(code.codes[symbol]!, code.lengths[symbol]!)
      if (extra !== undefined) this.#out.write(extra, REPEAT_BITS[symbol]!)
    }
  }

  #writeTokens(tokens: Int32Array, literals: HuffmanCode, distances: HuffmanCode): void {
    const out = this.#out
    for (const token of tokens) {
      if (!isMatch(token)) {
        out.write(literals.codes[token]!, literals.lengths[token]!)
        continue
      }
      const length = lengthOf(token)
      const lengthSymbol = this.#lengthSymbols[length]!
      out.write(literals.codes[FIRST_LENGTH + lengthSymbol]!, literals.lengths[FIRST_LENGTH + lengthSymbol]!)
      if (LENGTH_BITS[lengthSymbol]! > 0)
        out.write(length - LENGTH_BASE[lengthSymbol]!, LENGTH_BITS[lengthSymbol]!)
      const distance = distanceOf(token)
      const symbol = this.#distanceSymbols[distance]!
      out.write(distances.codes[symbol]!, distances.lengths[symbol]!)
      if (DISTANCE_BITS[symbol]! > 0) out.write(distance - DISTANCE_BASE[symbol]!, DISTANCE_BITS[symbol]!)
    }
    out.write(literals.codes[END_OF_BLOCK]!, literals.lengths[END_OF_BLOCK]!)
  }
}

/** How a block says its two codes: the lengths in runs, and a code for those. */
interface CodeTable {
  readonly runs: readonly Run[]
  readonly code: HuffmanCode
  /** How many lengths of the code for lengths are written. */
  readonly sent: number
  /** Bits, with the head of the block. */
  readonly size: number
}

function describeCodes(literals: Uint8Array, distances: Uint8Array): CodeTable {
  const runs = runsOf([...literals, ...distances])
  const counts = new Int32Array(19)
  for (const [symbol] of runs) counts[symbol]!++
  const code = huffmanCode(counts, 7)
  let sent = ORDER.length
  while (sent > 4 && counts[ORDER[sent - 1]!] === 0) sent--
  const extra = runs.reduce(
    (sum, [symbol, value]) => sum + (value === undefined ? 0 : REPEAT_BITS[symbol]!),
    0,
  )
  return { runs, code, sent, size: 3 + 5 + 5 + 4 + 3 * sent + bitLength(code, counts) + extra }
}

/** The run lengths that Go chooses: a length is said once before it is repeated, and rests of two are said out. */
function runsOf(lengths: readonly number[]): Run[] {
  const runs: Run[] = []
  for (let at = 0; at < lengths.length; ) {
    const length = lengths[at] as number
    let end = at
    while (lengths[end] === length) end++
    let left = end - at
    at = end
    if (length === 0) {
      for (; left >= 11; left -= Math.min(138, left)) runs.push([MANY_ZEROS, Math.min(138, left) - 11])
      if (left >= 3) {
        runs.push([FEW_ZEROS, left - 3])
        left = 0
      }
    } else {
      runs.push([length])
      for (left--; left >= 3; left -= Math.min(6, left)) runs.push([REPEAT, Math.min(6, left) - 3])
    }
    for (; left > 0; left--) runs.push([length])
  }
  return runs
}
