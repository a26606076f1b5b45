import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
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
import { assertAffordable, deriveKey, type Pbes2Kdf, type Pbes2Source } from './pbes2-kdf.ts'
import { ciphers, hashes, oids, schemeName } from './pbes2-oids.ts'

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
