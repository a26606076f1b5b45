import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { isHash, signPkcs1, signPss } from '../../../test/wire/sign-digest.ts'

/** One version of a key, as transit has it. */
export interface KeyPair {
  readonly publicKey: string
  readonly privateKey: KeyObject
}

/** What `sign` is asked, by the names of the API. */
export interface SignInput {
  readonly input: Buffer
  readonly prehashed?: boolean
  readonly hash_algorithm?: string
  readonly signature_algorithm?: string
  readonly salt_length?: string
  readonly marshaling_algorithm?: string
}

const CURVES = {
  'ecdsa-p256': { name: 'P-256', curve: p256 },
  'ecdsa-p384': { name: 'P-384', curve: p384 },
  'ecdsa-p521': { name: 'P-521', curve: p521 },
} as const

/** A failure that goes over the wire. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function newKeyPair(type: string, parameterSet?: string): KeyPair {
  const { publicKey, privateKey } = generate(type, parameterSet)
  return { privateKey, publicKey: describe(publicKey) }
}

function generate(type: string, parameterSet?: string): { publicKey: KeyObject; privateKey: KeyObject } {
  if (type in CURVES) {
    return generateKeyPairSync('ec', { namedCurve: CURVES[type as keyof typeof CURVES].name })
  }
  const bits = /^rsa-(2048|3072|4096)$/.exec(type)?.[1]
  if (bits !== undefined) return generateKeyPairSync('rsa', { modulusLength: Number(bits) })
  if (type === 'ed25519') return generateKeyPairSync('ed25519')
  if (type === 'ml-dsa') return generateKeyPairSync(`ml-dsa-${parameterSet}` as 'ml-dsa-44')
  throw new Refused(400, `unknown key type ${type}`)
}

/** PEM; Ed25519 and ML-DSA as raw bytes in base64. */
function describe(publicKey: KeyObject): string {
  const { asymmetricKeyType: type } = publicKey
  if (type === 'rsa' || type === 'ec') return publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const jwk = publicKey.export({ format: 'jwk' }) as { x?: string; pub?: string }
  return Buffer.from((jwk.x ?? jwk.pub)!, 'base64url').toString('base64')
}

/** Signs as transit does, wrong lengths of digests under ECDSA included. */
export function signWith(type: string, { privateKey }: KeyPair, request: SignInput): Buffer {
  const { input, prehashed = false, hash_algorithm: name = 'sha2-256' } = request
  if (type === 'ed25519' || type === 'ml-dsa') return sign(null, input, privateKey)
  const hash = `sha${/^sha2-(256|384|512)$/.exec(name)?.[1]}`
  if (!isHash(hash)) throw new Refused(400, `invalid hash algorithm: unsupported hash ${name}`)
  const digest = prehashed ? input : createHash(hash).update(input).digest()
  if (type in CURVES) {
    const format = (request.marshaling_algorithm ?? 'asn1') === 'asn1' ? 'der' : 'compact'
    const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url')
    const { curve } = CURVES[type as keyof typeof CURVES]
    return Buffer.from(curve.sign(digest, secret, { prehash: false, lowS: false, format }))
  }
  if (digest.length !== Number(hash.slice(3)) / 8) {
    throw new Refused(500, 'crypto/rsa: input must be hashed message')
  }
  if (request.signature_algorithm === 'pkcs1v15') return signPkcs1(privateKey, hash, digest)
  const bits = privateKey.asymmetricKeyDetails!.modulusLength! - 1
  const salt = request.salt_length === 'hash' ? digest.length : Math.ceil(bits / 8) - digest.length - 2
  return signPss(privateKey, hash, digest, salt)
}
