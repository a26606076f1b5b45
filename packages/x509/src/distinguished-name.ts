import { SealwrightError } from '@sealwright/core'
import {
  DER_TAGS,
  type DerValue,
  der,
  derSequence,
  derSet,
  derText,
  readDer,
} from '@sealwright/core/encoding'
import { readOid } from './oids.ts'

/** A distinguished name (X.501), its relative names in the order of the DER encoding: the country first, as a rule. */
export interface DistinguishedName {
  readonly rdns: readonly RelativeName[]
}

/** The attributes of one relative name: one, unless the name is multi-valued. */
export type RelativeName = readonly NameAttribute[]

export interface NameAttribute {
  /**
   * `C`, `ST`, `L`, `STREET`, `POSTALCODE`, `O`, `OU`, `CN` or `SERIALNUMBER`; for any other type its OID in dotted form,
   * or, in a name that was read from text, the unknown name as it was written.
   */
  readonly type: string
  readonly value: string
}

/** The values of one attribute type, in the order of the encoding. */
export function attributeValues(name: DistinguishedName, type: string): readonly string[] {
  return name.rdns.flatMap(rdn => rdn.filter(attribute => attribute.type === type).map(({ value }) => value))
}

/**
 * Prints a name as notation does (Go's `pkix.Name.String`): the values of one type gathered, the common name first, the
 * country behind it, types without a name of their own last as `OID=#hex`.
 *
 * Two things differ, both so that a reader sees what is there: all common names and serial numbers are printed, where Go
 * keeps the last; characters that steer a terminal or reorder text are printed as `\XX` (RFC 4514, section 2.4).
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { formatDistinguishedName, parseCertificates } from '@sealwright/x509'
 *
 * for (const { subject } of parseCertificates(await readFile('release.crt'), 'release.crt'))
 *   console.log(formatDistinguishedName(subject)) // CN=release,O=Acme,ST=Hessen,C=DE
 * ```
 */
export function formatDistinguishedName(name: DistinguishedName): string {
  const attributes = name.rdns.flat()
  const known = CANONICAL_ORDER.map(type => attributes.filter(attribute => attribute.type === type))
  const other = attributes.filter(({ type }) => !CANONICAL_ORDER.includes(type)).map(attribute => [attribute])
  return [...other, ...known]
    .filter(group => group.length > 0)
    .reverse()
    .map(group => group.map(formatAttribute).join('+'))
    .join(',')
}

function formatAttribute({ type, value }: NameAttribute): string {
  const hasName = CANONICAL_ORDER.includes(type) || attributeOid(type) === undefined
  return `${type}=${hasName ? escapeValue(value) : goHex(value)}`
}

/** Go marshals a string of unknown type again, whatever its encoding in the certificate was. */
function goHex(value: string): string {
  const bytes = Buffer.from(value, 'utf8')
  const tag = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? 0x13 : 0x0c
  return `#${Buffer.concat([Buffer.from([tag, ...lengthOctets(bytes.length)]), bytes]).toString('hex')}`
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) octets.unshift(rest & 0xff)
  return [0x80 | octets.length, ...octets]
}

function escapeValue(value: string): string {
  const characters = [...value]
  return characters
    .map((character, index) => {
      if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(character)) return hexPairs(character)
      const atEdge = index === 0 || index === characters.length - 1
      const special = /[,+"\\<>;]/.test(character) || (character === ' ' && atEdge)
      return special || (character === '#' && index === 0) ? `\\${character}` : character
    })
    .join('')
}

function hexPairs(character: string): string {
  return [...Buffer.from(character, 'utf8')].map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join('')
}

/** Types whose values X.520 and RFC 5280 (appendix A) hold to a narrower string type than UTF8String. */
const PRINTABLE: readonly string[] = ['C', 'SERIALNUMBER']
const IA5: readonly string[] = ['0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.1']

/**
 * Reads a DER `Name` (RFC 5280, section 4.1.2.4).
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function decodeDistinguishedName(
  bytes: Uint8Array,
  label: string = 'distinguished name',
): DistinguishedName {
  return readName(readDer(bytes, label), label)
}

/** As {@link decodeDistinguishedName}, within a structure that has been read. */
export function readName(value: DerValue | undefined, label: string): DistinguishedName {
  return {
    rdns: derSequence(value, label).map(rdn =>
      derSet(rdn, label).map(attribute => readAttribute(attribute, label)),
    ),
  }
}

function readAttribute(value: DerValue, label: string): NameAttribute {
  const [type, text, ...more] = derSequence(value, label)
  if (more.length > 0)
    throw new SealwrightError('VALIDATION', `${label}: an attribute has more than a type and a value`)
  return { type: attributeType(readOid(type, label)), value: nameValueText(text, label) }
}

/**
 * Writes a DER `Name`: UTF8String, or PrintableString and IA5String where the type of the attribute demands it.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a type without an OID, an empty value, a country that is not a two-letter
 * code, or a character that the type cannot hold.
 */
export function encodeDistinguishedName(name: DistinguishedName): Uint8Array {
  return der.sequence(...name.rdns.map(rdn => der.set(...rdn.map(encodeAttribute))))
}

function encodeAttribute({ type, value }: NameAttribute): Uint8Array {
  const oid = attributeOid(type)
  if (oid === undefined) {
    const upper = type.toUpperCase()
    const known = attributeOid(upper) !== undefined
    throw new SealwrightError(
      'VALIDATION',
      `the attribute type ${type} of the distinguished name is unknown`,
      {
        fix: known
          ? `write ${upper}`
          : 'use C, ST, L, STREET, POSTALCODE, O, OU, CN, SERIALNUMBER or a dotted OID',
      },
    )
  }
  if (value === '') throw new SealwrightError('VALIDATION', `${type} of the distinguished name is empty`)
  if (type === 'C' && !/^[A-Z]{2}$/.test(value)) {
    throw new SealwrightError('VALIDATION', 'C of the distinguished name is not a country code', {
      why: 'RFC 5280 holds it to two capital letters (ISO 3166)',
      fix: 'write it like C=DE',
    })
  }
  const text = PRINTABLE.includes(type)
    ? der.printableString(value)
    : IA5.includes(type)
      ? der.ia5String(value)
      : der.utf8String(value)
  return der.sequence(der.oid(oid), text)
}

const STRING_TYPES: readonly number[] = [
  DER_TAGS.utf8String,
  DER_TAGS.printableString,
  DER_TAGS.numericString,
  DER_TAGS.ia5String,
  DER_TAGS.teletexString,
  DER_TAGS.bmpString,
]

/**
 * The text of an attribute value of a name: one of the string types of X.520 (RFC 5280, appendix A) that Go reads.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
function nameValueText(value: DerValue | undefined, label: string): string {
  if (value === undefined || !STRING_TYPES.includes(value.tag)) {
    throw new SealwrightError('VALIDATION', `${label}: an attribute value is not a string`)
  }
  const text = derText(value, label)
  // Go drops the terminator that some issuers end a BMPString with, and refuses noncharacters.
  if (value.tag !== DER_TAGS.bmpString) return text
  if (/[\ufdd0-\ufdef\ufffe\uffff]/.test(text)) {
    throw new SealwrightError('VALIDATION', `${label}: a BMPString holds a noncharacter`)
  }
  return text.endsWith('\0') ? text.slice(0, -1) : text
}

/** As {@link nameValueText}, from the bytes of one whole DER element. */
export function decodeNameValue(bytes: Uint8Array, label: string): string {
  return nameValueText(readDer(bytes, label), label)
}

/** The attribute types that Go, and so notation, prints by name; any other is printed as its OID. Keys: short names. */
const PRINTED_BY_NAME: Readonly<Record<string, string>> = {
  C: '2.5.4.6',
  ST: '2.5.4.8',
  L: '2.5.4.7',
  STREET: '2.5.4.9',
  POSTALCODE: '2.5.4.17',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
  SERIALNUMBER: '2.5.4.5',
}

/** Names that are read, and printed as what they stand for: `S` as notation reads it, the rest of RFC 4514 and openssl. */
const READ_BY_NAME: Readonly<Record<string, string>> = {
  S: '2.5.4.8',
  DC: '0.9.2342.19200300.100.1.25',
  UID: '0.9.2342.19200300.100.1.1',
  emailAddress: '1.2.840.113549.1.9.1',
}

/** The types in the order in which Go writes and prints them. */
export const CANONICAL_ORDER: readonly string[] = /* @__PURE__ */ Object.keys(PRINTED_BY_NAME)

/** The type of an attribute as {@link NameAttribute} has it, from a short name or OID; unknown names stay as they are. */
export function attributeType(text: string): string {
  const oid = lookUp(PRINTED_BY_NAME, text) ?? lookUp(READ_BY_NAME, text) ?? text
  return CANONICAL_ORDER.find(name => PRINTED_BY_NAME[name] === oid) ?? oid
}

/** The OID of an attribute's type; `undefined` for a name that nothing is known of. */
function attributeOid(type: string): string | undefined {
  if (Object.hasOwn(PRINTED_BY_NAME, type)) return PRINTED_BY_NAME[type]
  return isDottedOid(type) ? type : undefined
}

/** `constructor` and its like are members of every object, and no attribute types. */
function lookUp(names: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined
}

export function isDottedOid(text: string): boolean {
  return /^[0-2](\.(0|[1-9][0-9]*))+$/.test(text)
}
