import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { type Accepts, type AlgorithmId, algorithms, type KeyType } from '@sealwright/core'
import { signPkcs1, signPss } from '../../../test/wire/sign-digest.ts'

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
    case 'RSASSA-PSS':
      return signPss(key, hash, digest, request.saltLength ?? digestLength!)
    default:
      return signPkcs1(key, hash, digest)
  }
}
