import { SealwrightError } from '@sealwright/core'
import {
  attributeType,
  type DistinguishedName,
  decodeNameValue,
  isDottedOid,
  type NameAttribute,
} from './distinguished-name.ts'

const MAX_LENGTH = 16_384

/**
 * Reads a name in the form of RFC 4514, most specific relative name first: `CN=release,O=Acme,ST=Hessen,C=DE`.
 *
 * As notation does, it takes spaces around types and values, `;` for `,`, and `S` for `ST`; types are matched in the
 * case they are written in, and an unknown name is kept as the type. Multi-valued names (`+`) and `#hex` values are read:
 * whoever must not have them looks at the structure.
 *
 * @throws {@link SealwrightError} `VALIDATION`, with the position of the fault.
 */
export function parseDistinguishedName(text: string): DistinguishedName {
  if (text.length > MAX_LENGTH) throw fault(`it is longer than ${MAX_LENGTH} characters`)
  if (!text.isWellFormed()) throw fault('it has a lone surrogate')
  if (text.trim() === '') return { rdns: [] }
  const rdns: NameAttribute[][] = [[]]
  let start = 0
  for (const { end, separator } of separators(text)) {
    rdns.at(-1)!.push(parseAttribute(text.slice(start, end), start))
    start = end + 1
    if (separator === ',' || separator === ';') rdns.push([])
  }
  return { rdns: rdns.reverse() }
}

function* separators(text: string): Generator<{ end: number; separator: string }> {
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!
    if (character === '\\') index++
    else if (character === ',' || character === ';' || character === '+')
      yield { end: index, separator: character }
  }
  yield { end: text.length, separator: '' }
}

function parseAttribute(text: string, position: number): NameAttribute {
  const equals = text.indexOf('=')
  if (equals < 0) throw fault(`at character ${position + 1} a TYPE=value pair is incomplete`)
  const type = trimSpaces(text.slice(0, equals))
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(type) && !isDottedOid(type)) {
    throw fault(`at character ${position + 1} there is no attribute type such as C, ST, O or CN`)
  }
  const value = trimSpaces(text.slice(equals + 1))
  const at = position + equals + 1
  return {
    type: attributeType(type),
    value: value.startsWith('#') ? parseHex(value, at) : decodeEscapes(value, at),
  }
}

/** Spaces around do not count, unless the last one is escaped. Loops, because `/ +$/` takes quadratic time. */
function trimSpaces(text: string): string {
  let start = 0
  while (text[start] === ' ') start++
  let end = text.length
  while (end > start && text[end - 1] === ' ') end--
  let backslash = end
  while (backslash > start && text[backslash - 1] === '\\') backslash--
  const isEscaped = (end - backslash) % 2 === 1 && end < text.length
  return text.slice(start, isEscaped ? end + 1 : end)
}

function decodeEscapes(text: string, position: number): string {
  const bytes: Buffer[] = []
  for (const part of text.matchAll(/\\([0-9A-Fa-f]{2})|\\([ "#+,;<=>\\])|([^\\"<>\0]+)|./gsu)) {
    const [whole, hex, escaped, plain] = part
    if (hex === undefined && escaped === undefined && plain === undefined) {
      const found =
        whole === '\\' ? 'a backslash escapes nothing' : `${JSON.stringify(whole)} must be escaped`
      throw fault(`at character ${position + part.index + 1} ${found}`)
    }
    bytes.push(hex === undefined ? Buffer.from(escaped ?? plain!, 'utf8') : Buffer.from(hex, 'hex'))
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes))
  } catch {
    throw fault(`at character ${position + 1} the escaped bytes are not UTF-8`)
  }
}

function parseHex(text: string, position: number): string {
  if (!/^#([0-9A-Fa-f]{2})+$/.test(text)) {
    throw fault(`at character ${position + 1} a value starts with # and is not hexadecimal`)
  }
  return decodeNameValue(Buffer.from(text.slice(1), 'hex'), 'the #hex value of a distinguished name')
}

function fault(why: string): SealwrightError {
  return new SealwrightError('VALIDATION', 'the distinguished name cannot be read', {
    why,
    fix: 'write it like CN=release,O=Acme,ST=Hessen,C=DE, with a backslash before each of , + " \\ < > ; in a value',
  })
}
