import assert from 'node:assert/strict'
import type { Algorithm } from '@sealwright/core'

/** The two numbers of an ECDSA signature. */
export interface Halves {
  readonly r: bigint
  readonly s: bigint
}

/** Takes a signature apart in the encoding that it says it has; fails when it has another. */
export function halvesOf(algorithm: Algorithm, bytes: Uint8Array, encoding: 'raw' | 'der'): Halves {
  const half = algorithm.coordinateLength!
  if (encoding === 'der') return derHalves(algorithm.id, Buffer.from(bytes))
  assert.equal(
    bytes.length,
    2 * half,
    `${algorithm.id}: r‖s is ${bytes.length} bytes long, not ${2 * half}${derSuspicion(bytes)}`,
  )
  return { r: unsigned(bytes.subarray(0, half)), s: unsigned(bytes.subarray(half)) }
}

function derHalves(id: string, bytes: Buffer): Halves {
  const wrong = `${id}: the signature is not DER of two integers`
  const long = bytes[1] === 0x81
  const start = long ? 3 : 2
  assert.ok(bytes[0] === 0x30 && bytes[long ? 2 : 1] === bytes.length - start, wrong)
  const [r, afterR] = integer(bytes, start)
  const [s, afterS] = integer(bytes, afterR)
  assert.equal(afterS, bytes.length, wrong)
  return { r, s }

  function integer(from: Buffer, at: number): [bigint, number] {
    const length = from[at + 1] ?? 0
    const contents = from.subarray(at + 2, at + 2 + length)
    assert.ok(from[at] === 0x02 && length > 0 && contents.length === length, wrong)
    assert.ok(contents[0]! < 0x80, `${id}: a number in the signature is negative`)
    const isMinimal = length === 1 || contents[0] !== 0 || contents[1]! >= 0x80
    assert.ok(isMinimal, `${id}: a number in the signature has needless zeros`)
    return [unsigned(contents), at + 2 + length]
  }
}

function derSuspicion(bytes: Uint8Array): string {
  return bytes[0] === 0x30 && [bytes.length - 2, 0x81].includes(bytes[1]!) ? ': it looks like DER' : ''
}

function unsigned(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}
