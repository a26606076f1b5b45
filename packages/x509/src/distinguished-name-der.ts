import { SealwrightError } from '@sealwright/core'
import { type DerValue, der, derSequence, derSet, readDer } from '@sealwright/core/encoding'
import { attributeOid, attributeType } from './attribute-types.ts'
import type { DistinguishedName, NameAttribute } from './distinguished-name.ts'
import { nameValueText } from './name-value.ts'
import { readOid } from './read-oid.ts'

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
 * @throws {@link SealwrightError} `VALIDATION` for a type without an OID, an empty value, a country that is no two-letter
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
