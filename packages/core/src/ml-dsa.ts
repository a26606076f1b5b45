import { createHash } from 'node:crypto'
import { SealwrightError } from './errors.ts'
import { rawMlDsaKey } from './raw-public-key.ts'

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
