import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { type Hash, signPkcs1, signPss } from '../../../test/wire/sign-digest.ts'

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
      const hash = `sha${asked.slice(2)}` as Hash
      return asked.startsWith('PS') ? signPss(privateKey, hash, digest) : signPkcs1(privateKey, hash, digest)
    },
  }
}

function assertLength(algorithm: string, { length }: Buffer): void {
  if (length !== Number(algorithm.slice(-3)) / 8) throw badParameter('value')
}

function badParameter(name: string): Refused {
  return new Refused(400, 'BadParameter', `Property ${name} has invalid value`)
}
