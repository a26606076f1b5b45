import type { DerValue } from './der.ts'
import { invalid } from './invalid.ts'
import { decodeUtf8 } from './utf8.ts'

/** Identifier octets of the universal types that certificates and tokens use. */
export const DER_TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nul: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** The contents of `value`, which must have exactly this identifier octet. Every reader below starts here. */
export function derContents(value: DerValue | undefined, tag: number, label: string): Uint8Array {
  if (value?.tag !== tag)
    throw invalid(label, `DER tag 0x${hex(tag)} expected, ${value ? `0x${hex(value.tag)}` : 'nothing'} found`)
  return value.contents
}

/** The elements of a SEQUENCE. */
export function derSequence(value: DerValue | undefined, label: string): DerValue[] {
  derContents(value, DER_TAGS.sequence, label)
  return value!.children()
}

/** The elements of a SET. Their order is not checked: signed names in use have it wrong. */
export function derSet(value: DerValue | undefined, label: string): DerValue[] {
  derContents(value, DER_TAGS.set, label)
  return value!.children()
}

/** The one element within the explicit context tag `[number]`. */
export function derExplicit(value: DerValue | undefined, number: number, label: string): DerValue {
  derContents(value, 0xa0 | number, label)
  const [inner, ...more] = value!.children()
  if (inner === undefined || more.length > 0) throw invalid(label, `not one element within [${number}]`)
  return inner
}

export function derBoolean(value: DerValue | undefined, label: string): boolean {
  const contents = derContents(value, DER_TAGS.boolean, label)
  if (contents.length !== 1 || (contents[0] !== 0 && contents[0] !== 0xff))
    throw invalid(label, 'DER BOOLEAN malformed')
  return contents[0] === 0xff
}

export function derNull(value: DerValue | undefined, label: string): null {
  if (derContents(value, DER_TAGS.nul, label).length > 0) throw invalid(label, 'DER NULL malformed')
  return null
}

/** A signed integer of any size, in the fewest bytes. */
export function derInteger(value: DerValue | undefined, label: string): bigint {
  const contents = integerContents(value, label)
  const magnitude = BigInt(`0x${Buffer.from(contents).toString('hex')}`)
  return contents[0]! & 0x80 ? magnitude - (1n << BigInt(8 * contents.length)) : magnitude
}

/** The magnitude of an integer that must not be negative, big-endian without leading zeros; zero is one zero byte. */
export function derUnsigned(value: DerValue | undefined, label: string): Uint8Array {
  const contents = integerContents(value, label)
  if (contents[0]! & 0x80) throw invalid(label, 'DER INTEGER negative')
  return contents.length > 1 && contents[0] === 0 ? contents.subarray(1) : contents
}

/** An integer that fits a JavaScript number. */
export function derSmallInteger(value: DerValue | undefined, label: string): number {
  const number = Number(derInteger(value, label))
  if (!Number.isSafeInteger(number)) throw invalid(label, 'DER INTEGER too large')
  return number
}

function integerContents(value: DerValue | undefined, label: string): Uint8Array {
  const contents = derContents(value, DER_TAGS.integer, label)
  const [first, second] = contents
  const padded =
    second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  if (first === undefined || padded) throw invalid(label, 'DER INTEGER not in the fewest bytes')
  return contents
}

/** An object identifier in dotted decimal. */
export function derOid(value: DerValue | undefined, label: string): string {
  const contents = derContents(value, DER_TAGS.oid, label)
  const arcs: bigint[] = []
  let arc = 0n
  let fresh = true
  if (contents.length > 64) throw invalid(label, 'DER OBJECT IDENTIFIER too long')
  for (const byte of contents) {
    if (fresh && byte === 0x80) throw invalid(label, 'DER OBJECT IDENTIFIER malformed')
    arc = (arc << 7n) | BigInt(byte & 0x7f)
    fresh = byte < 0x80
    if (fresh) {
      arcs.push(arc)
      arc = 0n
    }
  }
  const [first] = arcs
  if (first === undefined || !fresh) throw invalid(label, 'DER OBJECT IDENTIFIER malformed')
  const top = first < 80n ? first / 40n : 2n
  return [top, first - 40n * top, ...arcs.slice(1)].join('.')
}

export interface DerBits {
  readonly bytes: Uint8Array
  /** Unused bits at the end of the last byte, 0 to 7; they are zero. */
  readonly unusedBits: number
}

export function derBitString(value: DerValue | undefined, label: string): DerBits {
  const contents = derContents(value, DER_TAGS.bitString, label)
  const [unusedBits] = contents
  const bytes = contents.subarray(1)
  const last = bytes.at(-1)
  const sound =
    unusedBits !== undefined &&
    unusedBits < 8 &&
    (last === undefined ? unusedBits === 0 : (last & ((1 << unusedBits) - 1)) === 0)
  if (!sound) throw invalid(label, 'DER BIT STRING malformed')
  return { bytes, unusedBits }
}

export function derOctetString(value: DerValue | undefined, label: string): Uint8Array {
  return derContents(value, DER_TAGS.octetString, label)
}

/** Text of any of the string types that names use. */
export function derText(value: DerValue | undefined, label: string): string {
  switch (value?.tag) {
    case DER_TAGS.utf8String:
      return decodeUtf8(value.contents, label)
    case DER_TAGS.printableString:
      // X.680 has neither "*" nor "&"; certificates in use do, and Go reads them.
      return ascii(value.contents, /^[A-Za-z0-9 '()+,\-./:=?*&]*$/, label)
    case DER_TAGS.numericString:
      return ascii(value.contents, /^[0-9 ]*$/, label)
    case DER_TAGS.ia5String:
      // biome-ignore lint/suspicious/noControlCharactersInRegex: IA5String is all of ASCII.
      return ascii(value.contents, /^[\u0000-\u007f]*$/, label)
    case DER_TAGS.visibleString:
      return ascii(value.contents, /^[ -~]*$/, label)
    case DER_TAGS.teletexString:
      return latin1(value.contents)
    case DER_TAGS.bmpString:
      return utf16(value.contents, label)
    default:
      throw invalid(label, 'DER text expected')
  }
}

function ascii(contents: Uint8Array, alphabet: RegExp, label: string): string {
  const text = latin1(contents)
  if (!alphabet.test(text)) throw invalid(label, 'character outside the DER string type')
  return text
}

function latin1(contents: Uint8Array): string {
  return Buffer.from(contents).toString('latin1')
}

function utf16(contents: Uint8Array, label: string): string {
  if (contents.length % 2 !== 0) throw invalid(label, 'DER BMPString of odd length')
  const text = Buffer.from(contents).swap16().toString('utf16le')
  if (/[\ud800-\udfff]/.test(text)) throw invalid(label, 'surrogate in a DER BMPString')
  return text
}

function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0')
}
