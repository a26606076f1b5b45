import { type Accepts, type AlgorithmId, algorithms, type KeyType } from '@sealwright/core'
import { CKF, CKG_MGF1, CKM, CKR } from './constants.ts'
import { rvOf } from './failure.ts'
import type { Mechanism, Pkcs11Module } from './module.ts'

/** How an algorithm is asked for. */
export interface SigningMechanism {
  readonly mechanism: Mechanism
  readonly input: 'digest' | 'message'
  /** Goes before the digest: the DigestInfo of RSASSA-PKCS1-v1_5 up to it (RFC 8017, section 9.2, note 1). */
  readonly prefix?: Buffer | undefined
}

/** A token does not say how much it takes; this is what the signer holds at most. */
const MAX_MESSAGE = 64 * 2 ** 20

/** CK_RSA_PKCS_PSS_PARAMS, to pkcs11js. */
const PSS_PARAMETERS = 5

const HASH = { sha256: 32, sha384: 48, sha512: 64 } as const

const DIGEST_INFO = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
} as const

type Hash = keyof typeof HASH

/** The bare mechanism first: the digest is short, and made where the message is. */
function pkcs1(hash: Hash, hashed: number): readonly SigningMechanism[] {
  return [
    { mechanism: { mechanism: CKM.rsaPkcs }, input: 'digest', prefix: DIGEST_INFO[hash] },
    { mechanism: { mechanism: hashed }, input: 'message' },
  ]
}

function pss(hash: Hash, hashed: number): readonly SigningMechanism[] {
  const parameter = {
    type: PSS_PARAMETERS,
    hashAlg: CKM[hash],
    mgf: CKG_MGF1[hash],
    saltLen: HASH[hash],
  }
  return [
    { mechanism: { mechanism: CKM.rsaPss, parameter }, input: 'digest' },
    { mechanism: { mechanism: hashed, parameter }, input: 'message' },
  ]
}

function ecdsa(hashed: number): readonly SigningMechanism[] {
  return [
    { mechanism: { mechanism: CKM.ecdsa }, input: 'digest' },
    { mechanism: { mechanism: hashed }, input: 'message' },
  ]
}

function ofMessage(mechanism: number): readonly SigningMechanism[] {
  return [{ mechanism: { mechanism }, input: 'message' }]
}

/** One row an algorithm; the first that the token can do counts. */
const MECHANISMS: Readonly<Record<AlgorithmId, readonly SigningMechanism[]>> = {
  RS256: pkcs1('sha256', CKM.sha256RsaPkcs),
  RS384: pkcs1('sha384', CKM.sha384RsaPkcs),
  RS512: pkcs1('sha512', CKM.sha512RsaPkcs),
  PS256: pss('sha256', CKM.sha256RsaPss),
  PS384: pss('sha384', CKM.sha384RsaPss),
  PS512: pss('sha512', CKM.sha512RsaPss),
  ES256: ecdsa(CKM.ecdsaSha256),
  ES384: ecdsa(CKM.ecdsaSha384),
  ES512: ecdsa(CKM.ecdsaSha512),
  ES256K: ecdsa(CKM.ecdsaSha256),
  Ed25519: ofMessage(CKM.eddsa),
  'ML-DSA-44': ofMessage(CKM.mlDsa),
  'ML-DSA-65': ofMessage(CKM.mlDsa),
  'ML-DSA-87': ofMessage(CKM.mlDsa),
}

export type SigningMechanisms = ReadonlyMap<AlgorithmId, SigningMechanism>

/**
 * How a key of a type signs on a token.
 *
 * @param allowed - CKA_ALLOWED_MECHANISMS of the key, where it has them.
 */
export function signingMechanisms(
  api: Pkcs11Module,
  slot: Buffer,
  type: KeyType,
  allowed: readonly number[] | undefined,
): SigningMechanisms {
  const can = memoised(mechanism => canDo(api, slot, mechanism, CKF.sign))
  const rows = Object.values(algorithms).filter(({ keyTypes }) => keyTypes.includes(type))
  return new Map(
    rows.flatMap(({ id }) => {
      const usable = MECHANISMS[id].find(
        ({ mechanism: { mechanism } }) => (allowed?.includes(mechanism) ?? true) && can(mechanism),
      )
      return usable === undefined ? [] : [[id, usable] as const]
    }),
  )
}

/** Whether the token lists a mechanism for a use, one of {@link CKF}. */
export function canDo(api: Pkcs11Module, slot: Buffer, mechanism: number, use: number): boolean {
  try {
    return (api.C_GetMechanismInfo(slot, mechanism).flags & use) !== 0
  } catch (error) {
    if (rvOf(error) === CKR.mechanismInvalid) return false
    throw error
  }
}

/** What to declare of each algorithm. */
export function acceptsOf(mechanisms: SigningMechanisms): Readonly<Partial<Record<AlgorithmId, Accepts>>> {
  return Object.fromEntries(
    Array.from(mechanisms, ([id, { input }]) => [
      id,
      input === 'digest' ? { digest: true } : { message: MAX_MESSAGE },
    ]),
  )
}

function memoised<T>(ask: (key: number) => T): (key: number) => T {
  const known = new Map<number, T>()
  return key => {
    if (!known.has(key)) known.set(key, ask(key))
    return known.get(key)!
  }
}
