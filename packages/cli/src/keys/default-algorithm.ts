import {
  type AlgorithmId,
  algorithms,
  isSealwrightError,
  type KeyDescriptor,
  type KeyType,
} from '@sealwright/core'
import { notaryJws } from '@sealwright/notary'
import { certificateSigningAlgorithm } from '@sealwright/x509'
import { usageError } from '../runtime/usage.ts'

/** What a key signs with where nothing else says so: what the Notary Project prescribes, else what suits its type. */
export function defaultAlgorithm(key: KeyDescriptor): AlgorithmId {
  const accepted = Object.keys(key.algorithms) as AlgorithmId[]
  if (accepted.length === 1) return accepted[0] as AlgorithmId
  try {
    return notaryJws.envelope.algorithmFor(key)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return certificateSigningAlgorithm(key)
  }
}

const TYPE_OF: Readonly<Record<AlgorithmId, KeyType>> = {
  RS256: 'RSA-3072',
  RS384: 'RSA-3072',
  RS512: 'RSA-3072',
  PS256: 'RSA-2048',
  PS384: 'RSA-3072',
  PS512: 'RSA-4096',
  ES256: 'EC-P256',
  ES384: 'EC-P384',
  ES512: 'EC-P521',
  ES256K: 'EC-secp256k1',
  Ed25519: 'Ed25519',
  'ML-DSA-44': 'ML-DSA-44',
  'ML-DSA-65': 'ML-DSA-65',
  'ML-DSA-87': 'ML-DSA-87',
}

/** The type of a key to be made, from what was said of it. Throws `VALIDATION` where the two do not fit. */
export function typeFor(type: KeyType | undefined, algorithm: AlgorithmId | undefined): KeyType {
  if (type === undefined) return algorithm === undefined ? 'EC-P256' : TYPE_OF[algorithm]
  if (algorithm === undefined || algorithms[algorithm].keyTypes.includes(type)) return type
  const fitting = Object.values(algorithms).filter(row => row.keyTypes.includes(type))
  throw usageError(`a key of type ${type} does not sign with ${algorithm}`, {
    why: `it signs with ${fitting.map(({ id }) => id).join(', ')}`,
    fix: `--type ${TYPE_OF[algorithm]}, or leave one of the two out`,
  })
}
