import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  type DerValue,
  der,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSmallInteger,
  readDer,
} from '@sealwright/core/encoding'
import { assertAffordable, deriveKey, type Kdf } from './kdf.ts'
import { DEFAULT_ITERATIONS, type KeyEncryption } from './key-encryption.ts'
import { ciphers, hashes, oids, schemeName } from './pbes2-oids.ts'

/** A PKCS#8 EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2 (RFC 8018 §6.2), read but not decrypted. */
export interface EncryptedKey {
  readonly kdf: Kdf
  /** OpenSSL's name. */
  readonly cipher: string
  readonly keyLength: number
  readonly iv: Uint8Array
  readonly data: Uint8Array
}

/**
 * Reads an EncryptedPrivateKeyInfo, strictly.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what is none; `UNSUPPORTED`, naming the scheme, for another encryption
 * than PBES2 with PBKDF2 or scrypt and AES-CBC, and for one that costs too much.
 */
export function readEncryptedKey(bytes: Uint8Array, label: string): EncryptedKey {
  const [scheme, data, ...more] = derSequence(readDer(bytes, label), label)
  if (more.length > 0) throw malformed(label)
  const [schemeOid, schemeParameters] = algorithm(scheme, label)
  if (schemeOid !== oids.pbes2) throw unsupported(label, schemeOid)
  const [kdf, encryption, ...rest] = derSequence(schemeParameters, label)
  if (rest.length > 0) throw malformed(label)
  const [cipherOid, iv] = algorithm(encryption, label)
  const cipher = ciphers[cipherOid]
  if (cipher === undefined) throw unsupported(label, cipherOid)
  const read = readKdf(kdf, cipher.keyLength, label)
  assertAffordable(read)
  const encrypted: EncryptedKey = {
    kdf: read,
    cipher: cipher.name,
    keyLength: cipher.keyLength,
    iv: derOctetString(iv, label),
    data: derOctetString(data, label),
  }
  if (encrypted.iv.length !== 16 || encrypted.data.length === 0 || encrypted.data.length % 16 !== 0) {
    throw malformed(label)
  }
  return encrypted
}

/**
 * Decrypts to a PKCS#8 PrivateKeyInfo. The caller wipes the result.
 *
 * @returns `undefined` when the passphrase is wrong, which a damaged file looks like too.
 */
export async function decryptKey(
  key: EncryptedKey,
  passphrase: Uint8Array,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const derived = await deriveKey(key.kdf, passphrase, key.keyLength, signal)
  const decipher = createDecipheriv(key.cipher, derived, key.iv)
  const parts: Buffer[] = []
  try {
    parts.push(decipher.update(key.data))
    parts.push(decipher.final())
  } catch {
    // The padding is wrong: so is the passphrase.
    for (const part of parts) part.fill(0)
    return undefined
  } finally {
    derived.fill(0)
  }
  const plain = Buffer.concat(parts)
  for (const part of parts) part.fill(0)
  if (isDer(plain)) return plain
  // One wrong passphrase in 256 gives a sound padding.
  plain.fill(0)
  return undefined
}

/** Encrypts a PKCS#8 PrivateKeyInfo with AES-256-CBC into a DER EncryptedPrivateKeyInfo. */
export async function encryptKey(
  plain: Uint8Array,
  passphrase: Uint8Array,
  encryption: Exclude<KeyEncryption, 'none'>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const kdf: Kdf =
    encryption.kdf === 'pbkdf2'
      ? { name: 'pbkdf2', salt, iterations: encryption.iterations ?? DEFAULT_ITERATIONS, hash: 'sha256' }
      : { name: 'scrypt', salt, cost: 16_384, blockSize: 8, parallelization: 1 }
  const derived = await deriveKey(kdf, passphrase, 32, signal)
  const cipher = createCipheriv('aes-256-cbc', derived, iv)
  derived.fill(0)
  const data = Buffer.concat([cipher.update(plain), cipher.final()])
  const parameters = der.sequence(writeKdf(kdf), der.sequence(der.oid(oids.aes256Cbc), der.octetString(iv)))
  return der.sequence(der.sequence(der.oid(oids.pbes2), parameters), der.octetString(data))
}

function readKdf(value: DerValue | undefined, keyLength: number, label: string): Kdf {
  const [oid, parameters] = algorithm(value, label)
  const fields = derSequence(parameters, label)
  const salt = () => derOctetString(fields[0], label)
  const number = (index: number) => derSmallInteger(fields[index], label)
  const at = (tag: number, index: number) => (fields[index]?.tag === tag ? index + 1 : index)
  if (oid === oids.pbkdf2) {
    const afterLength = at(0x02, 2)
    if (afterLength === 3 && number(2) !== keyLength) throw malformed(label)
    const afterPrf = at(0x30, afterLength)
    if (fields.length !== afterPrf) throw malformed(label)
    // RFC 8018: the pseudorandom function is HMAC-SHA-1 where none is named.
    const hash = afterPrf === afterLength ? 'sha1' : readPrf(fields[afterLength], label)
    return { name: 'pbkdf2', salt: salt(), iterations: number(1), hash }
  }
  if (oid === oids.scrypt) {
    const afterLength = at(0x02, 4)
    if (afterLength === 5 && number(4) !== keyLength) throw malformed(label)
    if (fields.length !== afterLength) throw malformed(label)
    return { name: 'scrypt', salt: salt(), cost: number(1), blockSize: number(2), parallelization: number(3) }
  }
  throw unsupported(label, oid)
}

function readPrf(value: DerValue | undefined, label: string): string {
  const [oid, parameters] = algorithm(value, label)
  if (parameters !== undefined) derNull(parameters, label)
  const hash = hashes[oid]
  if (hash === undefined) throw unsupported(label, oid)
  return hash
}

function writeKdf(kdf: Kdf): Uint8Array {
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
function algorithm(value: DerValue | undefined, label: string): [string, DerValue | undefined] {
  const [oid, parameters, ...more] = derSequence(value, label)
  if (more.length > 0) throw malformed(label)
  return [derOid(oid, label), parameters]
}

function isDer(bytes: Uint8Array): boolean {
  try {
    readDer(bytes, 'private key')
    return true
  } catch (error) {
    if (isSealwrightError(error)) return false
    throw error
  }
}

function malformed(label: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${label} is not a sound encrypted private key`)
}

function unsupported(label: string, oid: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', `${label} is encrypted in a way that is not supported`, {
    why: `it uses ${schemeName(oid)}; supported is PBES2 with PBKDF2 or scrypt and AES-CBC`,
    fix: 'encrypt it again: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in OLD -out NEW',
  })
}
