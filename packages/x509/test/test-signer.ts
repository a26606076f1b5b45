import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  type Accepts,
  type AlgorithmId,
  algorithms,
  type KeyProvider,
  openSigner,
  type Signer,
} from '@sealwright/core'

/** What `generateKeyPairSync` is asked for. */
export type TestKey =
  | 'rsa2048'
  | 'p256'
  | 'p384'
  | 'p521'
  | 'p224'
  | 'secp256k1'
  | 'ed25519'
  | 'ml-dsa-44'
  | 'ml-dsa-65'

/** Node.js 22 has no ML-DSA. */
export const hasMlDsa: boolean = canMake('ml-dsa-65')

const EC = { p256: 'P-256', p384: 'P-384', p521: 'P-521', p224: 'P-224', secp256k1: 'secp256k1' } as const

export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly spki: Uint8Array
}

export function makeKey(type: TestKey): KeyPair {
  const pair =
    type === 'rsa2048'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : type in EC
        ? generateKeyPairSync('ec', { namedCurve: EC[type as keyof typeof EC] })
        : generateKeyPairSync(type as 'ed25519')
  return { ...pair, spki: new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' })) }
}

/** A store of one key that takes messages, as a KMS for these algorithms would. */
export function signerOf(key: KeyPair, algorithm: AlgorithmId): Promise<Signer> {
  return openSigner(storeOf(key, { [algorithm]: { message: 65_536 } }), 'test:key', { algorithm })
}

function storeOf(key: KeyPair, accepted: Partial<Record<AlgorithmId, Accepts>>): KeyProvider {
  return {
    contract: 1,
    name: 'test',
    schemes: ['test'],
    permissions: {},
    canonical: reference => reference,
    classify: () => undefined,
    open: async reference => ({
      key: { reference, publicKey: key.spki, algorithms: accepted, protection: 'software' },
      signRaw: async ({ algorithm, bytes }) => ({
        encoding: algorithm.family === 'ECDSA' ? 'der' : 'raw',
        bytes: new Uint8Array(
          sign(algorithm.hash ?? null, bytes, { key: key.privateKey, ...padding(algorithm.id) }),
        ),
      }),
    }),
  }
}

function padding(id: AlgorithmId) {
  const { family, digestLength } = algorithms[id]
  if (family !== 'RSASSA-PSS') return {}
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: digestLength! }
}

function canMake(type: string): boolean {
  try {
    generateKeyPairSync(type as 'ed25519')
    return true
  } catch {
    return false
  }
}
