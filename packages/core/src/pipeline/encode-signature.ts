import type { KeyObject } from 'node:crypto'
import type { Algorithm } from '../algorithm.ts'
import { ecdsaFromDer, isEcdsaInRange } from '../encoding/ecdsa.ts'
import type { KeyProvider, RawSignature } from '../provider.ts'
import { signatureLength } from '../public-key.ts'
import { adapterFault } from './failure.ts'

/** @throws {@link SealwrightError} `INTERNAL` unless `raw` has the shape of a RawSignature. */
export function assertRawSignature(provider: KeyProvider, raw: RawSignature): void {
  const isShaped =
    typeof raw === 'object' &&
    raw !== null &&
    raw.bytes instanceof Uint8Array &&
    (raw.encoding === 'der' || raw.encoding === 'raw') &&
    (raw.requestId === undefined || typeof raw.requestId === 'string') &&
    (raw.reference === undefined || typeof raw.reference === 'string') &&
    (raw.certificates === undefined || isCertificates(raw.certificates))
  if (!isShaped) throw adapterFault(provider, 'returned something else than a raw signature')
}

/** Whether `value` is a list of byte strings; what is in them is for the format to judge. */
export function isCertificates(value: unknown): value is readonly Uint8Array[] {
  return Array.isArray(value) && value.every(each => each instanceof Uint8Array)
}

/**
 * Brings a store's signature into the one form: ECDSA as r‖s, each left-padded to the curve's length; all else as it is.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for what cannot be a signature of this algorithm and key.
 */
export function encodeSignature(
  provider: KeyProvider,
  algorithm: Algorithm,
  publicKey: KeyObject,
  raw: RawSignature,
): Uint8Array {
  const broken = (what: string, cause?: unknown) =>
    adapterFault(provider, `returned ${what} instead of an ${algorithm.id} signature`, cause, 'INTEGRITY')
  if (algorithm.family !== 'ECDSA') {
    if (raw.encoding === 'der') throw broken('DER')
    const length = signatureLength(algorithm, publicKey)
    if (raw.bytes.length !== length) throw broken(`${raw.bytes.length} bytes (expected ${length})`)
    return new Uint8Array(raw.bytes)
  }
  const { coordinateLength } = algorithm as Algorithm & { readonly coordinateLength: number }
  let rs: Uint8Array
  if (raw.encoding === 'raw') {
    if (raw.bytes.length !== 2 * coordinateLength) {
      throw broken(`${raw.bytes.length} bytes (expected r‖s of ${2 * coordinateLength})`)
    }
    rs = new Uint8Array(raw.bytes)
  } else {
    try {
      rs = ecdsaFromDer(raw.bytes, coordinateLength)
    } catch (cause) {
      throw broken('bytes that are not strict DER', cause)
    }
  }
  if (!isEcdsaInRange(rs, algorithm.keyTypes[0]!)) throw broken('numbers outside 1..n-1')
  return rs
}
