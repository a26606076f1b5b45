import { createDecipheriv, createHash } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'
import { decryptPbes2, readPbes2 } from '@sealwright/core/adapter'
import {
  type DerValue,
  derExplicit,
  derOctetString,
  derOid,
  derSequence,
  derSmallInteger,
  readDer,
} from '@sealwright/core/encoding'

const LABEL = 'PKCS#12'

/** Object identifiers of RFC 2315, RFC 2985, RFC 7292 and RFC 8018. */
const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  sha1TripleDes: '1.2.840.113549.1.12.1.3',
} as const

/** Rounds that a secret may ask for; what makes such files uses some thousands. */
const MAX_ROUNDS = 200_000

/**
 * The certificates in a PKCS#12 file with the empty password, in the file's order: the form in which Key Vault keeps chains.
 * The file's MAC is not checked, as anyone can make it; private keys are passed over.
 *
 * @returns DER of each.
 * @throws {@link SealwrightError} `VALIDATION`, or `UNSUPPORTED` for another encryption than AES or triple DES.
 */
export async function certificatesIn(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array[]> {
  const [, authSafe] = derSequence(readDer(bytes, LABEL), LABEL)
  const certificates: Uint8Array[] = []
  for (const safe of derSequence(readDer(dataOf(authSafe), LABEL), LABEL)) {
    const contents = readDer(await contentsOf(safe, signal), LABEL)
    certificates.push(...derSequence(contents, LABEL).flatMap(certificateIn))
  }
  return certificates
}

function dataOf(contentInfo: DerValue | undefined): Uint8Array {
  const [type, content] = derSequence(contentInfo, LABEL)
  if (derOid(type, LABEL) !== OID.data) throw unsupported()
  return derOctetString(derExplicit(content, 0, LABEL), LABEL)
}

async function contentsOf(contentInfo: DerValue, signal: AbortSignal): Promise<Uint8Array> {
  const [type, content] = derSequence(contentInfo, LABEL)
  if (derOid(type, LABEL) !== OID.encryptedData) return dataOf(contentInfo)
  const [, encrypted] = derSequence(derExplicit(content, 0, LABEL), LABEL)
  const [, algorithm, data] = derSequence(encrypted, LABEL)
  if (data?.tag !== 0x80) throw unsupported()
  return decrypted(algorithm, data.contents, signal)
}

function certificateIn(bag: DerValue): Uint8Array[] {
  const [type, value] = derSequence(bag, LABEL)
  if (derOid(type, LABEL) !== OID.certBag) return []
  const [kind, certificate] = derSequence(derExplicit(value, 0, LABEL), LABEL)
  if (derOid(kind, LABEL) !== OID.x509Certificate) return []
  return [derOctetString(derExplicit(certificate, 0, LABEL), LABEL)]
}

async function decrypted(
  algorithm: DerValue | undefined,
  data: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const [oid, parameters] = derSequence(algorithm, LABEL)
  if (derOid(oid, LABEL) === OID.sha1TripleDes) {
    const { cipher, key, iv } = sha1TripleDes(parameters)
    const decipher = createDecipheriv(cipher, key, iv)
    return Buffer.concat([decipher.update(data), decipher.final()])
  }
  const scheme = readPbes2(algorithm, { label: 'the PKCS#12 file', maxIterations: MAX_ROUNDS })
  const plain = await decryptPbes2(scheme, new Uint8Array(), data, signal)
  if (plain === undefined)
    throw new SealwrightError('VALIDATION', 'the PKCS#12 file is damaged, or has a password')
  return plain
}

interface Decryption {
  readonly cipher: string
  readonly key: Uint8Array
  readonly iv: Uint8Array
}

function sha1TripleDes(parameters: DerValue | undefined): Decryption {
  const [salt, rounds] = derSequence(parameters, LABEL)
  const from = { salt: derOctetString(salt, LABEL), rounds: affordable(rounds) }
  return {
    cipher: 'des-ede3-cbc',
    key: pkcs12Key({ ...from, purpose: 1, length: 24 }),
    iv: pkcs12Key({ ...from, purpose: 2, length: 8 }),
  }
}

function affordable(rounds: DerValue | undefined): number {
  const count = derSmallInteger(rounds, LABEL)
  if (count >= 1 && count <= MAX_ROUNDS) return count
  throw new SealwrightError('UNSUPPORTED', `the PKCS#12 file asks for ${count} rounds`)
}

function unsupported(): SealwrightError {
  return new SealwrightError(
    'UNSUPPORTED',
    'the PKCS#12 file is encrypted or made in a way that is not known',
  )
}

interface Derivation {
  readonly salt: Uint8Array
  readonly rounds: number
  /** 1 for keys, 2 for initialization vectors. */
  readonly purpose: 1 | 2
  readonly length: number
}

/** Block of SHA-1. */
const BLOCK = 64

/** A BMPString of no characters, with its end. */
const EMPTY_PASSWORD = Uint8Array.of(0, 0)

/** The key derivation of PKCS#12 (RFC 7292, appendix B.2) with SHA-1 and the empty password. */
function pkcs12Key({ salt, rounds, purpose, length }: Derivation): Buffer {
  const blocks = [...filled(salt), ...filled(EMPTY_PASSWORD)]
  const parts: Buffer[] = []
  for (let made = 0; made < length; made += 20) {
    let digest = sha1(Buffer.alloc(BLOCK, purpose), ...blocks)
    for (let round = 1; round < rounds; round++) digest = sha1(digest)
    parts.push(digest)
    const addend = BigInt(`0x${Buffer.alloc(BLOCK, digest).toString('hex')}`) + 1n
    for (const block of blocks) {
      const sum = BigInt.asUintN(8 * BLOCK, BigInt(`0x${block.toString('hex')}`) + addend)
      block.set(Buffer.from(sum.toString(16).padStart(2 * BLOCK, '0'), 'hex'))
    }
  }
  return Buffer.concat(parts).subarray(0, length)
}

/** `bytes` over and over, up to the end of a block. */
function filled(bytes: Uint8Array): Buffer[] {
  const count = Math.ceil(bytes.length / BLOCK)
  const all = count === 0 ? Buffer.alloc(0) : Buffer.alloc(count * BLOCK, bytes)
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(all.subarray(index * BLOCK, (index + 1) * BLOCK)),
  )
}

function sha1(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
