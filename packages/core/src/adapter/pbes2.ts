import { createCipheriv, createDecipheriv, pbkdf2, randomBytes, scrypt } from 'node:crypto'
import {
  type DerValue,
  der,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSmallInteger,
  readDer,
} from '../encoding/index.ts'
import { isSealwrightError, SealwrightError } from '../errors.ts'
import { untilAborted } from './until-aborted.ts'

/** Encryption under a password by PBES2 (RFC 8018 §6.2) with AES-CBC. */
export interface Pbes2 {
  readonly kdf: Pbes2Kdf
  /** OpenSSL's name. */
  readonly cipher: string
  /** Bytes. */
  readonly keyLength: number
  readonly iv: Uint8Array
}

/**
 * Reads the AlgorithmIdentifier of PBES2, strictly.
 *
 * @throws {@link SealwrightError} `VALIDATION` if it is malformed; `UNSUPPORTED`, naming the scheme, for another encryption
 *   than PBES2 with PBKDF2 or scrypt and AES-CBC, and for one that costs too much.
 */
export function readPbes2(value: DerValue | undefined, source: Pbes2Source): Pbes2 {
  const [scheme, parameters] = algorithm(value, source)
  if (scheme !== oids.pbes2) throw unsupported(source, scheme)
  const [kdfValue, encryption, ...rest] = derSequence(parameters, source.label)
  if (rest.length > 0) throw malformed(source)
  const [cipherOid, ivValue] = algorithm(encryption, source)
  const cipher = Object.hasOwn(ciphers, cipherOid) ? ciphers[cipherOid] : undefined
  if (cipher === undefined) throw unsupported(source, cipherOid)
  const kdf = readKdf(kdfValue, cipher.keyLength, source)
  assertAffordable(kdf, source)
  const iv = derOctetString(ivValue, source.label)
  if (iv.length !== 16) throw malformed(source)
  return { kdf, cipher: cipher.name, keyLength: cipher.keyLength, iv }
}

/**
 * Decrypts data whose plaintext is DER. The caller wipes the result.
 *
 * @returns `undefined` when the password is wrong, which cannot be told from damaged data.
 * @throws The reason of `signal`.
 */
export async function decryptPbes2(
  { kdf, cipher, keyLength, iv }: Pbes2,
  password: Uint8Array,
  data: Uint8Array,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const derived = await deriveKey(kdf, password, keyLength, signal)
  const decipher = createDecipheriv(cipher, derived, iv)
  const parts: Buffer[] = []
  try {
    parts.push(decipher.update(data))
    parts.push(decipher.final())
  } catch {
    // The padding is wrong: so is the password.
    for (const part of parts) part.fill(0)
    return undefined
  } finally {
    derived.fill(0)
  }
  const plain = Buffer.concat(parts)
  for (const part of parts) part.fill(0)
  if (isDer(plain)) return plain
  // One wrong password in 256 gives a sound padding.
  plain.fill(0)
  return undefined
}

/**
 * Encrypts with AES-256-CBC.
 *
 * @param kdf - PBKDF2 with `sha256`, or scrypt.
 * @returns The AlgorithmIdentifier, DER, and the encrypted data.
 */
export async function encryptPbes2(
  kdf: Pbes2Kdf,
  password: Uint8Array,
  plain: Uint8Array,
  signal: AbortSignal,
): Promise<{ readonly algorithm: Uint8Array; readonly data: Uint8Array }> {
  const iv = randomBytes(16)
  const derived = await deriveKey(kdf, password, 32, signal)
  const cipher = createCipheriv('aes-256-cbc', derived, iv)
  derived.fill(0)
  const data = Buffer.concat([cipher.update(plain), cipher.final()])
  const parameters = der.sequence(writeKdf(kdf), der.sequence(der.oid(oids.aes256Cbc), der.octetString(iv)))
  return { algorithm: der.sequence(der.oid(oids.pbes2), parameters), data }
}

function readKdf(value: DerValue | undefined, keyLength: number, source: Pbes2Source): Pbes2Kdf {
  const { label } = source
  const [oid, parameters] = algorithm(value, source)
  const fields = derSequence(parameters, label)
  const salt = () => derOctetString(fields[0], label)
  const number = (index: number) => derSmallInteger(fields[index], label)
  const at = (tag: number, index: number) => (fields[index]?.tag === tag ? index + 1 : index)
  if (oid === oids.pbkdf2) {
    const afterLength = at(0x02, 2)
    if (afterLength === 3 && number(2) !== keyLength) throw malformed(source)
    const afterPrf = at(0x30, afterLength)
    if (fields.length !== afterPrf) throw malformed(source)
    // RFC 8018: the pseudorandom function is HMAC-SHA-1 where none is named.
    const hash = afterPrf === afterLength ? 'sha1' : readPrf(fields[afterLength], source)
    return { name: 'pbkdf2', salt: salt(), iterations: number(1), hash }
  }
  if (oid === oids.scrypt) {
    const afterLength = at(0x02, 4)
    if (afterLength === 5 && number(4) !== keyLength) throw malformed(source)
    if (fields.length !== afterLength) throw malformed(source)
    return { name: 'scrypt', salt: salt(), cost: number(1), blockSize: number(2), parallelization: number(3) }
  }
  throw unsupported(source, oid)
}

function readPrf(value: DerValue | undefined, source: Pbes2Source): string {
  const [oid, parameters] = algorithm(value, source)
  if (parameters !== undefined) derNull(parameters, source.label)
  const hash = Object.hasOwn(hashes, oid) ? hashes[oid] : undefined
  if (hash === undefined) throw unsupported(source, oid)
  return hash
}

function writeKdf(kdf: Pbes2Kdf): Uint8Array {
  const salt = der.octetString(kdf.salt)
  if (kdf.name === 'scrypt') {
    const { cost, blockSize, parallelization } = kdf
    const numbers = [cost, blockSize, parallelization].map(value => der.integer(value))
    return der.sequence(der.oid(oids.scrypt), der.sequence(salt, ...numbers))
  }
  const prf = der.sequence(der.oid(oids.hmacWithSha256), der.nul())
  return der.sequence(der.oid(oids.pbkdf2), der.sequence(salt, der.integer(kdf.iterations), prf))
}

/** An AlgorithmIdentifier: the identifier and its parameters, if any. */
function algorithm(value: DerValue | undefined, source: Pbes2Source): [string, DerValue | undefined] {
  const [oid, parameters, ...more] = derSequence(value, source.label)
  if (more.length > 0) throw malformed(source)
  return [derOid(oid, source.label), parameters]
}

function isDer(bytes: Uint8Array): boolean {
  try {
    readDer(bytes, 'decrypted data')
    return true
  } catch (error) {
    if (isSealwrightError(error)) return false
    throw error
  }
}

function malformed({ label }: Pbes2Source): SealwrightError {
  return new SealwrightError('VALIDATION', `${label} has malformed PBES2 parameters`)
}

function unsupported({ label, fix }: Pbes2Source, oid: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', `${label} is encrypted in a way that is not supported`, {
    why: `it uses ${schemeName(oid)}; supported is PBES2 with PBKDF2 or scrypt and AES-CBC`,
    fix,
  })
}

/** Object identifiers of RFC 8018 (PKCS#5), RFC 7914 (scrypt) and NIST's AES arc. */
const oids = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  scrypt: '1.3.6.1.4.1.11591.4.11',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const

/** Pseudorandom functions of PBKDF2, as `node:crypto` names their hash. */
const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}

const ciphers: Readonly<Record<string, { readonly name: string; readonly keyLength: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyLength: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyLength: 24 },
  [oids.aes256Cbc]: { name: 'aes-256-cbc', keyLength: 32 },
}

/** What is refused, by the name that its users know. */
const REFUSED: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.5.1': 'PBES1 with MD2 and DES',
  '1.2.840.113549.1.5.3': 'PBES1 with MD5 and DES',
  '1.2.840.113549.1.5.4': 'PBES1 with MD2 and RC2',
  '1.2.840.113549.1.5.6': 'PBES1 with MD5 and RC2',
  '1.2.840.113549.1.5.10': 'PBES1 with SHA-1 and DES',
  '1.2.840.113549.1.5.11': 'PBES1 with SHA-1 and RC2',
  '1.2.840.113549.1.12.1.1': 'PKCS#12 encryption with SHA-1 and 128-bit RC4',
  '1.2.840.113549.1.12.1.2': 'PKCS#12 encryption with SHA-1 and 40-bit RC4',
  '1.2.840.113549.1.12.1.3': 'PKCS#12 encryption with SHA-1 and three-key triple DES',
  '1.2.840.113549.1.12.1.4': 'PKCS#12 encryption with SHA-1 and two-key triple DES',
  '1.2.840.113549.1.12.1.5': 'PKCS#12 encryption with SHA-1 and 128-bit RC2',
  '1.2.840.113549.1.12.1.6': 'PKCS#12 encryption with SHA-1 and 40-bit RC2',
  '1.2.840.113549.3.2': 'PBES2 with RC2',
  '1.2.840.113549.3.7': 'PBES2 with triple DES',
  '1.3.14.3.2.7': 'PBES2 with DES',
  '1.2.840.113549.2.8': 'PBKDF2 with HMAC-SHA-224',
}

function schemeName(oid: string): string {
  return Object.hasOwn(REFUSED, oid) ? REFUSED[oid]! : `the scheme ${oid}`
}

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
function assertAffordable(kdf: Pbes2Kdf, source: Pbes2Source): void {
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
function deriveKey(
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
