import {
  constants,
  createVerify,
  KeyObject,
  type Verify,
  type VerifyKeyObjectInput,
  verify,
} from 'node:crypto'
import { type Algorithm, type AlgorithmId, algorithms, isAlgorithmId } from './algorithm.ts'
import { ecdsaToDer, isEcdsaInRange } from './encoding/ecdsa.ts'
import { SealwrightError } from './errors.ts'
import { parsePublicKey, publicKeyType, signatureLength } from './public-key.ts'

/**
 * Returns whether `signature` is the signature of `message` under `publicKey`, strictly: ECDSA as r‖s of the exact
 * length with both in 1..n-1, RSA as long as the modulus of at least 2048 bits, PSS with a salt as long as the digest.
 *
 * @param publicKey - DER SubjectPublicKeyInfo, or a public `KeyObject`, which saves parsing when a key is used often.
 * @returns `false` only for a bad signature.
 * @throws {@link SealwrightError} `VALIDATION` when the key is unusable or of another type than the algorithm signs with;
 * `UNSUPPORTED` when the running Node.js lacks the algorithm.
 *
 * @example
 * ```ts
 * import { type Signer, verifySignature } from '@sealwright/core'
 *
 * declare const signer: Signer
 * const message = new TextEncoder().encode('hello')
 * const { bytes, algorithm } = await signer.sign(message)
 * verifySignature(algorithm, signer.key.publicKey, message, bytes) // true
 * ```
 */
export function verifySignature(
  algorithm: AlgorithmId,
  publicKey: Uint8Array | KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!isAlgorithmId(algorithm)) throw new SealwrightError('VALIDATION', 'the signature algorithm is unknown')
  const row = algorithms[algorithm]
  const key = publicKey instanceof KeyObject ? publicKey : parsePublicKey(publicKey).object
  if (key.type !== 'public')
    throw new SealwrightError('VALIDATION', 'the key to verify with is not a public key')
  assertAgrees(row, key)
  return verifyWith(row, key, message, signature)
}

/** As {@link verifySignature}, for a key known to agree with the algorithm. */
export function verifyWith(
  algorithm: Algorithm,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!isWellFormed(algorithm, key, signature)) return false
  return verify(algorithm.hash ?? null, message, keyFor(algorithm, key), forNode(algorithm, signature))
}

/** A verifier of a hashed message that is fed piece by piece. */
export interface MessageVerifier {
  update(bytes: Uint8Array): void
  /** Must be called once at most. */
  verify(signature: Uint8Array): boolean
}

export function messageVerifier(algorithm: Algorithm & { hash: string }, key: KeyObject): MessageVerifier {
  const verifier: Verify = createVerify(algorithm.hash)
  return {
    update: bytes => {
      verifier.update(bytes)
    },
    verify: signature =>
      isWellFormed(algorithm, key, signature) &&
      verifier.verify(keyFor(algorithm, key), forNode(algorithm, signature)),
  }
}

/** Returns the key with the padding and salt of PSS; without options Node verifies PKCS #1 v1.5. */
function keyFor({ family, digestLength }: Algorithm, key: KeyObject): KeyObject | VerifyKeyObjectInput {
  if (family !== 'RSASSA-PSS') return key
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: digestLength! }
}

/** Without options Node reads an ECDSA signature as DER. */
function forNode(algorithm: Algorithm, signature: Uint8Array): Uint8Array {
  return algorithm.family === 'ECDSA' ? ecdsaToDer(signature) : signature
}

/** OpenSSL takes an RSA-PSS signature that lacks leading zeros, and other libraries do not: lengths are checked here. */
function isWellFormed(algorithm: Algorithm, key: KeyObject, signature: Uint8Array): boolean {
  if (signature.length !== signatureLength(algorithm, key)) return false
  return algorithm.family !== 'ECDSA' || isEcdsaInRange(signature, algorithm.keyTypes[0]!)
}

function assertAgrees(algorithm: Algorithm, key: KeyObject): void {
  const type = publicKeyType(key)
  // RSA of a size that nothing here signs with has no type, and still verifies.
  if (type === undefined ? algorithm.keyTypes[0]!.startsWith('RSA-') : algorithm.keyTypes.includes(type))
    return
  throw new SealwrightError(
    'VALIDATION',
    `${algorithm.id} does not verify with a key of type ${type ?? 'RSA'}`,
    {
      fix: `${algorithm.id} needs ${algorithm.keyTypes.join(', ')}`,
    },
  )
}
