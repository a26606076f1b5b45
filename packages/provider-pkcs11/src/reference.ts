import { SealwrightError } from '@sealwright/core'
import { decodeUtf8 } from '@sealwright/core/encoding'

const SCHEME = 'pkcs11:'

/** What may stand bare in a value (RFC 7512, section 2.3: pk11-pchar and pk11-qchar), and escapes. */
const PATH_VALUE = /^[A-Za-z0-9\-._~:[\]@!$'()*+,=&%]*$/
const QUERY_VALUE = /^[A-Za-z0-9\-._~:[\]@!$'()*+,=/?|%]*$/

/** It writes paths bare. */
const SMALLSTEP_VALUE = /^[A-Za-z0-9\-._~:[\]@!$'()*+,=&/%]*$/

/** Attributes of the path (RFC 7512, section 2.3) that choose a token or a key, in the order of the canonical form. */
const TEXT_ATTRIBUTES = [
  'token',
  'serial',
  'manufacturer',
  'model',
  'slot-description',
  'slot-manufacturer',
  'slot-id',
  'library-description',
  'library-manufacturer',
  'library-version',
] as const

export type TokenAttribute = (typeof TEXT_ATTRIBUTES)[number]

/** Which key on which token; what is absent does not matter. */
export interface KeySelector {
  readonly token: Readonly<Partial<Record<TokenAttribute, string>>>
  /** CKA_ID. */
  readonly id?: Buffer | undefined
  /** CKA_LABEL, the attribute `object`. */
  readonly label?: string | undefined
}

/** What a PKCS#11 URI says. */
export interface Pkcs11Reference {
  /** Canonical; never with a module, a PIN or where one is kept. */
  readonly reference: string
  /** `module-path`: for whoever configures the module; the key store takes it by its option alone. */
  readonly modulePath?: string | undefined
  /** `module-name`, as above. */
  readonly moduleName?: string | undefined
}

export interface ParseOptions {
  /**
   * `smallstep`: the id is written in hexadecimal (`id=7370` is the two bytes 73 70, in RFC 7512 the four characters), and
   * the module may stand in the path. Nothing in a URI tells the dialects apart. Default `rfc7512`.
   */
  readonly dialect?: 'rfc7512' | 'smallstep' | undefined
}

/**
 * Reads a PKCS#11 URI (RFC 7512) of a private key, with the module it may name.
 *
 * @throws {@link SealwrightError} `VALIDATION` if it is not such a URI, for attributes that are unknown or given twice, and
 * for a PIN (`pin-value`) or its location (`pin-source`).
 */
export function parsePkcs11Reference(
  text: string,
  { dialect = 'rfc7512' }: ParseOptions = {},
): Pkcs11Reference {
  const { path, query } = split(text, dialect === 'smallstep' ? SMALLSTEP_VALUE : PATH_VALUE)
  if (dialect === 'smallstep') {
    for (const name of ['module-path', 'module-name']) move(path, query, name)
    const id = path.get('id')
    if (id !== undefined) path.set('id', hexadecimal(id))
  }
  const selector = selectorOf(path)
  assertNamesKey(selector)
  const modulePath = textOf(query, 'module-path')
  const moduleName = textOf(query, 'module-name')
  return {
    reference: formatReference(selector),
    modulePath,
    moduleName,
  }
}

/** As {@link parsePkcs11Reference}, without a module: there is nobody here who would use it. */
export function keySelector(reference: string): KeySelector {
  const selector = tokenSelector(reference)
  assertNamesKey(selector)
  return selector
}

/** What `list` takes: a reference that may name a token only, or nothing. */
export function tokenSelector(reference: string): KeySelector {
  const { path, query } = split(reference, PATH_VALUE)
  if (query.size > 0) {
    throw refused(
      'it names a module',
      'give the module by the option modulePath, and the reference without it',
    )
  }
  return selectorOf(path)
}

/** The one spelling: attributes in a fixed order, all but unreserved characters percent-encoded, case kept. */
export function canonical(reference: string): string {
  return formatReference(keySelector(reference))
}

/** The canonical reference of a selector. The type is not written: a key that signs is a private one. */
export function formatReference({ token, id, label }: KeySelector): string {
  const parts = TEXT_ATTRIBUTES.flatMap(name => {
    const value = token[name]
    return value === undefined ? [] : [`${name}=${encodeText(value)}`]
  })
  if (id !== undefined) parts.push(`id=${[...id].map(encodeByte).join('')}`)
  if (label !== undefined) parts.push(`object=${encodeText(label)}`)
  return SCHEME + parts.join(';')
}

function selectorOf(path: Map<string, Buffer>): KeySelector {
  const token: Partial<Record<TokenAttribute, string>> = {}
  for (const name of path.keys()) {
    if (name === 'id' || name === 'object') continue
    const value = textOf(path, name)!
    if (name === 'type') {
      if (value !== 'private')
        throw refused('its type is not private', 'leave the type out: private keys sign')
    } else if (TEXT_ATTRIBUTES.includes(name as TokenAttribute)) {
      // Cryptoki pads these with blanks, so a blank at the end says nothing.
      token[name as TokenAttribute] = value.replace(/ +$/, '')
    } else {
      throw refused(`the attribute ${name} is not known`, 'RFC 7512 forbids to pass over it: leave it out')
    }
  }
  const slot = token['slot-id']
  if (slot !== undefined) {
    if (!/^\d{1,20}$/.test(slot)) throw refused('its slot-id is not a number', 'choose by token and serial')
    token['slot-id'] = String(BigInt(slot))
  }
  const id = path.get('id')
  const label = textOf(path, 'object')
  return { token, id, label }
}

function assertNamesKey({ id, label }: KeySelector): void {
  if (id?.length === 0) throw refused('its id is empty', 'give the CKA_ID of the key, percent-encoded')
  if (id === undefined && (label === undefined || label === '')) {
    throw refused('it names no key', 'add id=… or object=…, the CKA_ID or the label of the key')
  }
}

function split(text: string, allowed: RegExp): { path: Map<string, Buffer>; query: Map<string, Buffer> } {
  if (!text.startsWith(SCHEME))
    throw refused('it does not begin with pkcs11:', 'write pkcs11:token=…;object=…')
  const [path = '', query = '', ...more] = text.slice(SCHEME.length).split('?')
  if (more.length > 0) throw refused('it holds more than one ?', 'write ? within a value as %3F')
  // First of all, before any other message: a reference with a secret is refused whatever else is wrong with it.
  if (/(^|[;&?])\s*(pin-value|pin|password)\s*=/i.test(`${path};${query}`)) {
    throw refused(
      'it carries a PIN',
      'give the PIN by a prompt, a file or the environment, and change this one',
    )
  }
  if (/(^|[;&?])\s*pin-source\s*=/i.test(`${path};${query}`)) {
    throw refused(
      'it says where a PIN is kept',
      'give the PIN by the option pin, and the reference without pin-source',
    )
  }
  return { path: attributes(path, ';', allowed), query: queryOf(query) }
}

function queryOf(query: string): Map<string, Buffer> {
  const found = attributes(query, '&', QUERY_VALUE)
  for (const name of found.keys()) {
    if (name !== 'module-path' && name !== 'module-name') {
      throw refused(`the attribute ${name} after ? is not known`, 'leave it out')
    }
  }
  return found
}

function attributes(text: string, separator: string, allowed: RegExp): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  if (text === '') return found
  for (const part of text.split(separator)) {
    const [, name, value] = /^([a-z][a-z0-9-]*)=(.*)$/s.exec(part) ?? []
    if (name === undefined || value === undefined) {
      throw refused('a part of it is not name=value', 'write pkcs11:token=…;object=…')
    }
    if (found.has(name)) throw refused(`it gives ${name} twice`, 'give each attribute once')
    if (!allowed.test(value)) {
      throw refused(
        `${name} holds a character that must be percent-encoded`,
        'write a space as %20, / as %2F',
      )
    }
    found.set(name, decodePercent(value, name))
  }
  return found
}

function decodePercent(value: string, name: string): Buffer {
  if (/%(?![0-9A-Fa-f]{2})/.test(value)) {
    throw refused(`${name} holds a % without two hexadecimal digits`, 'write % as %25')
  }
  const bytes = value.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1')
}

function textOf(attributes: Map<string, Buffer>, name: string): string | undefined {
  const bytes = attributes.get(name)
  if (bytes === undefined) return undefined
  const text = decodeUtf8(bytes, `${name} of the PKCS#11 reference`)
  if (text.includes('\0')) throw refused(`${name} holds a NUL`, 'leave it out')
  return text
}

function move(from: Map<string, Buffer>, to: Map<string, Buffer>, name: string): void {
  const value = from.get(name)
  if (value === undefined) return
  if (to.has(name)) throw refused(`it gives ${name} twice`, 'give each attribute once')
  from.delete(name)
  to.set(name, value)
}

function hexadecimal(id: Buffer): Buffer {
  const text = id.toString('latin1')
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(text)) {
    throw new SealwrightError('VALIDATION', 'the id is not hexadecimal, as the dialect smallstep has it', {
      fix: 'write two digits a byte, or read the reference without the dialect',
    })
  }
  return Buffer.from(text, 'hex')
}

function encodeText(text: string): string {
  return Array.from(Buffer.from(text), byte => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9\-._~]/.test(character) ? character : encodeByte(byte)
  }).join('')
}

/** RFC 7512 asks to percent-encode the whole of an id. */
function encodeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** The reference itself stays out of the message: it may carry what it must not. */
function refused(why: string, fix: string): SealwrightError {
  return new SealwrightError('VALIDATION', 'the reference names no key of a PKCS#11 token', { why, fix })
}
