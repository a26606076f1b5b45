import { SealwrightError } from '@sealwright/core'
import { KDF_LIMITS } from './kdf.ts'

/** How a new key file is encrypted; `none` writes the private key in clear text. */
export type KeyEncryption =
  | { readonly kdf: 'pbkdf2'; readonly iterations?: number }
  | { readonly kdf: 'scrypt' }
  | 'none'

/** OWASP's count for PBKDF2-HMAC-SHA-256. */
export const DEFAULT_ITERATIONS = 600_000

const LEAST_ITERATIONS = 10_000

/** @throws {@link SealwrightError} `VALIDATION` for an encryption that is unknown, too weak or too costly. */
export function assertEncryption(encryption: KeyEncryption): void {
  if (encryption === 'none' || encryption.kdf === 'scrypt') return
  const { kdf, iterations = DEFAULT_ITERATIONS } = encryption
  const isSane =
    Number.isSafeInteger(iterations) &&
    iterations >= LEAST_ITERATIONS &&
    iterations <= KDF_LIMITS.pbkdf2Iterations
  if (kdf === 'pbkdf2' && isSane) return
  throw new SealwrightError('VALIDATION', 'key files cannot be encrypted this way', {
    fix: `use PBKDF2 with ${LEAST_ITERATIONS} to ${KDF_LIMITS.pbkdf2Iterations} iterations, or scrypt`,
  })
}
