import { pbkdf2, scrypt } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'

/** What stands in a key file about how its key is derived from the passphrase. */
export type Kdf =
  | { readonly name: 'pbkdf2'; readonly salt: Uint8Array; readonly iterations: number; readonly hash: string }
  | {
      readonly name: 'scrypt'
      readonly salt: Uint8Array
      readonly cost: number
      readonly blockSize: number
      readonly parallelization: number
    }

/** What a file may cost before its passphrase is known to be right: about 2 s and 64 MiB. */
export const KDF_LIMITS = {
  pbkdf2Iterations: 10_000_000,
  /** 64 MiB. */
  scryptMemory: 67_108_864,
  scryptWork: 16_777_216,
} as const

/** @throws {@link SealwrightError} `UNSUPPORTED`, naming the limit, when a file would cost too much to open. */
export function assertAffordable(kdf: Kdf): void {
  if (kdf.name === 'pbkdf2') {
    if (kdf.iterations < 1)
      throw new SealwrightError('VALIDATION', 'the key file derives its key in no rounds')
    if (kdf.iterations <= KDF_LIMITS.pbkdf2Iterations) return
    throw costly(`PBKDF2 with ${kdf.iterations} rounds; the most is ${KDF_LIMITS.pbkdf2Iterations}`)
  }
  const { cost, blockSize, parallelization } = kdf
  if (cost < 2 || !Number.isInteger(Math.log2(cost)) || blockSize < 1 || parallelization < 1) {
    throw new SealwrightError('VALIDATION', 'the key file has impossible scrypt parameters')
  }
  if (
    128 * cost * blockSize <= KDF_LIMITS.scryptMemory &&
    cost * blockSize * parallelization <= KDF_LIMITS.scryptWork
  ) {
    return
  }
  throw costly(`scrypt with N=${cost}, r=${blockSize}, p=${parallelization}; the most memory is 64 MiB`)
}

/**
 * Derives a key in Node's thread pool. An abort ends the wait, not the work; its result is wiped.
 *
 * @throws {@link SealwrightError} the signal's reason as it is.
 */
export function deriveKey(
  kdf: Kdf,
  passphrase: Uint8Array,
  length: number,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const abort = () => reject(signal.reason)
    const done = (error: Error | null, key: Buffer) => {
      signal.removeEventListener('abort', abort)
      if (signal.aborted) key?.fill(0)
      if (error) reject(error)
      else resolve(key)
    }
    signal.addEventListener('abort', abort, { once: true })
    if (kdf.name === 'pbkdf2') {
      pbkdf2(passphrase, kdf.salt, kdf.iterations, length, kdf.hash, done)
      return
    }
    const { cost, blockSize, parallelization } = kdf
    const maxmem = 128 * blockSize * (cost + parallelization + 2)
    scrypt(passphrase, kdf.salt, length, { cost, blockSize, parallelization, maxmem }, done)
  })
}

function costly(why: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', 'the key file costs too much to open', {
    why,
    fix: 'encrypt the key again: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000',
  })
}
