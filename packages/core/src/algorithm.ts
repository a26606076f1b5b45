/** A key's type: what it is, before it is decided what it signs with. Names follow `key create --type`. */
export type KeyType =
  | 'RSA-2048'
  | 'RSA-3072'
  | 'RSA-4096'
  | 'EC-P256'
  | 'EC-P384'
  | 'EC-P521'
  | 'EC-secp256k1'
  | 'Ed25519'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87'

/** A fully specified signature algorithm (RFC 7518, RFC 8812, RFC 9864, RFC 9964); never "EdDSA", never "RSA". */
export type AlgorithmId =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'ES256K'
  | 'Ed25519'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87'

/** All that is known about one algorithm: the only place that describes it, beside the adapters' own maps. */
export interface Algorithm {
  readonly id: AlgorithmId
  readonly family: 'RSASSA-PKCS1-v1_5' | 'RSASSA-PSS' | 'ECDSA' | 'Ed25519' | 'ML-DSA'
  /** The key types it signs with. */
  readonly keyTypes: readonly KeyType[]
  /** The hash of the message as `node:crypto` names it; absent where the algorithm takes the message itself. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512' | undefined
  /** Length of the digest in bytes; for RSASSA-PSS also the length of the salt. */
  readonly digestLength?: number | undefined
  /** ECDSA only: bytes of each of r and s. */
  readonly coordinateLength?: number | undefined
  /** Length of a signature in bytes; absent for RSA, where it is the length of the modulus. */
  readonly signatureLength?: number | undefined
  /** COSE algorithm identifier (IANA). */
  readonly cose: number
}

const RSA: readonly KeyType[] = ['RSA-2048', 'RSA-3072', 'RSA-4096']
const SHA2 = { sha256: 32, sha384: 48, sha512: 64 } as const

function rsa(
  id: AlgorithmId,
  family: 'RSASSA-PKCS1-v1_5' | 'RSASSA-PSS',
  hash: keyof typeof SHA2,
  cose: number,
): Algorithm {
  return Object.freeze({ id, family, keyTypes: RSA, hash, digestLength: SHA2[hash], cose })
}

function ecdsa(
  id: AlgorithmId,
  {
    keyType,
    hash,
    coordinateLength,
    cose,
  }: {
    readonly keyType: KeyType
    readonly hash: keyof typeof SHA2
    readonly coordinateLength: number
    readonly cose: number
  },
): Algorithm {
  return Object.freeze({
    id,
    family: 'ECDSA',
    keyTypes: [keyType],
    hash,
    digestLength: SHA2[hash],
    coordinateLength,
    signatureLength: 2 * coordinateLength,
    cose,
  })
}

function mlDsa(id: AlgorithmId & KeyType, signatureLength: number, cose: number): Algorithm {
  return Object.freeze({ id, family: 'ML-DSA', keyTypes: [id], signatureLength, cose })
}

/** The algorithm table, keyed by id. COSE identifiers: IANA "COSE Algorithms" (RFC 9053, 8812, 9864, 9964). */
export const algorithms: Readonly<Record<AlgorithmId, Algorithm>> = Object.freeze({
  RS256: rsa('RS256', 'RSASSA-PKCS1-v1_5', 'sha256', -257),
  RS384: rsa('RS384', 'RSASSA-PKCS1-v1_5', 'sha384', -258),
  RS512: rsa('RS512', 'RSASSA-PKCS1-v1_5', 'sha512', -259),
  PS256: rsa('PS256', 'RSASSA-PSS', 'sha256', -37),
  PS384: rsa('PS384', 'RSASSA-PSS', 'sha384', -38),
  PS512: rsa('PS512', 'RSASSA-PSS', 'sha512', -39),
  ES256: ecdsa('ES256', { keyType: 'EC-P256', hash: 'sha256', coordinateLength: 32, cose: -7 }),
  ES384: ecdsa('ES384', { keyType: 'EC-P384', hash: 'sha384', coordinateLength: 48, cose: -35 }),
  ES512: ecdsa('ES512', { keyType: 'EC-P521', hash: 'sha512', coordinateLength: 66, cose: -36 }),
  ES256K: ecdsa('ES256K', { keyType: 'EC-secp256k1', hash: 'sha256', coordinateLength: 32, cose: -47 }),
  Ed25519: Object.freeze<Algorithm>({
    id: 'Ed25519',
    family: 'Ed25519',
    keyTypes: ['Ed25519'],
    signatureLength: 64,
    cose: -19,
  }),
  'ML-DSA-44': mlDsa('ML-DSA-44', 2420, -48),
  'ML-DSA-65': mlDsa('ML-DSA-65', 3309, -49),
  'ML-DSA-87': mlDsa('ML-DSA-87', 4627, -50),
})

/** Whether `id` names a row of {@link algorithms}. */
export function isAlgorithmId(id: string): id is AlgorithmId {
  return Object.hasOwn(algorithms, id)
}
