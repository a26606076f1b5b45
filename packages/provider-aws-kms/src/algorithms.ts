import type { KeySpec, SigningAlgorithmSpec } from '@aws-sdk/client-kms'
import type { Accepts, AlgorithmId, KeyDescriptor, KeyType } from '@sealwright/core'

/** The most bytes that KMS takes of a message with `MessageType` RAW. */
const RAW_MAX = 4096

const DIGEST: Accepts = { digest: true, message: RAW_MAX }

/**
 * Pure Ed25519 takes the message only. `ED25519_PH_SHA_512` is left out: with it KMS makes Ed25519ph signatures of its own
 * hash of the digest, which no algorithm of the table is.
 */
const MESSAGE: Accepts = { message: RAW_MAX }

const MU: Accepts = { mu: true, message: RAW_MAX }

interface Row {
  readonly name: SigningAlgorithmSpec
  readonly accepts: Accepts
}

const ROWS: Readonly<Record<AlgorithmId, Row>> = {
  RS256: { name: 'RSASSA_PKCS1_V1_5_SHA_256', accepts: DIGEST },
  RS384: { name: 'RSASSA_PKCS1_V1_5_SHA_384', accepts: DIGEST },
  RS512: { name: 'RSASSA_PKCS1_V1_5_SHA_512', accepts: DIGEST },
  PS256: { name: 'RSASSA_PSS_SHA_256', accepts: DIGEST },
  PS384: { name: 'RSASSA_PSS_SHA_384', accepts: DIGEST },
  PS512: { name: 'RSASSA_PSS_SHA_512', accepts: DIGEST },
  ES256: { name: 'ECDSA_SHA_256', accepts: DIGEST },
  ES384: { name: 'ECDSA_SHA_384', accepts: DIGEST },
  ES512: { name: 'ECDSA_SHA_512', accepts: DIGEST },
  ES256K: { name: 'ECDSA_SHA_256', accepts: DIGEST },
  Ed25519: { name: 'ED25519_SHA_512', accepts: MESSAGE },
  'ML-DSA-44': { name: 'ML_DSA_SHAKE_256', accepts: MU },
  'ML-DSA-65': { name: 'ML_DSA_SHAKE_256', accepts: MU },
  'ML-DSA-87': { name: 'ML_DSA_SHAKE_256', accepts: MU },
}

const RSA: readonly AlgorithmId[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

const TYPES: Readonly<
  Record<KeyType, { readonly spec: KeySpec; readonly algorithms: readonly AlgorithmId[] }>
> = {
  'RSA-2048': { spec: 'RSA_2048', algorithms: RSA },
  'RSA-3072': { spec: 'RSA_3072', algorithms: RSA },
  'RSA-4096': { spec: 'RSA_4096', algorithms: RSA },
  'EC-P256': { spec: 'ECC_NIST_P256', algorithms: ['ES256'] },
  'EC-P384': { spec: 'ECC_NIST_P384', algorithms: ['ES384'] },
  'EC-P521': { spec: 'ECC_NIST_P521', algorithms: ['ES512'] },
  'EC-secp256k1': { spec: 'ECC_SECG_P256K1', algorithms: ['ES256K'] },
  Ed25519: { spec: 'ECC_NIST_EDWARDS25519', algorithms: ['Ed25519'] },
  'ML-DSA-44': { spec: 'ML_DSA_44', algorithms: ['ML-DSA-44'] },
  'ML-DSA-65': { spec: 'ML_DSA_65', algorithms: ['ML-DSA-65'] },
  'ML-DSA-87': { spec: 'ML_DSA_87', algorithms: ['ML-DSA-87'] },
}

export function keySpecOf(type: KeyType): KeySpec {
  return TYPES[type].spec
}

/** The type that a `KeySpec` of KMS names; `undefined` for one that signs with nothing we know. */
export function typeOf(spec: string): KeyType | undefined {
  return (Object.keys(TYPES) as KeyType[]).find(type => TYPES[type].spec === spec)
}

/** KMS's name of an algorithm. */
export function signingAlgorithm(id: AlgorithmId): SigningAlgorithmSpec {
  return ROWS[id].name
}

/** What a key of this type may sign with, of the algorithms that KMS lists for it. */
export function acceptedBy(type: KeyType, listed: readonly string[]): KeyDescriptor['algorithms'] {
  const ids = TYPES[type].algorithms.filter(id => listed.includes(ROWS[id].name))
  return Object.fromEntries(ids.map(id => [id, ROWS[id].accepts]))
}
