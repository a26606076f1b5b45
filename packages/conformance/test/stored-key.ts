import {
  constants,
  createHash,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  randomBytes,
  sign,
} from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { type Accepts, type AlgorithmId, algorithms, type KeyType } from '@sealwright/core'

/** A private key of the store in memory, which takes digests as a real store does. */
export interface StoredKey {
  readonly type: KeyType
  readonly spki: Buffer
  sign(request: StoredKeyRequest): Buffer
}

interface StoredKeyRequest {
  readonly algorithm: AlgorithmId
  readonly input: keyof Accepts
  readonly bytes: Uint8Array
  /** RSASSA-PSS; default is the length of the digest. */
  readonly saltLength?: number
}

const CURVES = { 'EC-P256': p256, 'EC-P384': p384, 'EC-P521': p521, 'EC-secp256k1': secp256k1 } as const
const NAMES = {
  'EC-P256': 'P-256',
  'EC-P384': 'P-384',
  'EC-P521': 'P-521',
  'EC-secp256k1': 'secp256k1',
} as const

export function storedKey(type: KeyType): StoredKey {
  const { publicKey, privateKey } = generate(type)
  return {
    type,
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    sign: request => signed(type, privateKey, request),
  }
}

function generate(type: KeyType): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (type) {
    case 'RSA-2048':
    case 'RSA-3072':
    case 'RSA-4096':
      return generateKeyPairSync('rsa', { modulusLength: Number(type.slice(4)) })
    case 'Ed25519':
      return generateKeyPairSync('ed25519')
    case 'ML-DSA-44':
    case 'ML-DSA-65':
    case 'ML-DSA-87':
      return generateKeyPairSync(type.toLowerCase() as 'ml-dsa-44')
    default:
      return generateKeyPairSync('ec', { namedCurve: NAMES[type] })
  }
}

function signed(type: KeyType, key: KeyObject, request: StoredKeyRequest): Buffer {
  const { algorithm, input, bytes } = request
  const { family, hash, digestLength } = algorithms[algorithm]
  if (hash === undefined) return sign(null, bytes, key)
  const digest = input === 'digest' ? Buffer.from(bytes) : createHash(hash).update(bytes).digest()
  switch (family) {
    case 'ECDSA': {
      const secret = Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url')
      const options = { prehash: false, lowS: false, format: 'der' } as const
      return Buffer.from(CURVES[type as keyof typeof CURVES].sign(digest, secret, options))
    }
    case 'RSASSA-PSS': {
      const bits = key.asymmetricKeyDetails!.modulusLength! - 1
      const encoded = emsaPss(hash, digest, bits, request.saltLength ?? digestLength!)
      return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded)
    }
    default: {
      const info = Buffer.concat([Buffer.from(DIGEST_INFO[hash], 'hex'), digest])
      return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info)
    }
  }
}

/** RFC 8017 §9.2, note 1. */
const DIGEST_INFO = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
} as const

/** EMSA-PSS-ENCODE of RFC 8017 §9.1.1, from step 4, for a modulus of `bits` + 1 bits. */
function emsaPss(hash: string, digest: Buffer, bits: number, saltLength: number): Buffer {
  const length = Math.ceil(bits / 8)
  const salt = randomBytes(saltLength)
  const h = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest()
  const db = Buffer.alloc(length - h.length - 1)
  db[db.length - saltLength - 1] = 1
  salt.copy(db, db.length - saltLength)
  const mask = mgf1(hash, h, db.length)
  for (let at = 0; at < db.length; at++) db[at]! ^= mask[at]!
  db[0]! &= 0xff >> (8 * length - bits)
  return Buffer.concat([db, h, Buffer.from([0xbc])])
}

function mgf1(hash: string, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let count = 0; Buffer.concat(blocks).length < length; count++) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(count)
    blocks.push(createHash(hash).update(seed).update(counter).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}
