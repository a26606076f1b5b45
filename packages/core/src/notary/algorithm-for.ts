import type { AlgorithmId, KeyType } from '../algorithm.ts'
import { SealwrightError } from '../errors.ts'
import type { KeyDescriptor } from '../key.ts'
import { keyType } from '../public-key.ts'

/** Notary Project signature specification, "Signature Algorithm Requirements": one algorithm a key type, no other. */
const PRESCRIBED: Readonly<Partial<Record<KeyType, AlgorithmId>>> = {
  'RSA-2048': 'PS256',
  'RSA-3072': 'PS384',
  'RSA-4096': 'PS512',
  'EC-P256': 'ES256',
  'EC-P384': 'ES384',
  'EC-P521': 'ES512',
}

/** Parsing a public key costs a third of a P-256 signature; a signer asks at every one. */
const known = /* @__PURE__ */ new WeakMap<KeyDescriptor, AlgorithmId>()

/**
 * The algorithm that the Notary Project prescribes for a key.
 *
 * @throws {@link SealwrightError} `VALIDATION`, naming the key types that it has an algorithm for; `UNSUPPORTED` for a
 *   public key of no type that we know.
 */
export function notaryAlgorithmFor(key: KeyDescriptor): AlgorithmId {
  const found = known.get(key)
  if (found !== undefined) return found
  const type = keyType(key.publicKey)
  const algorithm = PRESCRIBED[type]
  if (algorithm === undefined) {
    throw new SealwrightError('VALIDATION', `Notary Project signatures are not made with ${type} keys`, {
      why: 'the specification prescribes an algorithm for some key types only',
      fix: `use one of ${Object.keys(PRESCRIBED).join(', ')}`,
    })
  }
  known.set(key, algorithm)
  return algorithm
}

/** Whether the Notary Project prescribes `algorithm` for any key. */
export function isNotaryAlgorithm(algorithm: AlgorithmId): boolean {
  return Object.values(PRESCRIBED).includes(algorithm)
}
