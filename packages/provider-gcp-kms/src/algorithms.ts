import {
  type Accepts,
  type AlgorithmId,
  type KeyDescriptor,
  type KeySpec,
  type KeyType,
  SealwrightError,
} from '@sealwright/core'

/**
 * The most bytes of a message that Cloud KMS signs itself. Google does not say it in the API; its own client of Tink
 * holds to it.
 */
const MESSAGE_MAX = 64 * 1024

/** What is sent for a digest, a message or μ. */
type Input =
  /** The digest; Cloud KMS pads. */
  | 'digest'
  /** A `DigestInfo` as data; Cloud KMS puts PKCS #1 padding around it and does not look inside. */
  | 'digestInfo'
  | 'message'
  | 'mu'

/** One algorithm of Cloud KMS. A key version has exactly one. */
export interface Row {
  readonly name: string
  readonly type: KeyType
  readonly ids: readonly AlgorithmId[]
  readonly input: Input
}

function rsa(padding: 'PKCS1' | 'PSS', bits: 2048 | 3072 | 4096, hash: 256 | 512): Row {
  return {
    name: `RSA_SIGN_${padding}_${bits}_SHA${hash}`,
    type: `RSA-${bits}`,
    ids: [`${padding === 'PSS' ? 'PS' : 'RS'}${hash}`],
    input: 'digest',
  }
}

function rawRsa(bits: 2048 | 3072 | 4096): Row {
  return {
    name: `RSA_SIGN_RAW_PKCS1_${bits}`,
    type: `RSA-${bits}`,
    ids: ['RS256', 'RS384', 'RS512'],
    input: 'digestInfo',
  }
}

function one(name: string, type: KeyType, id: AlgorithmId, input: Input): Row {
  return { name, type, ids: [id], input }
}

/** The algorithms of Cloud KMS that are in our table. SLH-DSA is not, nor are MACs, KEMs and encryption. */
const ROWS: readonly Row[] = [
  rsa('PKCS1', 2048, 256),
  rsa('PKCS1', 3072, 256),
  rsa('PKCS1', 4096, 256),
  rsa('PKCS1', 4096, 512),
  rsa('PSS', 2048, 256),
  rsa('PSS', 3072, 256),
  rsa('PSS', 4096, 256),
  rsa('PSS', 4096, 512),
  rawRsa(2048),
  rawRsa(3072),
  rawRsa(4096),
  one('EC_SIGN_P256_SHA256', 'EC-P256', 'ES256', 'digest'),
  one('EC_SIGN_P384_SHA384', 'EC-P384', 'ES384', 'digest'),
  one('EC_SIGN_SECP256K1_SHA256', 'EC-secp256k1', 'ES256K', 'digest'),
  one('EC_SIGN_ED25519', 'Ed25519', 'Ed25519', 'message'),
  one('PQ_SIGN_ML_DSA_44', 'ML-DSA-44', 'ML-DSA-44', 'message'),
  one('PQ_SIGN_ML_DSA_65', 'ML-DSA-65', 'ML-DSA-65', 'message'),
  one('PQ_SIGN_ML_DSA_87', 'ML-DSA-87', 'ML-DSA-87', 'message'),
  one('PQ_SIGN_ML_DSA_44_EXTERNAL_MU', 'ML-DSA-44', 'ML-DSA-44', 'mu'),
  one('PQ_SIGN_ML_DSA_65_EXTERNAL_MU', 'ML-DSA-65', 'ML-DSA-65', 'mu'),
  one('PQ_SIGN_ML_DSA_87_EXTERNAL_MU', 'ML-DSA-87', 'ML-DSA-87', 'mu'),
]

/** `undefined` for an algorithm that signs nothing we know. */
export function rowOf(algorithm: unknown): Row | undefined {
  return ROWS.find(({ name }) => name === algorithm)
}

/** Its public key comes in the formats of FIPS 203 to 205, and has no PEM with every version of the service. */
export function isPostQuantum(algorithm: unknown): boolean {
  return typeof algorithm === 'string' && algorithm.startsWith('PQ_')
}

/** Refuses an algorithm that is not in the table, naming it. */
export function signingRow(name: string, algorithm: unknown): Row {
  const row = rowOf(algorithm)
  if (row !== undefined) return row
  throw new SealwrightError('UNSUPPORTED', `${name} is not a key to sign with here`, {
    why: `its algorithm is ${describeAlgorithm(algorithm)}`,
    fix: 'use a key of RSA_SIGN, EC_SIGN or PQ_SIGN_ML_DSA',
  })
}

/** Enumerators are numbers where the SDK does not know them yet. */
export function describeAlgorithm(algorithm: unknown): string {
  return /^[A-Z0-9_]{1,64}$/.test(String(algorithm)) ? String(algorithm) : 'none'
}

export function acceptedBy(row: Row, protection: KeyDescriptor['protection']): KeyDescriptor['algorithms'] {
  return Object.fromEntries(row.ids.map(id => [id, acceptsOf(row, protection)]))
}

function acceptsOf({ input }: Row, protection: KeyDescriptor['protection']): Accepts {
  if (input === 'mu') return { mu: true }
  // External key managers are given the data and hash it themselves.
  if (input === 'message' || (input === 'digest' && protection === 'external'))
    return { message: MESSAGE_MAX }
  return { digest: true }
}

/**
 * The algorithm of a new key. RSA keys of Cloud KMS have one padding and one hash for ever, so that it must be said.
 *
 * @throws {@link SealwrightError} `VALIDATION` where it must be, `UNSUPPORTED` for what Cloud KMS does not offer.
 */
export function algorithmFor({ type, algorithm }: Pick<KeySpec, 'type' | 'algorithm'>): string {
  const rows = ROWS.filter(row => row.type === type && (row.input === 'digest' || row.input === 'message'))
  const choices = rows.flatMap(({ ids }) => ids)
  if (rows.length === 0) {
    throw new SealwrightError('UNSUPPORTED', `Cloud KMS has no keys of type ${type}`, {
      fix: `choose one of ${[...new Set(ROWS.map(row => row.type))].join(', ')}`,
    })
  }
  if (algorithm === undefined) {
    const [row] = rows
    if (rows.length === 1) return row!.name
    throw new SealwrightError('VALIDATION', `the algorithm of a new ${type} key must be given`, {
      why: 'Cloud KMS binds a key to one algorithm when it is made',
      fix: `give one of: ${choices.join(', ')}`,
    })
  }
  const row = rows.find(({ ids }) => ids.includes(algorithm))
  if (row !== undefined) return row.name
  throw new SealwrightError('UNSUPPORTED', `Cloud KMS makes no ${type} keys for ${algorithm}`, {
    why: `it makes them for ${choices.join(', ')}`,
    fix: 'choose another algorithm, or another type of key',
  })
}
