import { readDer } from './der.ts'
import { derSequence, derUnsigned } from './der-types.ts'
import { der } from './der-writer.ts'
import { invalid } from './invalid.ts'

const LABEL = 'ECDSA signature'

/**
 * An `Ecdsa-Sig-Value` (RFC 3279 §2.2.3) as r‖s (IEEE P1363), each half of the curve's length. Strict DER; both numbers
 * positive and no longer than a coordinate.
 *
 * @param coordinateLength - Bytes of each half: 32, 48 or 66.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function ecdsaFromDer(signature: Uint8Array, coordinateLength: number): Uint8Array {
  const [r, s, ...more] = derSequence(readDer(signature, LABEL), LABEL)
  if (more.length > 0) throw invalid(LABEL, 'more than two numbers')
  const halves = new Uint8Array(2 * coordinateLength)
  for (const [index, half] of [r, s].entries()) {
    const magnitude = derUnsigned(half, LABEL)
    if (magnitude.length > coordinateLength)
      throw invalid(LABEL, 'number longer than a coordinate of the curve')
    if (magnitude[0] === 0) throw invalid(LABEL, 'zero')
    halves.set(magnitude, (index + 1) * coordinateLength - magnitude.length)
  }
  return halves
}

/**
 * r‖s (IEEE P1363) as a DER `Ecdsa-Sig-Value`.
 *
 * @throws {@link SealwrightError} `VALIDATION` for an odd length or a zero half.
 */
export function ecdsaToDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2
  if (!Number.isInteger(half) || half === 0) throw invalid(LABEL, 'not two halves of equal length')
  return der.sequence(integer(signature.subarray(0, half)), integer(signature.subarray(half)))
}

function integer(half: Uint8Array): Uint8Array {
  if (half.every(byte => byte === 0)) throw invalid(LABEL, 'zero')
  return der.integer(half)
}
