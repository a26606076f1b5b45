import type { KeyType } from './algorithm.ts'
import { SealwrightError } from './errors.ts'
import { parsePublicKey } from './public-key.ts'

/**
 * The type of a public key.
 *
 * @param publicKey - DER SubjectPublicKeyInfo.
 * @throws {@link SealwrightError} `VALIDATION` for what is no public key; `UNSUPPORTED` for a key of another type, which
 * includes RSA of another size than 2048, 3072 and 4096 bits.
 */
export function keyType(publicKey: Uint8Array): KeyType {
  const { object, type } = parsePublicKey(publicKey)
  if (type !== undefined) return type
  throw new SealwrightError(
    'UNSUPPORTED',
    `an RSA key of ${object.asymmetricKeyDetails?.modulusLength} bits is not supported`,
    { fix: 'use RSA-2048, RSA-3072 or RSA-4096' },
  )
}
