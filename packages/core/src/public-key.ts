import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Algorithm, KeyType } from './algorithm.ts'
import { SealwrightError } from './errors.ts'
import { isMlDsa } from './ml-dsa.ts'

/** A parsed SubjectPublicKeyInfo. */
export interface PublicKey {
  readonly object: KeyObject
  /** Absent for an RSA key of a size that nothing here signs with; such a key may still verify. */
  readonly type?: KeyType
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
 * @throws {@link SealwrightError} `VALIDATION` for what is no such encoding or a weak RSA key; `UNSUPPORTED` for another
 * kind of key, and for ML-DSA where the running Node.js has none.
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
