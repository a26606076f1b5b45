import { createHash } from 'node:crypto'
import type { AlgorithmId, KeyType } from './algorithm.ts'
import { SealwrightError } from './errors.ts'

type MlDsa = AlgorithmId & KeyType & `ML-DSA-${string}`

/** RFC 9881: the SPKI of each parameter set is a fixed prefix and the raw key; the OID's last byte tells them apart. */
const PARAMETER_SETS: Readonly<Record<MlDsa, { readonly oidEnd: number; readonly rawLength: number }>> = {
  'ML-DSA-44': { oidEnd: 0x11, rawLength: 1312 },
  'ML-DSA-65': { oidEnd: 0x12, rawLength: 1952 },
  'ML-DSA-87': { oidEnd: 0x13, rawLength: 2592 },
}

const PREFIX_LENGTH = 22

function spkiPrefix({ oidEnd, rawLength }: { readonly oidEnd: number; readonly rawLength: number }): Buffer {
  const bits = rawLength + 1
  const whole = bits + 17
  return Buffer.from([
    ...[0x30, 0x82, whole >> 8, whole & 0xff],
    ...[0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, oidEnd],
    ...[0x03, 0x82, bits >> 8, bits & 0xff, 0x00],
  ])
}

/** Whether `spki` is the SubjectPublicKeyInfo of an ML-DSA key, known without the help of a library. */
export function isMlDsa(spki: Uint8Array): boolean {
  return rawPublicKey(spki) !== undefined
}

/**
 * The message representative μ of FIPS 204, algorithm 7, with an empty context: SHAKE256(SHAKE256(pk, 64) ‖ 0 ‖ 0 ‖ M, 64).
 *
 * @param spki - DER SubjectPublicKeyInfo of an ML-DSA key (RFC 9881).
 * @returns 64 bytes.
 */
export function messageRepresentative(spki: Uint8Array, message: Uint8Array): Uint8Array {
  const raw = rawPublicKey(spki)
  if (raw === undefined) throw new SealwrightError('VALIDATION', 'the public key is not an ML-DSA key')
  const tr = shake256().update(raw).digest()
  return new Uint8Array(shake256().update(tr).update(Uint8Array.of(0, 0)).update(message).digest())
}

function shake256() {
  return createHash('shake256', { outputLength: 64 })
}

function rawPublicKey(spki: Uint8Array): Uint8Array | undefined {
  for (const set of Object.values(PARAMETER_SETS)) {
    if (spki.length !== PREFIX_LENGTH + set.rawLength) continue
    if (spkiPrefix(set).equals(spki.subarray(0, PREFIX_LENGTH))) return spki.subarray(PREFIX_LENGTH)
  }
  return undefined
}
