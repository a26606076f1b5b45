import {
  constants,
  createHash,
  type KeyObject,
  privateEncrypt,
  randomBytes,
  type SigningOptions,
  sign,
} from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Mechanism } from '../src/index.ts'
import { failure } from './rv.ts'

const CURVES = { 'P-256': p256, 'P-384': p384, 'P-521': p521, secp256k1 } as const
const HASHES: Readonly<Record<number, string>> = { 592: 'sha256', 608: 'sha384', 624: 'sha512' }
const MGF_OF: Readonly<Record<number, number>> = { 592: 2, 608: 3, 624: 4 }

/** What a token does with its key: bare digests are signed as they are. */
export function signWith({ mechanism, parameter }: Mechanism, key: KeyObject, data: Buffer): Buffer {
  switch (mechanism) {
    case 0x1:
      return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, data)
    case 0xd:
      return signPss(parameter, key, data)
    case 0x40:
    case 0x41:
    case 0x42:
      return sign(`sha${[256, 384, 512][mechanism - 0x40]}`, data, key)
    case 0x43:
    case 0x44:
    case 0x45: {
      const { saltLen, hashAlg } = parameter ?? failure('CKR_MECHANISM_PARAM_INVALID')
      const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltLen }
      return sign(HASHES[hashAlg], data, { key, ...padding })
    }
    case 0x1041:
      return signDigest(key, data)
    case 0x1044:
    case 0x1045:
    case 0x1046: {
      const options: SigningOptions = { dsaEncoding: 'ieee-p1363' }
      return sign(`sha${[256, 384, 512][mechanism - 0x1044]}`, data, { key, ...options })
    }
    case 0x1057:
    case 0x1d:
      return sign(null, data, key)
    default:
      return failure('CKR_MECHANISM_INVALID')
  }
}

function signDigest(key: KeyObject, digest: Buffer): Buffer {
  const { crv, d } = key.export({ format: 'jwk' }) as { crv: keyof typeof CURVES; d: string }
  const secret = Buffer.from(d, 'base64url')
  return Buffer.from(CURVES[crv].sign(digest, secret, { prehash: false, lowS: false, extraEntropy: true }))
}

/** EMSA-PSS (RFC 8017, section 9.1.1) and the bare RSA operation: node:crypto would hash again. */
function signPss(parameter: Mechanism['parameter'], key: KeyObject, digest: Buffer): Buffer {
  const { hashAlg, mgf, saltLen } = parameter ?? failure('CKR_MECHANISM_PARAM_INVALID')
  const hash = HASHES[hashAlg]
  if (hash === undefined || MGF_OF[hashAlg] !== mgf) return failure('CKR_MECHANISM_PARAM_INVALID')
  const hashOf = (...parts: Buffer[]) => createHash(hash).update(Buffer.concat(parts)).digest()
  if (digest.length !== hashOf().length) return failure('CKR_DATA_LEN_RANGE')
  const bits = key.asymmetricKeyDetails!.modulusLength!
  const length = Math.ceil((bits - 1) / 8)
  const salt = randomBytes(saltLen)
  const h = hashOf(Buffer.alloc(8), digest, salt)
  const block = Buffer.alloc(length - h.length - 1)
  salt.copy(block, block.length - salt.length)
  block[block.length - salt.length - 1] = 1
  for (let at = 0, counter = 0; at < block.length; counter++) {
    const seed = Buffer.alloc(4)
    seed.writeUInt32BE(counter)
    for (const byte of hashOf(h, seed)) if (at < block.length) block[at++]! ^= byte
  }
  block[0]! &= 0xff >> (8 * length - (bits - 1))
  const encoded = Buffer.concat([block, h, Buffer.of(0xbc)])
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded)
}
