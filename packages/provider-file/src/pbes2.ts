import { randomBytes } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'
import {
  decryptPbes2,
  encryptPbes2,
  PBES2_LIMITS,
  type Pbes2,
  type Pbes2Kdf,
  readPbes2,
} from '@sealwright/core/adapter'
import { der, derOctetString, derSequence, readDer } from '@sealwright/core/encoding'

/** A PKCS#8 EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2, read but not decrypted. */
export interface EncryptedKey {
  readonly scheme: Pbes2
  readonly data: Uint8Array
}

/**
 * Reads an EncryptedPrivateKeyInfo, strictly.
 *
 * @throws {@link SealwrightError} `VALIDATION` for other bytes; `UNSUPPORTED` for another encryption than PBES2 with PBKDF2
 *   or scrypt and AES-CBC, and for one that costs too much.
 */
export function readEncryptedKey(bytes: Uint8Array, label: string): EncryptedKey {
  const [algorithm, encrypted, ...more] = derSequence(readDer(bytes, label), label)
  const scheme = readPbes2(algorithm, {
    label,
    fix: 'encrypt it again: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in OLD -out NEW',
  })
  const data = derOctetString(encrypted, label)
  if (more.length > 0 || data.length === 0 || data.length % 16 !== 0)
    throw new SealwrightError('VALIDATION', `${label} is not a sound encrypted private key`)
  return { scheme, data }
}

/**
 * Decrypts to a PKCS#8 PrivateKeyInfo. The caller wipes the result.
 *
 * @returns `undefined` when the passphrase is wrong, which a damaged file looks like too.
 */
export function decryptKey(
  { scheme, data }: EncryptedKey,
  passphrase: Uint8Array,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  return decryptPbes2(scheme, passphrase, data, signal)
}

/** Encrypts a PKCS#8 PrivateKeyInfo with AES-256-CBC into a DER EncryptedPrivateKeyInfo. */
export async function encryptKey(
  plain: Uint8Array,
  passphrase: Uint8Array,
  encryption: Exclude<KeyEncryption, 'none'>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const salt = randomBytes(16)
  const kdf: Pbes2Kdf =
    encryption.kdf === 'pbkdf2'
      ? { name: 'pbkdf2', salt, iterations: encryption.iterations ?? DEFAULT_ITERATIONS, hash: 'sha256' }
      : { name: 'scrypt', salt, cost: 16_384, blockSize: 8, parallelization: 1 }
  const { algorithm, data } = await encryptPbes2(kdf, passphrase, plain, signal)
  return der.sequence(algorithm, der.octetString(data))
}

/** How a new key file is encrypted; `none` writes the private key in clear text. */
export type KeyEncryption =
  | { readonly kdf: 'pbkdf2'; readonly iterations?: number | undefined }
  | { readonly kdf: 'scrypt' }
  | 'none'

/** OWASP's count for PBKDF2-HMAC-SHA-256. */
const DEFAULT_ITERATIONS = 600_000

const LEAST_ITERATIONS = 10_000

/** @throws {@link SealwrightError} `VALIDATION` for an encryption that is unknown, too weak or too costly. */
export function assertEncryption(encryption: KeyEncryption): void {
  if (encryption === 'none' || encryption.kdf === 'scrypt') return
  const { kdf, iterations = DEFAULT_ITERATIONS } = encryption
  const isSane =
    Number.isSafeInteger(iterations) &&
    iterations >= LEAST_ITERATIONS &&
    iterations <= PBES2_LIMITS.pbkdf2Iterations
  if (kdf === 'pbkdf2' && isSane) return
  throw new SealwrightError('VALIDATION', 'key files cannot be encrypted this way', {
    fix: `use PBKDF2 with ${LEAST_ITERATIONS} to ${PBES2_LIMITS.pbkdf2Iterations} iterations, or scrypt`,
  })
}
