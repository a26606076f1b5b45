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

/**
 * Returns the contents of `value`, which must have exactly this identifier octet. Every reader below starts here.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag.
 */
export function derContents(value: DerValue | undefined, tag: number, label: string): Uint8Array {
  if (value?.tag !== tag)
    throw invalid(label, `DER tag 0x${hex(tag)} expected, ${value ? `0x${hex(value.tag)}` : 'nothing'} found`)
  return value.contents
}

/**
 * Returns the elements of a SEQUENCE.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag and malformed elements.
 */
export function derSequence(value: DerValue | undefined, label: string): DerValue[] {
  derContents(value, DER_TAGS.sequence, label)
  return value!.children()
}

/**
 * Returns the elements of a SET. Their order is not checked: signed names in use have it wrong.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag and malformed elements.
 */
export function derSet(value: DerValue | undefined, label: string): DerValue[] {
  derContents(value, DER_TAGS.set, label)
  return value!.children()
}

/**
 * Returns the one element within the explicit context tag `[number]`.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, and for none or several elements.
 */
export function derExplicit(value: DerValue | undefined, number: number, label: string): DerValue {
  derContents(value, 0xa0 | number, label)
  const [inner, ...more] = value!.children()
  if (inner === undefined || more.length > 0) throw invalid(label, `not one element within [${number}]`)
  return inner
}

/**
 * Returns a BOOLEAN: 0x00 is `false`, 0xff is `true`.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag and any other contents.
 */
export function derBoolean(value: DerValue | undefined, label: string): boolean {
  const contents = derContents(value, DER_TAGS.boolean, label)
  if (contents.length !== 1 || (contents[0] !== 0 && contents[0] !== 0xff))
    throw invalid(label, 'DER BOOLEAN malformed')
  return contents[0] === 0xff
}

/**
 * Reads a NULL.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag and for contents.
 */
export function derNull(value: DerValue | undefined, label: string): null {
  if (derContents(value, DER_TAGS.nul, label).length > 0) throw invalid(label, 'DER NULL malformed')
  return null
}

/**
 * Returns a signed integer of any size.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, and for more bytes than needed.
 */
export function derInteger(value: DerValue | undefined, label: string): bigint {
  const contents = integerContents(value, label)
  const magnitude = BigInt(`0x${Buffer.from(contents).toString('hex')}`)
  return contents[0]! & 0x80 ? magnitude - (1n << BigInt(8 * contents.length)) : magnitude
}

/**
 * Returns the magnitude of an integer, big-endian without leading zeros; zero is one zero byte.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, for more bytes than needed, and for a negative integer.
 */
export function derUnsigned(value: DerValue | undefined, label: string): Uint8Array {
  const contents = integerContents(value, label)
  if (contents[0]! & 0x80) throw invalid(label, 'DER INTEGER negative')
  return contents.length > 1 && contents[0] === 0 ? contents.subarray(1) : contents
}

/**
 * Returns an integer that fits a JavaScript number.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, for more bytes than needed, and beyond 2^53 - 1.
 */
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

/**
 * Returns an object identifier in dotted decimal.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, and for one that is malformed or longer than 64 bytes.
 */
export function derOid(value: DerValue | undefined, label: string): string {
  const contents = derContents(value, DER_TAGS.oid, label)
  const arcs: (number | bigint)[] = []
  let arc: number | bigint = 0
  let fresh = true
  if (contents.length > 64) throw invalid(label, 'DER OBJECT IDENTIFIER too long')
  for (const byte of contents) {
    if (fresh && byte === 0x80) throw invalid(label, 'DER OBJECT IDENTIFIER malformed')
    const bits = byte & 0x7f
    // A number holds 53 bits; hardly any arc has more than 32.
    arc = typeof arc === 'number' && arc < 2 ** 46 ? arc * 128 + bits : (BigInt(arc) << 7n) | BigInt(bits)
    fresh = byte < 0x80
    if (fresh) {
      arcs.push(arc)
      arc = 0
    }
  }
  const [first] = arcs
  if (first === undefined || !fresh) throw invalid(label, 'DER OBJECT IDENTIFIER malformed')
  const top = first < 80 ? Math.floor(Number(first) / 40) : 2
  arcs[0] = typeof first === 'number' ? first - 40 * top : first - 80n
  return `${top}.${arcs.join('.')}`
}

export interface DerBits {
  readonly bytes: Uint8Array
  /** Unused bits at the end of the last byte, 0 to 7; they are zero. */
  readonly unusedBits: number
}

/**
 * Returns the bits of a BIT STRING.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, and for unused bits that are not zero.
 */
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

/**
 * Returns the bytes of an OCTET STRING.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag.
 */
export function derOctetString(value: DerValue | undefined, label: string): Uint8Array {
  return derContents(value, DER_TAGS.octetString, label)
}

/**
 * Returns text of any of the string types that names use.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, and for bytes that the type does not allow.
 */
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

/**
 * UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 has them: with seconds, in UTC, without a fraction. UTCTime is 1950 to
 * 2049.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function derTime(value: DerValue | undefined, label: string): Date {
  if (value?.tag !== DER_TAGS.utcTime && value?.tag !== DER_TAGS.generalizedTime)
    throw invalid(label, 'DER time expected')
  const text = Buffer.from(value.contents).toString('latin1')
  const yearDigits = value.tag === DER_TAGS.utcTime ? 2 : 4
  if (text.length !== yearDigits + 11 || !/^\d+Z$/.test(text)) throw invalid(label, 'DER time malformed')
  const short = text.slice(0, yearDigits)
  const year = yearDigits === 4 ? short : `${Number(short) < 50 ? 20 : 19}${short}`
  const [month, day, hour, minute, second] = text.slice(yearDigits).match(/\d\d/g)!
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const time = new Date(iso)
  // A date that does not exist is refused by Date, or moved to another day.
  if (time.getUTCDate() !== Number(day)) throw invalid(label, 'DER time that does not exist')
  return time
}
