import type { KeyType } from './algorithm.ts'

/** Group orders, big-endian (SEC 2), each as long as a coordinate. */
const ORDERS: Readonly<Partial<Record<KeyType, string>>> = {
  'EC-P256': 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'EC-P384':
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  'EC-P521':
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  'EC-secp256k1': 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
}

/** Whether r‖s of the right length holds two numbers from 1 to n-1, n being the order of the curve's group. */
export function isEcdsaInRange(rs: Uint8Array, type: KeyType): boolean {
  const hex = ORDERS[type]
  if (hex === undefined) return false
  const order = Buffer.from(hex, 'hex')
  if (rs.length !== 2 * order.length) return false
  return [rs.subarray(0, order.length), rs.subarray(order.length)].every(
    half => half.some(byte => byte !== 0) && order.compare(half) > 0,
  )
}
