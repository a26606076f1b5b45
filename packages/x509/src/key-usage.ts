import { der, derBitString, readDer } from '@sealwright/core/encoding'

/** The bits of keyUsage (RFC 5280, section 4.2.1.3), in their order. */
export type KeyUsageBit = (typeof BITS)[number]

const BITS = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

/** The bits that are set. Trailing zero bits, which DER has cut off, are taken: real certificates have them. */
export function readKeyUsage(value: Uint8Array, label: string): readonly KeyUsageBit[] {
  const { bytes } = derBitString(readDer(value, label), label)
  return BITS.filter((_, index) => ((bytes[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0)
}

export function encodeKeyUsage(bits: readonly KeyUsageBit[]): Uint8Array {
  const last = BITS.findLastIndex(bit => bits.includes(bit))
  const bytes = new Uint8Array((last + 8) >> 3)
  for (const bit of bits) {
    const index = BITS.indexOf(bit)
    bytes[index >> 3]! |= 0x80 >> (index & 7)
  }
  return der.bitString(bytes, (8 - ((last + 1) & 7)) & 7)
}
