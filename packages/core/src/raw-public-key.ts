import { createHash } from 'node:crypto'
import type { KeyType } from './algorithm.ts'
import { der } from './encoding/index.ts'
import { SealwrightError } from './errors.ts'

/** Keys whose SubjectPublicKeyInfo is an identifier and the raw key: RFC 8410, RFC 9881. */
export const RAW_KEYS = {
  Ed25519: { oid: '1.3.101.112', length: 32 },
  'ML-DSA-44': { oid: '2.16.840.1.101.3.4.3.17', length: 1312 },
  'ML-DSA-65': { oid: '2.16.840.1.101.3.4.3.18', length: 1952 },
  'ML-DSA-87': { oid: '2.16.840.1.101.3.4.3.19', length: 2592 },
} as const

/**
 * Returns the DER SubjectPublicKeyInfo of a raw public key, as some stores give those of Ed25519 and ML-DSA.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for another length, and for a type whose keys have no raw form.
 */
export function spkiOf(type: KeyType, raw: Uint8Array): Uint8Array {
  const row = Object.hasOwn(RAW_KEYS, type) ? RAW_KEYS[type as keyof typeof RAW_KEYS] : undefined
  if (row?.length !== raw.length) {
    throw new SealwrightError('INTEGRITY', `the raw public key is not of type ${type}`, {
      why: `it has ${raw.length} bytes; expected ${row === undefined ? 'another form' : row.length}`,
    })
  }
  return der.sequence(der.sequence(der.oid(row.oid)), der.bitString(raw))
}

/** Returns the raw key in an ML-DSA SubjectPublicKeyInfo; `undefined` for any other key. */
function rawMlDsaKey(spki: Uint8Array): Uint8Array | undefined {
  for (const type of ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const) {
    const raw = spki.subarray(-RAW_KEYS[type].length)
    if (
      spki.length < 2 * raw.length &&
      raw.length === RAW_KEYS[type].length &&
      Buffer.compare(spkiOf(type, raw), spki) === 0
    )
      return raw
  }
  return undefined
}

/** Whether `spki` is the SubjectPublicKeyInfo of an ML-DSA key, known without the help of a library. */
export function isMlDsa(spki: Uint8Array): boolean {
  return rawMlDsaKey(spki) !== undefined
}

/**
 * The message representative μ of FIPS 204, algorithm 7, with an empty context: SHAKE256(SHAKE256(pk, 64) ‖ 0 ‖ 0 ‖ M, 64).
 *
 * @param spki - DER SubjectPublicKeyInfo of an ML-DSA key (RFC 9881).
 * @returns 64 bytes.
 */
export function messageRepresentative(spki: Uint8Array, message: Uint8Array): Uint8Array {
  const raw = rawMlDsaKey(spki)
  if (raw === undefined) throw new SealwrightError('VALIDATION', 'the public key is not an ML-DSA key')
  const tr = shake256().update(raw).digest()
  return new Uint8Array(shake256().update(tr).update(Uint8Array.of(0, 0)).update(message).digest())
}

function shake256() {
  return createHash('shake256', { outputLength: 64 })
}
