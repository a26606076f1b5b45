import {
  constants,
  createHash,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  privateEncrypt,
  randomBytes,
} from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'

/** Answers with an error as Key Vault does. */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  readonly inner: string | undefined

  constructor(status: number, code: string, message: string, inner?: string) {
    super(message)
    this.status = status
    this.code = code
    this.inner = inner
  }
}

export interface VaultKey {
  readonly privateKey: KeyObject
  /** The public members, as Key Vault spells them. */
  readonly jwk: JsonWebKey
  sign(algorithm: string, digest: Buffer): Buffer
}

const CURVES = {
  'P-256': { curve: p256, node: 'P-256', algorithm: 'ES256' },
  'P-384': { curve: p384, node: 'P-384', algorithm: 'ES384' },
  'P-521': { curve: p521, node: 'P-521', algorithm: 'ES512' },
  'P-256K': { curve: secp256k1, node: 'secp256k1', algorithm: 'ES256K' },
} as const

export type Shape = { readonly keySize: number } | { readonly curve: string }

/** A key of one size or curve, which signs digests and nothing else. */
export function vaultKey(shape: Shape): VaultKey {
  return 'curve' in shape ? ecKey(shape.curve) : rsaKey(shape.keySize)
}

function ecKey(name: string): VaultKey {
  if (!Object.hasOwn(CURVES, name)) throw badParameter('crv')
  const { curve, node, algorithm } = CURVES[name as keyof typeof CURVES]
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: node })
  const { x, y } = publicKey.export({ format: 'jwk' })
  const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url')
  return {
    privateKey,
    jwk: { crv: name, x: x!, y: y! },
    sign: (asked, digest) => {
      if (asked !== algorithm) throw badParameter('alg')
      assertLength(asked === 'ES256K' ? 'ES256' : asked, digest)
      return Buffer.from(curve.sign(digest, secret, { prehash: false, lowS: false, format: 'compact' }))
    },
  }
}

function rsaKey(modulusLength: number): VaultKey {
  if (![2048, 3072, 4096].includes(modulusLength)) throw badParameter('key_size')
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
  const { n, e } = publicKey.export({ format: 'jwk' })
  return {
    privateKey,
    jwk: { n: n!, e: e! },
    sign: (asked, digest) => {
      if (!/^[PR]S(?:256|384|512)$/.test(asked)) throw badParameter('alg')
      assertLength(asked, digest)
      const hash = `sha${asked.slice(2)}` as keyof typeof DIGEST_INFO
      if (asked.startsWith('PS')) {
        const padding = constants.RSA_NO_PADDING
        return privateEncrypt({ key: privateKey, padding }, emsaPss(hash, digest, modulusLength - 1))
      }
      const info = Buffer.concat([Buffer.from(DIGEST_INFO[hash], 'hex'), digest])
      return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, info)
    },
  }
}

/** RFC 8017 §9.2, note 1. */
const DIGEST_INFO = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
} as const

/** EMSA-PSS-ENCODE of RFC 8017 §9.1.1, from step 4; the salt is as long as the digest. */
function emsaPss(hash: string, digest: Buffer, bits: number): Buffer {
  const length = Math.ceil(bits / 8)
  const salt = randomBytes(digest.length)
  const h = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest()
  const db = Buffer.concat([Buffer.alloc(length - 2 - salt.length - h.length), Buffer.of(1), salt])
  for (let at = 0; at < db.length; at += h.length) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(at / h.length)
    const mask = createHash(hash).update(h).update(counter).digest()
    for (let i = 0; i < mask.length && at + i < db.length; i++) db[at + i]! ^= mask[i]!
  }
  db[0]! &= 0xff >> (8 * length - bits)
  return Buffer.concat([db, h, Buffer.of(0xbc)])
}

function assertLength(algorithm: string, { length }: Buffer): void {
  if (length !== Number(algorithm.slice(-3)) / 8) throw badParameter('value')
}

function badParameter(name: string): Refused {
  return new Refused(400, 'BadParameter', `Property ${name} has invalid value`)
}
