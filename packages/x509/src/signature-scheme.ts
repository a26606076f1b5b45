import { constants, hash, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto'
import { type Algorithm, type CallOptions, SealwrightError, type Signer } from '@sealwright/core'
import {
  type DerValue,
  der,
  derExplicit,
  derNull,
  derOid,
  derSequence,
  derSmallInteger,
  ecdsaToDer,
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
  readonly hash?: HashAlgorithm
}

/** A hash function of SHA-2, as `node:crypto` names it. */
export type HashAlgorithm = 'sha256' | 'sha384' | 'sha512'

const HASH_OIDS: Readonly<Record<HashAlgorithm, string>> = {
  sha256: OID.sha256,
  sha384: OID.sha384,
  sha512: OID.sha512,
}
/** In bytes; the salt of RSASSA-PSS is as long as its hash. */
export const HASH_LENGTH: Readonly<Record<HashAlgorithm, number>> = { sha256: 32, sha384: 48, sha512: 64 }

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
function pssHash(parameters: DerValue | undefined): HashAlgorithm | undefined {
  const label = 'RSASSA-PSS parameters'
  try {
    const [hash, mask, salt, trailer] = [0, 1, 2, 3].map(number => {
      const field = derSequence(parameters, label).find(({ tag }) => tag === (0xa0 | number))
      return field && derExplicit(field, number, label)
    })
    const name = readHashAlgorithm(hash, label)
    const [maskOid, maskHash] = derSequence(mask, label)
    const sound =
      name !== undefined &&
      derOid(maskOid, label) === OID.mgf1 &&
      readHashAlgorithm(maskHash, label) === name &&
      derSmallInteger(salt, label) === HASH_LENGTH[name] &&
      (trailer === undefined || derSmallInteger(trailer, label) === 1)
    return sound ? name : undefined
  } catch {
    return undefined
  }
}

/**
 * The hash of an AlgorithmIdentifier; `undefined` for any but SHA-256, SHA-384 and SHA-512.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what is malformed, and for parameters other than NULL.
 */
export function readHashAlgorithm(
  identifier: DerValue | undefined,
  label: string,
): HashAlgorithm | undefined {
  const [oidValue, parameters, ...more] = derSequence(identifier, label)
  const oid = derOid(oidValue, label)
  if (parameters !== undefined) derNull(parameters, label)
  if (more.length > 0)
    throw new SealwrightError('VALIDATION', `${label}: an AlgorithmIdentifier has more than two parts`)
  return (Object.keys(HASH_OIDS) as HashAlgorithm[]).find(name => HASH_OIDS[name] === oid)
}

/** The AlgorithmIdentifier of a hash, as {@link readHashAlgorithm} takes it. */
export function encodeHashAlgorithm(hash: HashAlgorithm): Uint8Array {
  return der.sequence(der.oid(HASH_OIDS[hash]), der.nul())
}

/**
 * The scheme of a signature in CMS, whose digest algorithm is told apart from that of the signature: both must be one, or
 * the latter be `rsaEncryption`, which names no hash (RFC 8933, section 2; RFC 3370, section 3.2).
 */
export function cmsSignatureScheme(
  identifier: Uint8Array,
  hash: HashAlgorithm,
): SignatureScheme | { readonly refused: string } {
  const [oid, parameters, ...more] = readDer(identifier, 'signature algorithm').children()
  if (derOid(oid, 'signature algorithm') === OID.rsaEncryption) {
    if (parameters !== undefined && (parameters.tag !== 0x05 || more.length > 0))
      return { refused: 'rsaEncryption has parameters' }
    return SCHEMES.find(row => row.family === 'RSASSA-PKCS1-v1_5' && row.hash === hash)!
  }
  const scheme = signatureSchemeOf(identifier)
  if ('refused' in scheme || scheme.hash === hash) return scheme
  return { refused: `${scheme.name} signs a digest of ${hash}` }
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
  const hash = encodeHashAlgorithm(row.hash!)
  const parameters = der.sequence(
    der.explicit(0, hash),
    der.explicit(1, der.sequence(der.oid(OID.mgf1), hash)),
    der.explicit(2, der.integer(HASH_LENGTH[row.hash!])),
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
  const input = verifyInput(scheme, key)
  return input !== undefined && verify(scheme.hash ?? null, message, input, signature)
}

/** As {@link verifyWithScheme}, beside the event loop: for messages of many MiB. */
export function verifyLargeWithScheme(
  scheme: SignatureScheme,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const input = verifyInput(scheme, key)
  if (input === undefined) return Promise.resolve(false)
  return new Promise((resolve, reject) => {
    verify(scheme.hash ?? null, message, input, signature, (error, holds) =>
      error ? reject(error) : resolve(holds),
    )
  })
}

/** Without options Node verifies PKCS #1 v1.5, and reads an ECDSA signature as DER. */
function verifyInput(scheme: SignatureScheme, key: KeyObject): KeyObject | VerifyKeyObjectInput | undefined {
  if (!KEY_KINDS[scheme.family](key.asymmetricKeyType ?? '', scheme)) return undefined
  if (scheme.family !== 'RSASSA-PSS') return key
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: HASH_LENGTH[scheme.hash!] }
}

/** Whether `digest` is that of `message`. */
export function isDigestOf(message: Uint8Array, digest: Uint8Array, algorithm: HashAlgorithm): boolean {
  return Buffer.compare(hash(algorithm, message, 'buffer'), digest) === 0
}

/**
 * `SIGNED` (RFC 5280, appendix A): what is to be signed, the algorithm and the signature, made by the signer over the
 * bytes as a message.
 */
export async function signedDer(
  toBeSigned: Uint8Array,
  signer: Signer,
  options?: CallOptions,
): Promise<Uint8Array> {
  const { bytes } = await signer.sign(toBeSigned, options)
  const signature = signer.algorithm.family === 'ECDSA' ? ecdsaToDer(bytes) : bytes
  return der.sequence(toBeSigned, encodeSignatureAlgorithm(signer.algorithm), der.bitString(signature))
}
