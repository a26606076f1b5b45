import { hash } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'
import {
  DER_TAGS,
  type DerValue,
  der,
  derBitString,
  derBoolean,
  derOctetString,
  derSequence,
  derSmallInteger,
  readDer,
} from '@sealwright/core/encoding'
import { nameOfOid, readOid } from './oids.ts'

export interface Extension {
  /** Dotted decimal. */
  readonly oid: string
  readonly critical: boolean
  /** The contents of extnValue: the DER of the extension's own type. */
  readonly value: Uint8Array
}

/**
 * Reads `Extensions` (RFC 5280, section 4.1).
 *
 * @throws {@link SealwrightError} `VALIDATION`, also for an extension that is there twice.
 */
export function readExtensions(value: DerValue | undefined, label: string): readonly Extension[] {
  return readExtensionList(derSequence(value, label), label)
}

/** As {@link readExtensions}, for the elements of a list that is tagged otherwise. */
export function readExtensionList(elements: readonly DerValue[], label: string): readonly Extension[] {
  const extensions = elements.map(element => readExtension(element, label))
  const seen = new Set<string>()
  for (const { oid } of extensions) {
    if (seen.has(oid))
      throw new SealwrightError('VALIDATION', `${label}: extension ${nameOfOid(oid)} is there twice`)
    seen.add(oid)
  }
  return extensions
}

function readExtension(value: DerValue, label: string): Extension {
  const fields = derSequence(value, label)
  const oid = readOid(fields.shift(), label)
  // An explicit FALSE is not DER, and yet in certificates of large authorities; every reader in use takes it.
  const critical = fields[0]?.tag === DER_TAGS.boolean && derBoolean(fields.shift(), label)
  const contents = derOctetString(fields.shift(), label)
  if (fields.length > 0)
    throw new SealwrightError('VALIDATION', `${label}: extension ${nameOfOid(oid)} has too many parts`)
  return { oid, critical, value: contents }
}

export function encodeExtensions(extensions: readonly Extension[]): Uint8Array {
  return der.sequence(
    ...extensions.map(({ oid, critical, value }) =>
      der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value)),
    ),
  )
}

export interface BasicConstraints {
  readonly ca: boolean
  /** How many CA certificates may stand between this one and the leaf; absent: any number. */
  readonly pathLength?: number
}

/** RFC 5280, section 4.2.1.9. */
export function readBasicConstraints(value: Uint8Array, label: string): BasicConstraints {
  const fields = derSequence(readDer(value, label), label)
  // An explicit FALSE is not DER, and yet common; every reader in use takes it.
  const ca = fields[0]?.tag === DER_TAGS.boolean && derBoolean(fields.shift(), label)
  const limit = fields.shift()
  if (fields.length > 0)
    throw new SealwrightError('VALIDATION', `${label}: basicConstraints has too many parts`)
  if (limit === undefined) return { ca }
  const pathLength = derSmallInteger(limit, label)
  if (pathLength < 0) {
    throw new SealwrightError('VALIDATION', `${label}: the path length of basicConstraints is negative`)
  }
  return { ca, pathLength }
}

export function encodeBasicConstraints({ ca, pathLength }: BasicConstraints): Uint8Array {
  return der.sequence(
    ...(ca ? [der.boolean(true)] : []),
    ...(pathLength === undefined ? [] : [der.integer(pathLength)]),
  )
}

/** The bits of keyUsage (RFC 5280, section 4.2.1.3), in their order. */
export type KeyUsageBit = (typeof BITS)[number]

const BITS = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

/** The bits that are set. Trailing zero bits, which DER has cut off, are taken: real certificates have them. */
export function readKeyUsage(value: Uint8Array, label: string): readonly KeyUsageBit[] {
  const { bytes } = derBitString(readDer(value, label), label)
  return BITS.filter((_, index) => ((bytes[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0)
}

export function encodeKeyUsage(bits: readonly KeyUsageBit[]): Uint8Array {
  const last = BITS.findLastIndex(bit => bits.includes(bit))
  const bytes = new Uint8Array((last + 8) >> 3)
  for (const bit of bits) {
    const index = BITS.indexOf(bit)
    bytes[index >> 3]! |= 0x80 >> (index & 7)
  }
  return der.bitString(bytes, (8 - ((last + 1) & 7)) & 7)
}

/**
 * The identifier that certificates made here give a key: the leftmost 20 bytes of SHA-256 over the bits of
 * subjectPublicKey (RFC 7093, section 2, method 1).
 *
 * @param spki - DER SubjectPublicKeyInfo.
 */
export function keyIdentifier(spki: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', subjectPublicKey(spki), 'buffer').subarray(0, 20))
}

/** The bits of subjectPublicKey. */
export function subjectPublicKey(spki: Uint8Array): Uint8Array {
  const [, bits] = derSequence(readDer(spki, 'public key'), 'public key')
  return derBitString(bits, 'public key').bytes
}

/** RFC 5280, section 4.2.1.2. */
export function readSubjectKeyIdentifier(value: Uint8Array, label: string): Uint8Array {
  return derOctetString(readDer(value, label), label)
}

/** The keyIdentifier of an AuthorityKeyIdentifier (RFC 5280, section 4.2.1.1), if it has one. */
export function readAuthorityKeyIdentifier(value: Uint8Array, label: string): Uint8Array | undefined {
  return derSequence(readDer(value, label), label).find(({ tag }) => tag === 0x80)?.contents
}

export function encodeAuthorityKeyIdentifier(identifier: Uint8Array): Uint8Array {
  return der.sequence(der.implicit(0, der.octetString(identifier)))
}
