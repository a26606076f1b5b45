import { attributeOid, CANONICAL_ORDER } from './attribute-types.ts'
import type { DistinguishedName, NameAttribute } from './distinguished-name.ts'

/**
 * Prints a name as notation does (Go's `pkix.Name.String`): the values of one type gathered, the common name first, the
 * country behind it, types without a name of their own last as `OID=#hex`.
 *
 * Two things differ, both so that a reader sees what is there: all common names and serial numbers are printed, where Go
 * keeps the last; characters that steer a terminal or reorder text are printed as `\XX` (RFC 4514, section 2.4).
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

/** Go marshals a string of unknown type anew, whatever its encoding in the certificate was. */
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
