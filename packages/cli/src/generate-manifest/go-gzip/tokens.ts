/** A literal is itself; a match has this bit, its length less 3 from bit 22 on, its distance less 1 below. */
const MATCH = 1 << 30
const LENGTH_SHIFT = 22
const DISTANCE_MASK = (1 << LENGTH_SHIFT) - 1

/** The symbol that ends a block. */
export const END_OF_BLOCK = 256
/** The first symbol for a length. */
export const FIRST_LENGTH = 257

/** Extra bits and least value of each length symbol, less 3 (RFC 1951 §3.2.5; 258 has a symbol of its own). */
export const LENGTH_BITS: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]
export const LENGTH_BASE: readonly number[] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224,
  255,
]
/** Extra bits and least value of each distance symbol, less 1. */
export const DISTANCE_BITS: readonly number[] = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]
export const DISTANCE_BASE: readonly number[] = [
  0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096,
  6144, 8192, 12288, 16384, 24576,
]

export function matchToken(length: number, distance: number): number {
  return MATCH + ((length - 3) << LENGTH_SHIFT) + (distance - 1)
}

export function isMatch(token: number): boolean {
  return token >= MATCH
}

/** Less 3. */
export function lengthOf(token: number): number {
  return (token - MATCH) >> LENGTH_SHIFT
}

/** Less 1. */
export function distanceOf(token: number): number {
  return token & DISTANCE_MASK
}

/** The symbol for each value. */
export function symbolTable(base: readonly number[], size: number): Uint8Array {
  const table = new Uint8Array(size)
  for (const [symbol, from] of base.entries()) table.fill(symbol, from)
  return table
}
