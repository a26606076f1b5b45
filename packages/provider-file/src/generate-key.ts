import { generateKeyPair, type KeyObject } from 'node:crypto'
import { type KeyType, SealwrightError } from '@sealwright/core'

const CURVES: Readonly<Partial<Record<KeyType, string>>> = {
  'EC-P256': 'prime256v1',
  'EC-P384': 'secp384r1',
  'EC-P521': 'secp521r1',
  'EC-secp256k1': 'secp256k1',
}

const RSA_BITS: Readonly<Partial<Record<KeyType, number>>> = {
  'RSA-2048': 2048,
  'RSA-3072': 3072,
  'RSA-4096': 4096,
}

const OTHERS: Readonly<Partial<Record<KeyType, 'ed25519' | 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'>>> = {
  Ed25519: 'ed25519',
  'ML-DSA-44': 'ml-dsa-44',
  'ML-DSA-65': 'ml-dsa-65',
  'ML-DSA-87': 'ml-dsa-87',
}

/**
 * Makes a private key, in Node's thread pool.
 *
 * @throws {@link SealwrightError} `VALIDATION` for an unknown type; `UNSUPPORTED` for ML-DSA where this Node.js has none.
 */
export function generateKey(type: KeyType): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _publicKey: KeyObject, privateKey: KeyObject) => {
      if (error) reject(error)
      else resolve(privateKey)
    }
    const namedCurve = CURVES[type]
    const modulusLength = RSA_BITS[type]
    const other = OTHERS[type]
    if (namedCurve !== undefined) return generateKeyPair('ec', { namedCurve }, done)
    if (modulusLength !== undefined) return generateKeyPair('rsa', { modulusLength }, done)
    if (other === undefined) {
      throw new SealwrightError('VALIDATION', `there is no key type ${JSON.stringify(type)}`, {
        fix: `give one of: ${[CURVES, RSA_BITS, OTHERS].flatMap(Object.keys).join(', ')}`,
      })
    }
    try {
      generateKeyPair(other as 'ed25519', undefined, done)
    } catch (cause) {
      throw new SealwrightError('UNSUPPORTED', `this Node.js cannot make a key of type ${type}`, {
        why: `Node.js ${process.version} with OpenSSL ${process.versions.openssl}`,
        fix: 'use Node.js 24 or later',
        cause,
      })
    }
  })
}
