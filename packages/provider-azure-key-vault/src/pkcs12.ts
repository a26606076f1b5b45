import { createDecipheriv, pbkdf2Sync } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'
import {
  type DerValue,
  derExplicit,
  derOctetString,
  derOid,
  derSequence,
  derSmallInteger,
  readDer,
} from '@sealwright/core/encoding'
import { pkcs12Key } from './pkcs12-key.ts'

const LABEL = 'PKCS#12'

/** Object identifiers of RFC 2315, RFC 2985, RFC 7292 and RFC 8018. */
const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  sha1TripleDes: '1.2.840.113549.1.12.1.3',
} as const

/** RFC 8018: HMAC-SHA-1 where none is named. */
const HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}

const CIPHERS: Readonly<Record<string, readonly [name: string, keyLength: number]>> = {
  '2.16.840.1.101.3.4.1.2': ['aes-128-cbc', 16],
  '2.16.840.1.101.3.4.1.22': ['aes-192-cbc', 24],
  '2.16.840.1.101.3.4.1.42': ['aes-256-cbc', 32],
}

/** Rounds that a secret may ask for; what makes such files uses some thousands. */
const MAX_ROUNDS = 200_000

/**
 * The certificates in a PKCS#12 file with the empty password, in the file's order: the form in which Key Vault keeps chains.
 * The file's MAC is not checked, as anyone can make it; private keys are passed over.
 *
 * @returns DER of each.
 * @throws {@link SealwrightError} `VALIDATION`, or `UNSUPPORTED` for another encryption than AES or triple DES.
 */
export function certificatesIn(bytes: Uint8Array): Uint8Array[] {
  const [, authSafe] = derSequence(readDer(bytes, LABEL), LABEL)
  const safes = derSequence(readDer(dataOf(authSafe), LABEL), LABEL)
  return safes.flatMap(safe => derSequence(readDer(contentsOf(safe), LABEL), LABEL).flatMap(certificateIn))
}

function dataOf(contentInfo: DerValue | undefined): Uint8Array {
  const [type, content] = derSequence(contentInfo, LABEL)
  if (derOid(type, LABEL) !== OID.data) throw unsupported()
  return derOctetString(derExplicit(content, 0, LABEL), LABEL)
}

function contentsOf(contentInfo: DerValue): Uint8Array {
  const [type, content] = derSequence(contentInfo, LABEL)
  if (derOid(type, LABEL) !== OID.encryptedData) return dataOf(contentInfo)
  const [, encrypted] = derSequence(derExplicit(content, 0, LABEL), LABEL)
  const [, algorithm, data] = derSequence(encrypted, LABEL)
  if (data?.tag !== 0x80) throw unsupported()
  return decrypted(algorithm, data.contents)
}

function certificateIn(bag: DerValue): Uint8Array[] {
  const [type, value] = derSequence(bag, LABEL)
  if (derOid(type, LABEL) !== OID.certBag) return []
  const [kind, certificate] = derSequence(derExplicit(value, 0, LABEL), LABEL)
  if (derOid(kind, LABEL) !== OID.x509Certificate) return []
  return [derOctetString(derExplicit(certificate, 0, LABEL), LABEL)]
}

function decrypted(algorithm: DerValue | undefined, data: Uint8Array): Uint8Array {
  const [oid, parameters] = derSequence(algorithm, LABEL)
  const scheme = SCHEMES[derOid(oid, LABEL)]
  if (scheme === undefined) throw unsupported()
  const { cipher, key, iv } = scheme(parameters)
  const decipher = createDecipheriv(cipher, key, iv)
  return Buffer.concat([decipher.update(data), decipher.final()])
}

interface Decryption {
  readonly cipher: string
  readonly key: Uint8Array
  readonly iv: Uint8Array
}

const SCHEMES: Readonly<Record<string, (parameters: DerValue | undefined) => Decryption>> = {
  [OID.pbes2]: pbes2,
  [OID.sha1TripleDes]: sha1TripleDes,
}

function pbes2(parameters: DerValue | undefined): Decryption {
  const [kdf, encryption] = derSequence(parameters, LABEL)
  const [kdfOid, kdfParameters] = derSequence(kdf, LABEL)
  const [cipherOid, iv] = derSequence(encryption, LABEL)
  const [cipher, keyLength] = CIPHERS[derOid(cipherOid, LABEL)] ?? []
  const [salt, rounds, ...rest] = derSequence(kdfParameters, LABEL)
  const prf = rest.find(({ tag }) => tag === 0x30)
  const hash = prf === undefined ? 'sha1' : HASHES[derOid(derSequence(prf, LABEL)[0], LABEL)]
  if (cipher === undefined || keyLength === undefined || hash === undefined) throw unsupported()
  if (derOid(kdfOid, LABEL) !== OID.pbkdf2) throw unsupported()
  const key = pbkdf2Sync('', derOctetString(salt, LABEL), affordable(rounds), keyLength, hash)
  return { cipher, key, iv: derOctetString(iv, LABEL) }
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
