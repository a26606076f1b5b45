/** A code for each symbol, in the order of bits in which it is written; length 0 for a symbol that does not occur. */
export interface HuffmanCode {
  readonly codes: Uint16Array
  readonly lengths: Uint8Array
}

/** Beyond every frequency. */
const NEVER = 0x7fff_ffff
/** More than the symbols of any alphabet here. */
const SYMBOLS = 512

/**
 * The code of least total length for symbols of these frequencies, no symbol longer than `maxBits`, and of several such
 * codes the one that Go chooses: boundary package-merge, symbols in the order of frequency and value.
 */
export function huffmanCode(frequencies: Int32Array, maxBits: number): HuffmanCode {
  const code = { codes: new Uint16Array(frequencies.length), lengths: new Uint8Array(frequencies.length) }
  const keys: number[] = []
  for (const [symbol, frequency] of frequencies.entries())
    if (frequency !== 0) keys.push(frequency * SYMBOLS + symbol)
  if (keys.length <= 2) {
    for (const [index, key] of keys.entries()) assign(code, key % SYMBOLS, index, 1)
    return code
  }
  const sorted = Float64Array.from(keys).sort()
  const symbols = Array.from(sorted, key => key % SYMBOLS)
  const counts = bitCounts(
    Array.from(sorted, key => Math.floor(key / SYMBOLS)),
    maxBits,
  )
  let next = 0
  let left = symbols.length
  // The rarest symbols have the longest codes; codes of one length go by the value of the symbol (RFC 1951 §3.2.2).
  for (const [length, count] of counts.entries()) {
    next <<= 1
    if (length === 0 || count === 0) continue
    for (const symbol of symbols.slice(left - count, left).sort((one, other) => one - other))
      assign(code, symbol, next++, length)
    left -= count
  }
  return code
}

/** Bits that a text of these frequencies takes. */
export function bitLength({ lengths }: HuffmanCode, frequencies: Int32Array): number {
  return frequencies.reduce((total, frequency, symbol) => total + frequency * (lengths[symbol] as number), 0)
}

/** The code that needs no table: RFC 1951 §3.2.6. */
export function fixedLiteralCode(): HuffmanCode {
  const code = { codes: new Uint16Array(286), lengths: new Uint8Array(286) }
  for (let symbol = 0; symbol < 286; symbol++) {
    if (symbol < 144) assign(code, symbol, symbol + 0x30, 8)
    else if (symbol < 256) assign(code, symbol, symbol - 144 + 0x190, 9)
    else if (symbol < 280) assign(code, symbol, symbol - 256, 7)
    else assign(code, symbol, symbol - 280 + 0xc0, 8)
  }
  return code
}

/** As {@link fixedLiteralCode}, for distances. */
export function fixedDistanceCode(): HuffmanCode {
  const code = { codes: new Uint16Array(30), lengths: new Uint8Array(30) }
  for (let symbol = 0; symbol < 30; symbol++) assign(code, symbol, symbol, 5)
  return code
}

function assign({ codes, lengths }: HuffmanCode, symbol: number, code: number, length: number): void {
  let reversed = 0
  for (let bit = 0; bit < length; bit++) reversed |= ((code >> bit) & 1) << (length - 1 - bit)
  codes[symbol] = reversed
  lengths[symbol] = length
}

interface Level {
  lastFrequency: number
  nextLeaf: number
  nextPair: number
  needed: number
}

/**
 * How many of the symbols get a code of each length, by boundary package-merge (Katajainen, Moffat, Turpin 1995).
 *
 * @param frequencies - Rising, three at least.
 */
function bitCounts(frequencies: readonly number[], limit: number): number[] {
  const count = frequencies.length
  const maxBits = Math.min(limit, count - 1)
  const at = (index: number): number => frequencies[index] ?? NEVER
  const levels: Level[] = [{ lastFrequency: 0, nextLeaf: 0, nextPair: 0, needed: 0 }]
  // leaves[i][j]: the symbols to the left of the ancestor at level j of the rightmost node at level i.
  const leaves = Array.from({ length: maxBits + 1 }, () => new Int32Array(maxBits + 1))
  for (let level = 1; level <= maxBits; level++) {
    const nextPair = level === 1 ? NEVER : at(0) + at(1)
    levels.push({ lastFrequency: at(1), nextLeaf: at(2), nextPair, needed: 0 })
    leaves[level]![level] = 2
  }
  levels[maxBits]!.needed = 2 * count - 4
  for (let level = maxBits; ; ) {
    const here = levels[level] as Level
    if (here.nextPair === NEVER && here.nextLeaf === NEVER) {
      here.needed = 0
      level++
      levels[level]!.nextPair = NEVER
      continue
    }
    const before = here.lastFrequency
    if (here.nextLeaf < here.nextPair) {
      const taken = leaves[level]![level]! + 1
      here.lastFrequency = here.nextLeaf
      leaves[level]![level] = taken
      here.nextLeaf = at(taken)
    } else {
      here.lastFrequency = here.nextPair
      leaves[level]!.set(leaves[level - 1]!.subarray(0, level))
      levels[level - 1]!.needed = 2
    }
    here.needed--
    if (here.needed === 0) {
      if (level === maxBits) break
      level++
      levels[level]!.nextPair = before + here.lastFrequency
    } else {
      while (levels[level - 1]!.needed > 0) level--
    }
  }
  const last = leaves[maxBits] as Int32Array
  const counts = [0]
  for (let level = maxBits; level > 0; level--) counts.push(last[level]! - last[level - 1]!)
  return counts
}
