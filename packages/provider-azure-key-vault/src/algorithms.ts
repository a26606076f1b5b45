import type { Accepts, AlgorithmId, KeyDescriptor, KeyType } from '@sealwright/core'

/** Key Vault signs digests only. */
const DIGEST: Accepts = { digest: true }

/** Key Vault's names of algorithms are those of the table (RFC 7518, RFC 8812). PSS salts are as long as the digest. */
const RSA: readonly AlgorithmId[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

interface Row {
  readonly algorithms: readonly AlgorithmId[]
  /** What `create` asks for, but for `-HSM` behind the type. */
  readonly kty: 'RSA' | 'EC'
  readonly keySize?: number | undefined
  readonly curve?: string | undefined
}

const ROWS: Readonly<Partial<Record<KeyType, Row>>> = {
  'RSA-2048': { algorithms: RSA, kty: 'RSA', keySize: 2048 },
  'RSA-3072': { algorithms: RSA, kty: 'RSA', keySize: 3072 },
  'RSA-4096': { algorithms: RSA, kty: 'RSA', keySize: 4096 },
  'EC-P256': { algorithms: ['ES256'], kty: 'EC', curve: 'P-256' },
  'EC-P384': { algorithms: ['ES384'], kty: 'EC', curve: 'P-384' },
  'EC-P521': { algorithms: ['ES512'], kty: 'EC', curve: 'P-521' },
  'EC-secp256k1': { algorithms: ['ES256K'], kty: 'EC', curve: 'P-256K' },
}

/** `undefined` for a type that Key Vault does not make. */
export function rowOf(type: KeyType): Row | undefined {
  return ROWS[type]
}

export function acceptedBy(type: KeyType): KeyDescriptor['algorithms'] {
  return Object.fromEntries((ROWS[type]?.algorithms ?? []).map(id => [id, DIGEST]))
}
