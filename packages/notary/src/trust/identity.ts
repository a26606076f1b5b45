import { type Certificate, formatDistinguishedName } from '@sealwright/x509'

/** The attributes of a distinguished name by type, `S` read as `ST`. Types are compared with their case. */
export type SubjectAttributes = ReadonlyMap<string, string>

/** Why a name cannot serve as an identity, or its attributes. */
export type ParsedSubject =
  | { readonly attributes: SubjectAttributes; readonly fault?: undefined }
  | { readonly fault: string; readonly attributes?: undefined }

/** The only kind of identity that is judged without a plug-in. */
export const X509_SUBJECT = 'x509.subject'

const MANDATORY = ['C', 'ST', 'O'] as const
const SPECIAL = ' "#+,;<=>\\'
const HEX_PAIR = /^[0-9a-fA-F]{2}$/

/**
 * Reads an RFC 4514 name under the rules for trusted identities: C, ST (or S) and O are mandatory, no type twice, one
 * attribute in each relative name, no `=#`. The signer's own subject goes through the same rules, as in the reference.
 *
 * `;` separates like `,` (RFC 2253), and spaces around types and values mean nothing unless escaped.
 */
export function parseSubject(text: string): ParsedSubject {
  if (text.includes('=#')) return { fault: 'values in hexadecimal ("=#") are not supported' }
  const attributes = new Map<string, string>()
  for (const part of splitRelativeNames(text)) {
    if (part.joined) return { fault: 'an attribute joined to another by "+" is not supported' }
    const equals = unescapedIndex(part.text, '=')
    if (equals < 0) return { fault: 'an attribute is not of the form TYPE=value' }
    const type = unescaped(part.text.slice(0, equals))
    const value = unescaped(part.text.slice(equals + 1))
    if (type === undefined || type === '' || value === undefined)
      return { fault: 'an attribute is not RFC 4514 text' }
    const name = type === 'S' ? 'ST' : type
    if (attributes.get(name)) return { fault: `attribute ${name} is there twice` }
    attributes.set(name, value)
  }
  const missing = MANDATORY.filter(type => !attributes.get(type))
  if (missing.length > 0) return { fault: `${missing.join(', ')} missing: C, ST (or S) and O are mandatory` }
  return { attributes }
}

/** Why no trusted identity can match the subject of a certificate; `undefined` if one can. */
export function subjectFault({ subject }: Pick<Certificate, 'subject'>): string | undefined {
  return parseSubject(formatDistinguishedName(subject)).fault
}

/** Whether `subject` has every attribute of `identity`, with the same value. */
export function coversSubject(identity: SubjectAttributes, subject: SubjectAttributes): boolean {
  for (const [type, value] of identity) {
    if ((subject.get(type) ?? '') !== value) return false
  }
  return true
}

/** Splits `<prefix>:<value>`; `undefined` without a colon. */
export function splitIdentity(identity: string): { prefix: string; value: string } | undefined {
  const colon = identity.indexOf(':')
  return colon < 0 ? undefined : { prefix: identity.slice(0, colon), value: identity.slice(colon + 1) }
}

function splitRelativeNames(text: string): { text: string; joined: boolean }[] {
  const parts: { text: string; joined: boolean }[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '\\') at++
    else if (character === ',' || character === ';' || character === '+') {
      parts.push({ text: text.slice(start, at), joined: character === '+' })
      start = at + 1
    }
  }
  parts.push({ text: text.slice(start), joined: false })
  return parts
}

function unescapedIndex(text: string, wanted: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === wanted) return at
  }
  return -1
}

function unescaped(text: string): string | undefined {
  const source = trimSpaces(text)
  const bytes: Buffer[] = []
  for (let at = 0; at < source.length; ) {
    const character = String.fromCodePoint(source.codePointAt(at)!)
    if (character !== '\\') {
      if ('"<>\0'.includes(character)) return undefined
      bytes.push(Buffer.from(character))
      at += character.length
      continue
    }
    const next = source[at + 1]
    if (next === undefined) return undefined
    if (SPECIAL.includes(next)) {
      bytes.push(Buffer.from(next))
      at += 2
      continue
    }
    const pair = source.slice(at + 1, at + 3)
    if (!HEX_PAIR.test(pair)) return undefined
    bytes.push(Buffer.from(pair, 'hex'))
    at += 3
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes))
  } catch {
    return undefined
  }
}

/** A space that is escaped stays: one after an odd number of backslashes. */
function trimSpaces(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text[start] === ' ') start++
  while (end > start && text[end - 1] === ' ') end--
  let backslashes = 0
  while (end - backslashes > start && text[end - backslashes - 1] === '\\') backslashes++
  return text.slice(start, backslashes % 2 === 1 && end < text.length ? end + 1 : end)
}
