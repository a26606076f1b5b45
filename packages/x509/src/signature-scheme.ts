import { constants, type KeyObject, verify } from 'node:crypto'
import type { Algorithm } from '@sealwright/core'
import {
  type DerValue,
  der,
  derExplicit,
  derNull,
  derOid,
  derSequence,
  derSmallInteger,
  readDer,
} from '@sealwright/core/encoding'
import { OID } from './oids.ts'

/** How a certificate or request is signed: what an AlgorithmIdentifier says, if it is one of those that are accepted. */
export interface SignatureScheme {
  /** As its standard calls it: `sha256WithRSAEncryption`, `RSASSA-PSS with SHA-384`. */
  readonly name: string
  readonly oid: string
  readonly family: Algorithm['family']
  /** As `node:crypto` names it; absent where the message itself is signed. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512'
}

type Hash = NonNullable<SignatureScheme['hash']>

const HASH_OIDS: Readonly<Record<Hash, string>> = {
  sha256: OID.sha256,
  sha384: OID.sha384,
  sha512: OID.sha512,
}
const SALT_LENGTH: Readonly<Record<Hash, number>> = { sha256: 32, sha384: 48, sha512: 64 }

/** One row a scheme; PSS has three that share an OID and differ in their parameters. */
const SCHEMES: readonly SignatureScheme[] = [
  {
    name: 'sha256WithRSAEncryption',
    oid: '1.2.840.113549.1.1.11',
    family: 'RSASSA-PKCS1-v1_5',
    hash: 'sha256',
  },
  {
    name: 'sha384WithRSAEncryption',
    oid: '1.2.840.113549.1.1.12',
    family: 'RSASSA-PKCS1-v1_5',
    hash: 'sha384',
  },
  {
    name: 'sha512WithRSAEncryption',
    oid: '1.2.840.113549.1.1.13',
    family: 'RSASSA-PKCS1-v1_5',
    hash: 'sha512',
  },
  { name: 'RSASSA-PSS with SHA-256', oid: OID.rsassaPss, family: 'RSASSA-PSS', hash: 'sha256' },
  { name: 'RSASSA-PSS with SHA-384', oid: OID.rsassaPss, family: 'RSASSA-PSS', hash: 'sha384' },
  { name: 'RSASSA-PSS with SHA-512', oid: OID.rsassaPss, family: 'RSASSA-PSS', hash: 'sha512' },
  { name: 'ecdsa-with-SHA256', oid: '1.2.840.10045.4.3.2', family: 'ECDSA', hash: 'sha256' },
  { name: 'ecdsa-with-SHA384', oid: '1.2.840.10045.4.3.3', family: 'ECDSA', hash: 'sha384' },
  { name: 'ecdsa-with-SHA512', oid: '1.2.840.10045.4.3.4', family: 'ECDSA', hash: 'sha512' },
  { name: 'Ed25519', oid: OID.Ed25519, family: 'Ed25519' },
  { name: 'ML-DSA-44', oid: OID.mlDsa44, family: 'ML-DSA' },
  { name: 'ML-DSA-65', oid: OID.mlDsa65, family: 'ML-DSA' },
  { name: 'ML-DSA-87', oid: OID.mlDsa87, family: 'ML-DSA' },
]

const BROKEN: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'md2WithRSAEncryption',
  '1.2.840.113549.1.1.4': 'md5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.3.14.3.2.29': 'sha1WithRSASignature',
  '1.2.840.10045.4.1': 'ecdsa-with-SHA1',
  '1.2.840.10040.4.3': 'dsa-with-sha1',
}

/** The scheme of an AlgorithmIdentifier (whole DER element), or the reason why it is none that is accepted. */
export function signatureSchemeOf(identifier: Uint8Array): SignatureScheme | { readonly refused: string } {
  const [oidValue, parameters] = readDer(identifier, 'signature algorithm').children()
  const oid = derOid(oidValue, 'signature algorithm')
  if (BROKEN[oid] !== undefined) return { refused: `${BROKEN[oid]} is broken` }
  const rows = SCHEMES.filter(row => row.oid === oid)
  if (rows.length === 0) return { refused: `signature algorithm ${oid} is unknown` }
  if (oid === OID.rsassaPss) {
    const hash = pssHash(parameters)
    return (
      rows.find(row => row.hash === hash) ?? {
        refused: 'RSASSA-PSS has parameters other than SHA-2 with MGF1 of it and a salt of its length',
      }
    )
  }
  const [row] = rows as [SignatureScheme]
  // RFC 4055 demands NULL for PKCS #1; readers in use, Go's among them, take its absence too.
  const sound = parameters === undefined || (row.family === 'RSASSA-PKCS1-v1_5' && parameters.tag === 0x05)
  return sound ? row : { refused: `${row.name} has parameters` }
}

/**
 * The one hash of RSASSA-PSS-params (RFC 4055, section 3.1) that has MGF1 with the same hash, a salt of its length and
 * the default trailer: what Go accepts. `undefined` for all else.
 */
function pssHash(parameters: DerValue | undefined): Hash | undefined {
  const label = 'RSASSA-PSS parameters'
  try {
    const [hash, mask, salt, trailer] = [0, 1, 2, 3].map(number => {
      const field = derSequence(parameters, label).find(({ tag }) => tag === (0xa0 | number))
      return field && derExplicit(field, number, label)
    })
    const name = hashOf(hash)
    const [maskOid, maskHash] = derSequence(mask, label)
    const sound =
      name !== undefined &&
      derOid(maskOid, label) === OID.mgf1 &&
      hashOf(maskHash) === name &&
      derSmallInteger(salt, label) === SALT_LENGTH[name] &&
      (trailer === undefined || derSmallInteger(trailer, label) === 1)
    return sound ? name : undefined
  } catch {
    return undefined
  }
}

function hashOf(identifier: DerValue | undefined): Hash | undefined {
  const [oidValue, parameters] = derSequence(identifier, 'hash algorithm')
  if (parameters !== undefined) derNull(parameters, 'hash algorithm')
  const oid = derOid(oidValue, 'hash algorithm')
  return (Object.keys(HASH_OIDS) as Hash[]).find(name => HASH_OIDS[name] === oid)
}

/** The AlgorithmIdentifier for signatures of `algorithm`. */
export function encodeSignatureAlgorithm(algorithm: Algorithm): Uint8Array {
  const row = SCHEMES.find(
    ({ family, hash, name }) =>
      family === algorithm.family &&
      hash === algorithm.hash &&
      (family !== 'ML-DSA' || name === algorithm.id),
  )!
  if (row.family === 'RSASSA-PKCS1-v1_5') return der.sequence(der.oid(row.oid), der.nul())
  if (row.family !== 'RSASSA-PSS') return der.sequence(der.oid(row.oid))
  const hash = der.sequence(der.oid(HASH_OIDS[row.hash!]), der.nul())
  const parameters = der.sequence(
    der.explicit(0, hash),
    der.explicit(1, der.sequence(der.oid(OID.mgf1), hash)),
    der.explicit(2, der.integer(SALT_LENGTH[row.hash!])),
  )
  return der.sequence(der.oid(row.oid), parameters)
}

const KEY_KINDS: Readonly<
  Record<SignatureScheme['family'], (kind: string, scheme: SignatureScheme) => boolean>
> = {
  'RSASSA-PKCS1-v1_5': kind => kind === 'rsa',
  'RSASSA-PSS': kind => kind === 'rsa',
  ECDSA: kind => kind === 'ec',
  Ed25519: kind => kind === 'ed25519',
  'ML-DSA': (kind, scheme) => kind === scheme.name.toLowerCase(),
}

/**
 * Whether `signature`, as X.509 encodes it (ECDSA in DER), is one of `message` under `key`. A key of another kind than
 * the scheme's verifies nothing.
 */
export function verifyWithScheme(
  scheme: SignatureScheme,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!KEY_KINDS[scheme.family](key.asymmetricKeyType ?? '', scheme)) return false
  const padding =
    scheme.family === 'RSASSA-PKCS1-v1_5'
      ? { padding: constants.RSA_PKCS1_PADDING }
      : scheme.family === 'RSASSA-PSS'
        ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_LENGTH[scheme.hash!] }
        : {}
  return verify(scheme.hash ?? null, message, { key, ...padding }, signature)
}
