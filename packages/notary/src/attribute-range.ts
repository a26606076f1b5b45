const LEAST = -(2n ** 63n)
const MOST = 2n ** 63n - 1n

/**
 * Whether every integer in an attribute is one of 64 bits with a sign. The reference's COSE reader knows no others: an
 * envelope with one would be sound here and nowhere else.
 *
 * @param value - As `ExtendedAttribute` has it: arrays, maps, and tagged items within each other.
 */
export function isWithin64Bits(value: unknown): boolean {
  if (typeof value === 'bigint') return LEAST <= value && value <= MOST
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true
  const parts = value instanceof Map ? [...value].flat() : Object.values(value)
  return parts.every(isWithin64Bits)
}
