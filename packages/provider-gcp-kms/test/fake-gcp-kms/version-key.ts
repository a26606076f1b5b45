import { constants, createHash, generateKeyPairSync, type KeyObject, privateEncrypt, sign } from 'node:crypto'
import { p256, p384 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { signMu } from '../../../../test/wire/external-mu.ts'
import { type Hash, signPkcs1, signPss } from '../../../../test/wire/sign-digest.ts'
import { Refused } from './refused.ts'

/** The key pair of one version. */
export interface VersionKey {
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer
  /** FIPS 204 and 205 keys as these standards write them. */
  readonly raw: Buffer | undefined
  /** Which member of `Digest` it takes; `undefined` if data alone. */
  readonly digest: { readonly member: string; readonly length: number } | undefined
  signDigest(digest: Buffer): Buffer
  signData(data: Buffer): Buffer
}

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const CURVES = { P256: p256, P384: p384, SECP256K1: secp256k1 } as const
const NAMES = { P256: 'P-256', P384: 'P-384', SECP256K1: 'secp256k1' } as const

/** Slow to make: keys of one size share their numbers, which no case minds. */
const rsaPairs = new Map<number, Pair>()

/** @param algorithm - A `CryptoKeyVersionAlgorithm`; what is not for signing has no key to speak of. */
export function versionKey(algorithm: string): VersionKey | undefined {
  const ml = /^PQ_SIGN_ML_DSA_(44|65|87)(_EXTERNAL_MU)?$/.exec(algorithm)
  if (ml !== null) return mlDsa(generateKeyPairSync(`ml-dsa-${ml[1] as '44'}`), ml[2] !== undefined)
  if (algorithm === 'PQ_SIGN_SLH_DSA_SHA2_128S') {
    const pair = generateKeyPairSync('slh-dsa-sha2-128s')
    return { ...dataOnly(pair), raw: spkiOf(pair).subarray(-32) }
  }
  if (algorithm === 'EC_SIGN_ED25519') return dataOnly(generateKeyPairSync('ed25519'))
  const ec = /^EC_SIGN_(P256|P384|SECP256K1)_SHA(256|384)$/.exec(algorithm)
  if (ec !== null) return ecdsa(ec[1] as keyof typeof CURVES, hashOf(ec[2]))
  const rsa = /^RSA_SIGN_(PKCS1|PSS)_(\d{4})_SHA(256|512)$/.exec(algorithm)
  if (rsa !== null) return rsaKey(Number(rsa[2]), rsa[1] === 'PSS', hashOf(rsa[3]))
  const raw = /^RSA_SIGN_RAW_PKCS1_(\d{4})$/.exec(algorithm)
  return raw === null ? undefined : rawRsa(Number(raw[1]))
}

function dataOnly(pair: Pair): VersionKey {
  return {
    spki: spkiOf(pair),
    raw: undefined,
    digest: undefined,
    signDigest: () => {
      throw new Refused(3, 'this algorithm signs data')
    },
    signData: data => sign(null, data, pair.privateKey),
  }
}

function mlDsa(pair: Pair, takesMu: boolean): VersionKey {
  const { pub } = pair.publicKey.export({ format: 'jwk' }) as { pub: string }
  const key = { ...dataOnly(pair), raw: Buffer.from(pub, 'base64url') }
  if (!takesMu) return key
  return {
    ...key,
    digest: { member: 'externalMu', length: 64 },
    signDigest: mu => signMu(pair.privateKey, mu),
    signData: () => {
      throw new Refused(3, 'this algorithm signs an external mu')
    },
  }
}

function ecdsa(curve: keyof typeof CURVES, hash: Hash): VersionKey {
  const pair = generateKeyPairSync('ec', { namedCurve: NAMES[curve] })
  const secret = Buffer.from(pair.privateKey.export({ format: 'jwk' }).d!, 'base64url')
  const signDigest = (digest: Buffer) =>
    Buffer.from(CURVES[curve].sign(digest, secret, { prehash: false, lowS: false, format: 'der' }))
  return hashed(pair, hash, signDigest)
}

function rsaKey(bits: number, isPss: boolean, hash: Hash): VersionKey {
  const pair = rsaPair(bits)
  const { privateKey: key } = pair
  const sign = isPss ? signPss : signPkcs1
  return hashed(pair, hash, digest => sign(key, hash, digest))
}

function rawRsa(bits: number): VersionKey {
  const pair = rsaPair(bits)
  return {
    ...dataOnly(pair),
    signData: data => {
      if (data.length > bits / 8 - 11) throw new Refused(3, 'the data is longer than the modulus allows')
      return privateEncrypt({ key: pair.privateKey, padding: constants.RSA_PKCS1_PADDING }, data)
    },
  }
}

function hashed(pair: Pair, hash: Hash, signDigest: (digest: Buffer) => Buffer): VersionKey {
  return {
    spki: spkiOf(pair),
    raw: undefined,
    digest: { member: hash, length: Number(hash.slice(3)) / 8 },
    signDigest,
    signData: data => signDigest(createHash(hash).update(data).digest()),
  }
}

function rsaPair(bits: number): Pair {
  const pair = rsaPairs.get(bits) ?? generateKeyPairSync('rsa', { modulusLength: bits })
  rsaPairs.set(bits, pair)
  return pair
}

function spkiOf({ publicKey }: Pair): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' })
}

function hashOf(bits: string | undefined): Hash {
  return `sha${bits}` as Hash
}
