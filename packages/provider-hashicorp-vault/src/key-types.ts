import { type Accepts, type Algorithm, type AlgorithmId, algorithms, type KeyType } from '@sealwright/core'

/**
 * Most bytes of a message: Vault since 1.19 takes JSON strings of 1 MiB (`max_json_string_value_length`), and base64 makes
 * four of three.
 */
const MAX_MESSAGE = 786_432

const TYPES: Readonly<Record<string, KeyType>> = {
  'rsa-2048': 'RSA-2048',
  'rsa-3072': 'RSA-3072',
  'rsa-4096': 'RSA-4096',
  'ecdsa-p256': 'EC-P256',
  'ecdsa-p384': 'EC-P384',
  'ecdsa-p521': 'EC-P521',
  ed25519: 'Ed25519',
}

const HASHES = { sha256: 'sha2-256', sha384: 'sha2-384', sha512: 'sha2-512' } as const

/** What transit calls a type of key; ML-DSA (Vault Enterprise) is one name with a parameter set. */
export interface TransitType {
  readonly type: string
  readonly parameter_set?: string | undefined
}

/** Our name of a key type that transit reports; `undefined` for one that we do not sign with. */
export function keyTypeOf({ type, parameter_set }: TransitType): KeyType | undefined {
  if (Object.hasOwn(TYPES, type)) return TYPES[type]
  const set = type === 'ml-dsa' ? `ml-dsa-${parameter_set}` : type
  return /^ml-dsa-(?:44|65|87)$/.test(set) ? (set.toUpperCase() as KeyType) : undefined
}

/** Transit's name of a key type; `undefined` for one it does not have (secp256k1). */
export function transitTypeOf(type: KeyType): TransitType | undefined {
  const set = /^ML-DSA-(\d\d)$/.exec(type)?.[1]
  if (set !== undefined) return { type: 'ml-dsa', parameter_set: set }
  const name = Object.keys(TYPES).find(each => TYPES[each] === type)
  return name === undefined ? undefined : { type: name }
}

/** RSA and ECDSA take digests; Ed25519 and ML-DSA the message (transit ignores `prehashed` for Ed25519). */
export function acceptsOf(type: KeyType): Readonly<Partial<Record<AlgorithmId, Accepts>>> {
  const rows = Object.values(algorithms).filter(({ keyTypes }) => keyTypes.includes(type))
  return Object.fromEntries(
    rows.map(({ id, hash }) => [id, hash === undefined ? { message: MAX_MESSAGE } : { digest: true }]),
  )
}

/**
 * The members of a `sign` request that say how. All are given, because the defaults are others: SHA-256 whatever the
 * curve, and a PSS salt of the greatest length. `asn1` is the marshaling documented for every curve.
 */
export function signParameters({ family, hash }: Algorithm): Readonly<Record<string, string | boolean>> {
  if (hash === undefined) return {}
  const prehashed = { prehashed: true, hash_algorithm: HASHES[hash] }
  switch (family) {
    case 'RSASSA-PSS':
      return { ...prehashed, signature_algorithm: 'pss', salt_length: 'hash' }
    case 'RSASSA-PKCS1-v1_5':
      return { ...prehashed, signature_algorithm: 'pkcs1v15' }
    default:
      return { ...prehashed, marshaling_algorithm: 'asn1' }
  }
}
