import { isCborTagged } from '@sealwright/core/notary-cose'

const LEAST = -(2n ** 63n)
const MOST = 2n ** 63n - 1n

/**
 * Whether every integer in a value is one of 64 bits with a sign. The reference's COSE reader knows no others: an envelope
 * with one would be sound here and nowhere else.
 */
export function isWithin64Bits(value: unknown): boolean {
  if (typeof value === 'bigint') return LEAST <= value && value <= MOST
  if (Array.isArray(value)) return value.every(isWithin64Bits)
  if (value instanceof Map) return [...value].flat().every(isWithin64Bits)
  return isCborTagged(value) ? isWithin64Bits(value.value) : true
}
