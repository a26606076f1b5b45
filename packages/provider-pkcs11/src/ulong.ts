import { endianness } from 'node:os'

/** The number in a CK_ULONG: 4 or 8 bytes in the order of the machine. */
export function readUlong(bytes: Buffer): number {
  const ordered = endianness() === 'LE' ? Buffer.from(bytes).reverse() : bytes
  return Number(BigInt(`0x${ordered.toString('hex') || '0'}`))
}
