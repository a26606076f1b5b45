import { createPublicKey, type KeyObject } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'
import {
  derBitString,
  derInteger,
  derOid,
  derSequence,
  derUnsigned,
  encodePem,
  readDer,
} from '@sealwright/core/encoding'
import { OID } from './oids.ts'

/** What a SubjectPublicKeyInfo says of its key, as far as the certificate rules ask. */
export type PublicKeyKind =
  | { readonly kind: 'RSA'; readonly bits: number }
  | { readonly kind: 'EC'; readonly curve: 'P-224' | 'P-256' | 'P-384' | 'P-521' }
  | { readonly kind: 'Ed25519' }
  /** Any other key, and a known one in an encoding that is not accepted; `name` says which. */
  | { readonly kind: 'other'; readonly name: string }

const CURVES = {
  '1.3.132.0.33': { curve: 'P-224', coordinateLength: 28 },
  '1.2.840.10045.3.1.7': { curve: 'P-256', coordinateLength: 32 },
  '1.3.132.0.34': { curve: 'P-384', coordinateLength: 48 },
  '1.3.132.0.35': { curve: 'P-521', coordinateLength: 66 },
} as const

const OTHER_NAMES: Readonly<Record<string, string>> = {
  [OID.rsassaPss]: 'an RSA key restricted to PSS',
  [OID.mlDsa44]: 'an ML-DSA-44 key',
  [OID.mlDsa65]: 'an ML-DSA-65 key',
  [OID.mlDsa87]: 'an ML-DSA-87 key',
  '1.3.132.0.10': 'an EC key on secp256k1',
  '1.3.101.113': 'an Ed448 key',
  '1.2.840.10040.4.1': 'a DSA key',
}

/**
 * Reads the kind and size of a public key from its encoding.
 *
 * @param spki - DER SubjectPublicKeyInfo.
 * @throws {@link SealwrightError} `VALIDATION` if it is not a SubjectPublicKeyInfo.
 */
export function publicKeyKind(spki: Uint8Array, label: string = 'public key'): PublicKeyKind {
  const [identifier, bits] = derSequence(readDer(spki, label), label)
  const [oidValue, parameters] = derSequence(identifier, label)
  const oid = derOid(oidValue, label)
  const { bytes, unusedBits } = derBitString(bits, label)
  if (unusedBits !== 0) throw new SealwrightError('VALIDATION', `${label}: it is not a whole number of bytes`)
  if (oid === OID.rsaEncryption) {
    if (parameters?.tag !== 0x05) return { kind: 'other', name: 'an RSA key without its NULL parameters' }
    const [modulus, exponent] = derSequence(readDer(bytes, label), label)
    if (derInteger(exponent, label) < 3n)
      return { kind: 'other', name: 'an RSA key with an exponent below 3' }
    return { kind: 'RSA', bits: bitLength(derUnsigned(modulus, label)) }
  }
  if (oid === OID.ecPublicKey) {
    if (parameters?.tag !== 0x06) return { kind: 'other', name: 'an EC key with explicit parameters' }
    const curveOid = derOid(parameters, label)
    const row = Object.hasOwn(CURVES, curveOid) ? CURVES[curveOid as keyof typeof CURVES] : undefined
    if (row === undefined)
      return { kind: 'other', name: OTHER_NAMES[curveOid] ?? `an EC key on curve ${curveOid}` }
    const uncompressed = bytes[0] === 0x04 && bytes.length === 1 + 2 * row.coordinateLength
    return uncompressed
      ? { kind: 'EC', curve: row.curve }
      : { kind: 'other', name: 'an EC key with a compressed point' }
  }
  if (oid === OID.Ed25519 && parameters === undefined) return { kind: 'Ed25519' }
  return { kind: 'other', name: OTHER_NAMES[oid] ?? `a key of algorithm ${oid}` }
}

function bitLength(magnitude: Uint8Array): number {
  return 8 * magnitude.length - (Math.clz32(magnitude[0]!) - 24)
}

/** By their PEM, the keys used last: tokens of one time-stamp authority bring the same key again and again. */
const keys = /* @__PURE__ */ new Map<string, KeyObject>()
const MAX_KEYS = 64
/** No algorithm in use has keys as large; one that is larger is not kept. */
const MAX_KEPT_CHARACTERS = 4096

/**
 * The key of a SubjectPublicKeyInfo for `node:crypto`.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a key that is unsound, or that the running Node.js does not know.
 */
export function publicKeyObject(spki: Uint8Array): KeyObject {
  const pem = encodePem('PUBLIC KEY', spki)
  const key = keys.get(pem) ?? makeKey(pem)
  keys.delete(pem)
  if (pem.length <= MAX_KEPT_CHARACTERS) keys.set(pem, key)
  if (keys.size > MAX_KEYS) keys.delete(keys.keys().next().value!)
  return key
}

/** From PEM: given an object, Node throws and catches four errors to find out that it is neither a KeyObject nor a CryptoKey. */
function makeKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw new SealwrightError('VALIDATION', 'the public key of the certificate cannot be used', {
      why: `Node.js ${process.version} does not read it as a SubjectPublicKeyInfo`,
      cause,
    })
  }
}
