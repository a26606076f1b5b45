import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { signMu } from '../../../test/wire/external-mu.ts'
import { type Hash, signPkcs1, signPss } from '../../../test/wire/sign-digest.ts'

/** A key pair as KMS has it: named and used in its own words. */
export interface KmsKey {
  readonly spec: KeySpec
  readonly spki: Buffer
  readonly algorithms: readonly string[]
  /** @throws {@link Refused} as KMS would. */
  sign(algorithm: string, messageType: string, message: Buffer): Buffer
}

export type KeySpec = keyof typeof SPECS

/** An error of the service: its name goes over the wire. */
export class Refused extends Error {
  override readonly name: string
  readonly status: number

  constructor(name: string, message: string, status = 400) {
    super(message)
    this.name = name
    this.status = status
  }
}

const RSA = ['RSASSA_PKCS1_V1_5', 'RSASSA_PSS'].flatMap(family =>
  ['SHA_256', 'SHA_384', 'SHA_512'].map(hash => `${family}_${hash}`),
)
const ED25519 = ['ED25519_SHA_512', 'ED25519_PH_SHA_512']
const ML_DSA = ['ML_DSA_SHAKE_256']

const SPECS = {
  RSA_2048: { algorithms: RSA, make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  RSA_3072: { algorithms: RSA, make: () => generateKeyPairSync('rsa', { modulusLength: 3072 }) },
  RSA_4096: { algorithms: RSA, make: () => generateKeyPairSync('rsa', { modulusLength: 4096 }) },
  ECC_NIST_P256: { algorithms: ['ECDSA_SHA_256'], make: () => ec('P-256'), curve: p256 },
  ECC_NIST_P384: { algorithms: ['ECDSA_SHA_384'], make: () => ec('P-384'), curve: p384 },
  ECC_NIST_P521: { algorithms: ['ECDSA_SHA_512'], make: () => ec('P-521'), curve: p521 },
  ECC_SECG_P256K1: { algorithms: ['ECDSA_SHA_256'], make: () => ec('secp256k1'), curve: secp256k1 },
  ECC_NIST_EDWARDS25519: { algorithms: ED25519, make: () => generateKeyPairSync('ed25519') },
  ML_DSA_44: { algorithms: ML_DSA, make: () => generateKeyPairSync('ml-dsa-44') },
  ML_DSA_65: { algorithms: ML_DSA, make: () => generateKeyPairSync('ml-dsa-65') },
  ML_DSA_87: { algorithms: ML_DSA, make: () => generateKeyPairSync('ml-dsa-87') },
} as const

export function isKeySpec(spec: unknown): spec is KeySpec {
  return typeof spec === 'string' && Object.hasOwn(SPECS, spec)
}

export function kmsKey(spec: KeySpec): KmsKey {
  const { make, algorithms } = SPECS[spec]
  const { publicKey, privateKey } = make() as { publicKey: KeyObject; privateKey: KeyObject }
  return {
    spec,
    algorithms,
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    sign(algorithm, messageType, message) {
      if (!(algorithms as readonly string[]).includes(algorithm)) {
        throw new Refused(
          'InvalidKeyUsageException',
          `Algorithm ${algorithm} is incompatible with key spec ${spec}.`,
        )
      }
      if (message.length > 4096) throw invalid('Member must have length less than or equal to 4096')
      if (algorithm === 'ML_DSA_SHAKE_256') return mlDsa(privateKey, messageType, message)
      if (algorithm === 'ED25519_SHA_512') {
        if (messageType !== 'RAW') throw invalid(`MessageType ${messageType} is not valid with ${algorithm}`)
        return sign(null, message, privateKey)
      }
      return hashed(spec, privateKey, algorithm, messageType, message)
    },
  }
}

function mlDsa(key: KeyObject, messageType: string, message: Buffer): Buffer {
  if (messageType === 'RAW') return sign(null, message, key)
  if (messageType !== 'EXTERNAL_MU') throw invalid(`MessageType ${messageType} is not valid with ML_DSA`)
  if (message.length !== 64) throw invalid('EXTERNAL_MU must be 64 bytes')
  return signMu(key, message)
}

function hashed(
  spec: KeySpec,
  key: KeyObject,
  algorithm: string,
  messageType: string,
  message: Buffer,
): Buffer {
  const hash = `sha${algorithm.slice(-3)}` as Hash
  if (messageType !== 'RAW' && messageType !== 'DIGEST')
    throw invalid(`MessageType ${messageType} is not valid here`)
  const digest = messageType === 'RAW' ? createHash(hash).update(message).digest() : message
  if (digest.length !== Number(algorithm.slice(-3)) / 8)
    throw invalid('Digest is invalid length for algorithm')
  const row = SPECS[spec]
  if ('curve' in row) {
    const secret = Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url')
    return Buffer.from(row.curve.sign(digest, secret, { prehash: false, lowS: false, format: 'der' }))
  }
  return algorithm.startsWith('RSASSA_PSS') ? signPss(key, hash, digest) : signPkcs1(key, hash, digest)
}

function ec(namedCurve: string) {
  return generateKeyPairSync('ec', { namedCurve })
}

function invalid(message: string): Refused {
  return new Refused('ValidationException', message)
}
