import { pbkdf2, scrypt } from 'node:crypto'
import { SealwrightError } from '../errors.ts'
import { untilAborted } from './until-aborted.ts'

/** How a key is derived from a password: PBKDF2 (RFC 8018 §5.2) or scrypt (RFC 7914). `hash` is Node's name. */
export type Pbes2Kdf =
  | { readonly name: 'pbkdf2'; readonly salt: Uint8Array; readonly iterations: number; readonly hash: string }
  | {
      readonly name: 'scrypt'
      readonly salt: Uint8Array
      readonly cost: number
      readonly blockSize: number
      readonly parallelization: number
    }

/** The most that derivation may cost before the password is known to be right: about 2 s and 64 MiB. */
export const PBES2_LIMITS = {
  pbkdf2Iterations: 10_000_000,
  /** 64 MiB. */
  scryptMemory: 67_108_864,
  scryptWork: 16_777_216,
} as const

/** What is encrypted, for messages. */
export interface Pbes2Source {
  /** Path or name. */
  readonly label: string
  /** How to encrypt it again, in a way that is supported. */
  readonly fix?: string | undefined
  /** Default {@link PBES2_LIMITS}. */
  readonly maxIterations?: number | undefined
}

/** @throws {@link SealwrightError} `UNSUPPORTED`, naming the limit, when a derivation would cost too much. */
export function assertAffordable(kdf: Pbes2Kdf, source: Pbes2Source): void {
  const { label, fix, maxIterations = PBES2_LIMITS.pbkdf2Iterations } = source
  const costly = (why: string) =>
    new SealwrightError('UNSUPPORTED', `${label} costs too much to open`, { why, fix })
  if (kdf.name === 'pbkdf2') {
    if (kdf.iterations < 1) throw new SealwrightError('VALIDATION', `${label} derives its key in no rounds`)
    if (kdf.iterations <= maxIterations) return
    throw costly(`PBKDF2 with ${kdf.iterations} rounds; the most is ${maxIterations}`)
  }
  const { cost, blockSize, parallelization } = kdf
  if (cost < 2 || !Number.isInteger(Math.log2(cost)) || blockSize < 1 || parallelization < 1)
    throw new SealwrightError('VALIDATION', `${label} has impossible scrypt parameters`)
  if (
    128 * cost * blockSize <= PBES2_LIMITS.scryptMemory &&
    cost * blockSize * parallelization <= PBES2_LIMITS.scryptWork
  )
    return
  throw costly(`scrypt with N=${cost}, r=${blockSize}, p=${parallelization}; the most memory is 64 MiB`)
}

/** Derives a key in Node's thread pool. An abort ends the wait, not the work; its result is wiped. */
export function deriveKey(
  kdf: Pbes2Kdf,
  password: Uint8Array,
  length: number,
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted()
  const derived = new Promise<Buffer>((resolve, reject) => {
    const done = (error: Error | null, key: Buffer) => {
      if (signal.aborted) key?.fill(0)
      if (error) reject(error)
      else resolve(key)
    }
    if (kdf.name === 'pbkdf2') {
      pbkdf2(password, kdf.salt, kdf.iterations, length, kdf.hash, done)
      return
    }
    const { cost, blockSize, parallelization } = kdf
    const maxmem = 128 * blockSize * (cost + parallelization + 2)
    scrypt(password, kdf.salt, length, { cost, blockSize, parallelization, maxmem }, done)
  })
  return untilAborted(derived, signal)
}
