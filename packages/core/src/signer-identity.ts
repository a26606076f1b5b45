import { createPublicKey, X509Certificate } from 'node:crypto'
import { type DerValue, derSequence, readDer } from './encoding/index.ts'
import type { SignerIdentity } from './envelope.ts'
import { SealwrightError } from './errors.ts'
import type { Signature } from './signer.ts'

const TBS_VERSION = 0xa0

/**
 * Checks that every certificate is one strict DER SEQUENCE and that the first one is for `publicKey`. Whether they form a
 * chain, and follow a profile, is for others to say.
 *
 * @param certificates - DER, leaf first, at least one.
 * @param publicKey - DER SubjectPublicKeyInfo.
 * @throws {@link SealwrightError} `VALIDATION` for a malformed certificate; `KEY_MISMATCH` for a leaf with another key.
 */
export function assertLeafKey(certificates: readonly Uint8Array[], publicKey: Uint8Array): void {
  const shapes = certificates.map((certificate, index) =>
    derSequence(readDer(certificate, `certificate ${index + 1}`), `certificate ${index + 1}`),
  )
  const [leaf] = certificates
  const [shape] = shapes
  if (leaf === undefined || shape === undefined) return
  if (Buffer.compare(leafKey(shape), publicKey) !== 0 && !sameKey(leaf, publicKey)) {
    throw new SealwrightError(
      'KEY_MISMATCH',
      'the leaf certificate is for another key than the one that signs',
      {
        fix: 'give the chain that was issued for this key, leaf first',
      },
    )
  }
}

/** One DER SEQUENCE, nothing after it. @throws {@link SealwrightError} `VALIDATION`. */
export function assertCertificateShape(certificate: Uint8Array, label: string): void {
  derSequence(readDer(certificate, label), label)
}

/** The SubjectPublicKeyInfo as the certificate has it (RFC 5280 §4.1). */
function leafKey([tbs]: readonly DerValue[]): Uint8Array {
  const label = 'certificate 1'
  const fields = derSequence(tbs, label)
  // version?, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
  const key = fields[fields[0]?.tag === TBS_VERSION ? 6 : 5]
  if (key === undefined) throw new SealwrightError('VALIDATION', `${label}: no public key`)
  return key.bytes
}

/** One key can be spelled in two ways, such as an EC point compressed or not. Slow; asked only if the bytes differ. */
function sameKey(certificate: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    return new X509Certificate(certificate).publicKey.equals(key)
  } catch {
    return false
  }
}

/**
 * Checks that the signature an envelope is to close around is of the identity that it was prepared for.
 *
 * @throws {@link SealwrightError} `KEY_MISMATCH`.
 */
export function assertSignedBy(signature: Signature, { key, algorithm }: SignerIdentity): void {
  if (signature.algorithm !== algorithm || Buffer.compare(signature.key.publicKey, key.publicKey) !== 0) {
    throw new SealwrightError(
      'KEY_MISMATCH',
      'the signature is of another key or algorithm than the envelope is for',
    )
  }
}
