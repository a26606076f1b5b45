import { createHash } from 'node:crypto'

interface Derivation {
  readonly salt: Uint8Array
  readonly rounds: number
  /** 1 for keys, 2 for initialization vectors. */
  readonly purpose: 1 | 2
  readonly length: number
}

/** Block of SHA-1. */
const BLOCK = 64

/** A BMPString of no characters, with its end. */
const EMPTY_PASSWORD = Uint8Array.of(0, 0)

/** The key derivation of PKCS#12 (RFC 7292, appendix B.2) with SHA-1 and the empty password. */
export function pkcs12Key({ salt, rounds, purpose, length }: Derivation): Buffer {
  const blocks = [...filled(salt), ...filled(EMPTY_PASSWORD)]
  const parts: Buffer[] = []
  for (let made = 0; made < length; made += 20) {
    let digest = sha1(Buffer.alloc(BLOCK, purpose), ...blocks)
    for (let round = 1; round < rounds; round++) digest = sha1(digest)
    parts.push(digest)
    const addend = BigInt(`0x${Buffer.alloc(BLOCK, digest).toString('hex')}`) + 1n
    for (const block of blocks) {
      const sum = BigInt.asUintN(8 * BLOCK, BigInt(`0x${block.toString('hex')}`) + addend)
      block.set(Buffer.from(sum.toString(16).padStart(2 * BLOCK, '0'), 'hex'))
    }
  }
  return Buffer.concat(parts).subarray(0, length)
}

/** `bytes` over and over, up to the end of a block. */
function filled(bytes: Uint8Array): Buffer[] {
  const count = Math.ceil(bytes.length / BLOCK)
  const all = count === 0 ? Buffer.alloc(0) : Buffer.alloc(count * BLOCK, bytes)
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(all.subarray(index * BLOCK, (index + 1) * BLOCK)),
  )
}

function sha1(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
