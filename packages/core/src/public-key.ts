import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import type { Algorithm, KeyType } from './algorithm.ts'
import { encodeBase64url, encodePem } from './encoding/index.ts'
import { SealwrightError } from './errors.ts'
import { isMlDsa, RAW_KEYS } from './raw-public-key.ts'

/** A parsed SubjectPublicKeyInfo. */
export interface PublicKey {
  readonly object: KeyObject
  /** Absent for an RSA key of a size that nothing here signs with; such a key may still verify. */
  readonly type?: KeyType | undefined
}

const CURVES: Readonly<Record<string, { readonly type: KeyType; readonly spkiLength: number }>> = {
  prime256v1: { type: 'EC-P256', spkiLength: 91 },
  secp384r1: { type: 'EC-P384', spkiLength: 120 },
  secp521r1: { type: 'EC-P521', spkiLength: 158 },
  secp256k1: { type: 'EC-secp256k1', spkiLength: 88 },
}

const RSA_SIZES: Readonly<Record<number, KeyType>> = { 2048: 'RSA-2048', 3072: 'RSA-3072', 4096: 'RSA-4096' }

/**
 * Parses a DER SubjectPublicKeyInfo in its one encoding: no trailing bytes, EC points uncompressed on a named curve, so
 * that a key has one fingerprint.
 *
 * @throws {@link SealwrightError} `VALIDATION` if the bytes are not such an encoding, or hold a weak RSA key;
 * `UNSUPPORTED` for another kind of key, and for ML-DSA if the running Node.js lacks it.
 */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  const object = readSpki(spki)
  if (!object.export({ type: 'spki', format: 'der' }).equals(spki)) {
    throw new SealwrightError('VALIDATION', 'the public key is not in its canonical DER encoding')
  }
  const type = publicKeyType(object)
  const curve = CURVES[object.asymmetricKeyDetails?.namedCurve ?? '']
  if (curve && curve.spkiLength !== spki.length) {
    throw new SealwrightError('VALIDATION', 'the EC public key is not an uncompressed point')
  }
  return type === undefined ? { object } : { object, type }
}

/** The type of a parsed key; `undefined` for RSA of an odd size, from 2048 bits on. */
export function publicKeyType(key: KeyObject): KeyType | undefined {
  const kind = key.asymmetricKeyType as string | undefined
  if (kind === 'rsa') return rsaType(key)
  if (kind === 'ec') {
    const name = key.asymmetricKeyDetails?.namedCurve
    const curve = CURVES[name ?? '']
    if (curve) return curve.type
    throw unsupported(
      name === undefined ? 'an EC key with explicit parameters' : `an EC key on curve ${name}`,
    )
  }
  if (kind === 'ed25519') return 'Ed25519'
  if (kind === 'ml-dsa-44') return 'ML-DSA-44'
  if (kind === 'ml-dsa-65') return 'ML-DSA-65'
  if (kind === 'ml-dsa-87') return 'ML-DSA-87'
  throw unsupported(
    kind === 'rsa-pss' ? 'an RSA key restricted to PSS' : `a key of kind ${kind ?? 'unknown'}`,
  )
}

/** Bytes of every signature under a key: where the algorithm does not say, the length of its modulus. */
export function signatureLength(algorithm: Algorithm, key: KeyObject): number {
  if (algorithm.signatureLength !== undefined) return algorithm.signatureLength
  let length = modulusLengths.get(key)
  if (length === undefined) {
    length = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
    modulusLengths.set(key, length)
  }
  return length
}

/** Node copies all details of a key whenever one is asked for. */
const modulusLengths = /* @__PURE__ */ new WeakMap<KeyObject, number>()

function rsaType(key: KeyObject): KeyType | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < 2048) {
    throw new SealwrightError('VALIDATION', `an RSA key of ${modulusLength} bits is too weak`, {
      fix: 'use RSA-2048, RSA-3072 or RSA-4096',
    })
  }
  if (publicExponent < 3n || publicExponent % 2n === 0n) {
    throw new SealwrightError(
      'VALIDATION',
      'the public exponent of the RSA key is not an odd number from 3 on',
    )
  }
  return RSA_SIZES[modulusLength]
}

function readSpki(spki: Uint8Array): KeyObject {
  try {
    // A view, not a copy: createPublicKey reads the bytes before it returns.
    const key = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength)
    return createPublicKey({ key, format: 'der', type: 'spki' })
  } catch (cause) {
    if (isMlDsa(spki)) {
      throw new SealwrightError('UNSUPPORTED', 'this Node.js has no ML-DSA', {
        why: `Node.js ${process.version} with OpenSSL ${process.versions.openssl}`,
        fix: 'use Node.js 24 or later',
        cause,
      })
    }
    throw new SealwrightError('VALIDATION', 'the public key is not a DER SubjectPublicKeyInfo', { cause })
  }
}

function unsupported(what: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', `${what} is not supported`, {
    fix: 'use RSA-2048, RSA-3072, RSA-4096, EC-P256, EC-P384, EC-P521, EC-secp256k1, Ed25519 or ML-DSA',
  })
}

/**
 * Returns the type of a public key.
 *
 * @param publicKey - DER SubjectPublicKeyInfo.
 * @throws {@link SealwrightError} `VALIDATION` if the bytes are not a public key; `UNSUPPORTED` for a key of another
 * type, which includes RSA of another size than 2048, 3072 and 4096 bits.
 *
 * @example
 * ```ts
 * import { keyType, type Signer } from '@sealwright/core'
 *
 * declare const signer: Signer
 * keyType(signer.key.publicKey) // 'EC-P256'
 * ```
 */
export function keyType(publicKey: Uint8Array): KeyType {
  const { object, type } = parsePublicKey(publicKey)
  if (type !== undefined) return type
  throw new SealwrightError(
    'UNSUPPORTED',
    `an RSA key of ${object.asymmetricKeyDetails?.modulusLength} bits is not supported`,
    { fix: 'use RSA-2048, RSA-3072 or RSA-4096' },
  )
}

/**
 * Returns the fingerprint of a public key: `sha256:` and 64 lower-case hexadecimal digits.
 *
 * @param publicKey - DER SubjectPublicKeyInfo; its bytes are hashed as they are.
 *
 * @example
 * ```ts
 * import { fingerprint, type Signer } from '@sealwright/core'
 *
 * declare const signer: Signer
 * fingerprint(signer.key.publicKey) // 'sha256:…'
 * ```
 */
export function fingerprint(publicKey: Uint8Array): string {
  return `sha256:${createHash('sha256').update(publicKey).digest('hex')}`
}

/** A public key as JSON Web Key (RFC 7517). */
export type PublicJwk =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | {
      readonly kty: 'EC'
      readonly crv: 'P-256' | 'P-384' | 'P-521' | 'secp256k1'
      readonly x: string
      readonly y: string
    }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
  | { readonly kty: 'AKP'; readonly alg: 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87'; readonly pub: string }

/**
 * Returns a public key as PEM, `BEGIN PUBLIC KEY`, as openssl and every verifier read it.
 *
 * @param publicKey - DER SubjectPublicKeyInfo, such as `signer.key.publicKey`.
 * @throws {@link SealwrightError} `VALIDATION` if the bytes are not a public key; `UNSUPPORTED` for another kind of key.
 *
 * @example
 * ```ts
 * import { type Signer, toPem } from '@sealwright/core'
 *
 * declare const signer: Signer
 * toPem(signer.key.publicKey) // -----BEGIN PUBLIC KEY-----…
 * ```
 */
export function toPem(publicKey: Uint8Array): string {
  parsePublicKey(publicKey)
  return encodePem('PUBLIC KEY', publicKey)
}

/**
 * Returns a public key as JSON Web Key: RSA and EC by RFC 7518, secp256k1 by RFC 8812, Ed25519 by RFC 8037, ML-DSA by
 * draft-ietf-cose-dilithium (`AKP`). It says nothing of use, algorithm or key id, but for `alg` of ML-DSA, which demands it.
 *
 * @param publicKey - DER SubjectPublicKeyInfo, such as `signer.key.publicKey`.
 * @throws {@link SealwrightError} as {@link toPem}; `UNSUPPORTED` for ML-DSA where the running Node.js has none.
 *
 * @example
 * ```ts
 * import { type Signer, toJwk } from '@sealwright/core'
 *
 * declare const signer: Signer
 * toJwk(signer.key.publicKey) // { kty: 'EC', crv: 'P-256', x: '…', y: '…' }
 * ```
 */
export function toJwk(publicKey: Uint8Array): PublicJwk {
  const { object, type } = parsePublicKey(publicKey)
  if (type === 'ML-DSA-44' || type === 'ML-DSA-65' || type === 'ML-DSA-87') {
    // The raw key is the end of its SubjectPublicKeyInfo, FIPS 204.
    return { kty: 'AKP', alg: type, pub: encodeBase64url(publicKey.subarray(-RAW_KEYS[type].length)) }
  }
  const { kty, crv, n, e, x, y } = object.export({ format: 'jwk' })
  if (kty === 'RSA') return { kty, n: n!, e: e! }
  if (kty === 'OKP') return { kty, crv: 'Ed25519', x: x! }
  return { kty: 'EC', crv: crv as 'P-256', x: x!, y: y! }
}
