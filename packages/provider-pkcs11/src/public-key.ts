import { X509Certificate } from 'node:crypto'
import { type KeyType, SealwrightError } from '@sealwright/core'
import { spkiOf } from '@sealwright/core/adapter'
import { der, readDer } from '@sealwright/core/encoding'
import { CKA, CKK, CKO } from './constants.ts'
import type { Pkcs11Module } from './module.ts'
import { attribute, tokenObjects } from './objects.ts'
import { readUlong } from './ulong.ts'

/** Reads one attribute of the object at hand. */
type Read = (type: number) => Buffer | undefined

const OID = {
  rsa: '1.2.840.113549.1.1.1',
  ec: '1.2.840.10045.2.1',
  ed25519: '1.3.101.112',
} as const

/** `edwards25519`, as PKCS#11 3.0 names the curve beside its OID. */
const EDWARDS_NAME = der.printableString('edwards25519')
const EDWARDS_OID = der.oid(OID.ed25519)

/** By CKA_PARAMETER_SET. */
const ML_DSA: Readonly<Record<number, KeyType>> = { 1: 'ML-DSA-44', 2: 'ML-DSA-65', 3: 'ML-DSA-87' }

export interface PrivateKeyObject {
  readonly object: Buffer
  readonly id: Buffer
  readonly label: string
  /** CKA_KEY_TYPE. */
  readonly keyType: number
}

/**
 * The public key of a private one as DER SubjectPublicKeyInfo: from its CKO_PUBLIC_KEY, else from the private key's own
 * attributes, else from a certificate, all by CKA_ID (by label where that is empty).
 *
 * It is a claim of the token, as everything here: the signer verifies each signature under it.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` where the token does not tell, or for a kind of key that is not known here;
 * `INTEGRITY` for attributes that cannot be.
 */
export function publicKeyOf(api: Pkcs11Module, session: Buffer, key: PrivateKeyObject): Uint8Array {
  const named = key.id.length > 0 ? { id: key.id } : { label: key.label }
  const reader =
    (object: Buffer): Read =>
    type =>
      attribute(api, session, object, type)
  const ofType = (read: Read) => readUlong(read(CKA.keyType) ?? Buffer.alloc(0)) === key.keyType
  // Ids should be unique and are not always: the label tells pairs apart that share one.
  const labelled = key.id.length > 0 && key.label !== '' ? { ...named, label: key.label } : named
  const objects = [labelled, named].flatMap(each => tokenObjects(api, session, CKO.publicKey, each))
  for (const read of objects.map(reader)) {
    if (ofType(read)) return fromAttributes(key.keyType, read) ?? fromInfo(read) ?? throwBroken()
  }
  const own = reader(key.object)
  const spki = fromAttributes(key.keyType, own) ?? fromInfo(own)
  if (spki !== undefined) return spki
  for (const object of tokenObjects(api, session, CKO.certificate, named)) {
    const value = reader(object)(CKA.value)
    if (value !== undefined) return fromCertificate(value)
  }
  throw new SealwrightError('UNSUPPORTED', 'the token does not reveal the public key of the private key', {
    why: 'it holds neither a public key nor a certificate of the same CKA_ID',
    fix: 'write the public key or the certificate to the token, with the CKA_ID of the private key',
  })
}

function fromAttributes(keyType: number, read: Read): Uint8Array | undefined {
  switch (keyType) {
    case CKK.rsa:
      return rsa(read)
    case CKK.ec:
      return ec(read)
    case CKK.ecEdwards:
      return edwards(read)
    case CKK.mlDsa:
      return mlDsa(read)
    default:
      throw new SealwrightError(
        'UNSUPPORTED',
        `a key of CKA_KEY_TYPE 0x${keyType.toString(16)} is not supported`,
        {
          fix: 'use RSA, EC, Ed25519 or ML-DSA',
        },
      )
  }
}

function rsa(read: Read): Uint8Array | undefined {
  const modulus = read(CKA.modulus)
  const exponent = read(CKA.publicExponent)
  if (!modulus?.length || !exponent?.length) return undefined
  const key = der.sequence(der.integer(modulus), der.integer(exponent))
  return spki([der.oid(OID.rsa), der.nul()], key)
}

function ec(read: Read): Uint8Array | undefined {
  const parameters = read(CKA.ecParams)
  const point = read(CKA.ecPoint)
  if (!parameters?.length || !point?.length) return undefined
  // Some modules keep Edwards keys under CKK_EC.
  if (EDWARDS_OID.every((byte, index) => byte === parameters[index])) return edwards(read)
  return spki(
    [der.oid(OID.ec), der.raw(parameters)],
    unwrapped(point, bytes => bytes.length % 2 === 1),
  )
}

function edwards(read: Read): Uint8Array | undefined {
  const parameters = read(CKA.ecParams)
  const point = read(CKA.ecPoint)
  if (!point?.length) return undefined
  if (parameters !== undefined && !parameters.equals(EDWARDS_OID) && !parameters.equals(EDWARDS_NAME)) {
    throw new SealwrightError(
      'UNSUPPORTED',
      'an Edwards key on another curve than edwards25519 is not supported',
    )
  }
  return rawKey(
    'Ed25519',
    unwrapped(point, bytes => bytes.length === 32),
  )
}

function mlDsa(read: Read): Uint8Array | undefined {
  const value = read(CKA.value)
  const set = read(CKA.parameterSet)
  if (!value?.length || set === undefined) return undefined
  const type = ML_DSA[readUlong(set)]
  if (type === undefined) throw broken()
  return rawKey(type, value)
}

/** CKA_PUBLIC_KEY_INFO, of PKCS#11 3.0 on. */
function fromInfo(read: Read): Uint8Array | undefined {
  const info = read(CKA.publicKeyInfo)
  return info?.length ? Uint8Array.from(info) : undefined
}

function fromCertificate(value: Buffer): Uint8Array {
  try {
    return Uint8Array.from(new X509Certificate(value).publicKey.export({ type: 'spki', format: 'der' }))
  } catch (cause) {
    throw broken(cause)
  }
}

/** A point: bare, or in the OCTET STRING that PKCS#11 asks for (a BIT STRING in drafts of 3.0). */
function unwrapped(point: Buffer, isPoint: (bytes: Uint8Array) => boolean): Uint8Array {
  const inner = contentsOf(point)
  // An uncompressed point begins with 04, the tag of an OCTET STRING, but its next byte is not its length.
  if (inner !== undefined && isPoint(inner)) return inner
  if (isPoint(point)) return point
  throw broken()
}

function contentsOf(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== 0x04 && bytes[0] !== 0x03) return undefined
  try {
    const { tag, contents } = readDer(bytes, 'CKA_EC_POINT')
    return tag === 0x03 ? contents.subarray(1) : contents
  } catch {
    // Then it is not wrapped.
    return undefined
  }
}

function rawKey(type: KeyType, raw: Uint8Array): Uint8Array {
  try {
    return spkiOf(type, raw)
  } catch (cause) {
    throw broken(cause)
  }
}

function spki(algorithm: readonly Uint8Array[], key: Uint8Array): Uint8Array {
  return der.sequence(der.sequence(...algorithm), der.bitString(key))
}

function throwBroken(): never {
  throw broken()
}

function broken(cause?: unknown): SealwrightError {
  return new SealwrightError('INTEGRITY', 'the token returned an impossible public key', {
    why: 'its attributes do not make one',
    cause,
  })
}
