import type { KeyType } from '../algorithm.ts'
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

/** Group orders, big-endian (SEC 2), each as long as a coordinate. */
const ORDERS: Readonly<Partial<Record<KeyType, string>>> = {
  'EC-P256': 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'EC-P384':
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  'EC-P521':
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  'EC-secp256k1': 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
}

const orders = /* @__PURE__ */ new Map(
  Object.entries(ORDERS).map(([type, hex]) => [type, Uint8Array.from(Buffer.from(hex, 'hex'))]),
)

/** Whether r‖s of the right length holds two numbers from 1 to n-1, n being the order of the curve's group. */
export function isEcdsaInRange(rs: Uint8Array, type: KeyType): boolean {
  const order = orders.get(type)
  if (order === undefined || rs.length !== 2 * order.length) return false
  return isInRange(rs, 0, order) && isInRange(rs, order.length, order)
}

function isInRange(bytes: Uint8Array, start: number, order: Uint8Array): boolean {
  let isZero = true
  let isBelow: boolean | undefined
  for (let index = 0; index < order.length; index++) {
    const byte = bytes[start + index]!
    if (byte !== 0) isZero = false
    if (isBelow === undefined && byte !== order[index]) isBelow = byte < order[index]!
  }
  return !isZero && isBelow === true
}
