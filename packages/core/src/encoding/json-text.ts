import { invalid } from './invalid.ts'
import type { JsonValue } from './json.ts'

export interface JsonTextOptions {
  /** Names the value in messages. */
  readonly label: string
  /** Members in the order of their UTF-8 bytes at every depth, as Go writes a map; else in the order given, as a struct. */
  readonly sort?: boolean | undefined
}

const MAX_DEPTH = 64
const GO_ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/**
 * Writes compact JSON byte for byte as Go's `encoding/json` does (`<`, `>`, `&`, U+2028 and U+2029 escaped), so that what
 * we sign is what the Notary Project's own signers would have signed.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what JSON cannot say (a lone surrogate, NaN, infinity, `undefined`) and
 *   for more than 64 levels.
 */
export function encodeJson(value: JsonValue, options: JsonTextOptions): string {
  return write(value, options, 0)
}

function write(value: JsonValue, options: JsonTextOptions, depth: number): string {
  if (typeof value === 'string') return writeString(value, options.label)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'object') throw invalid(options.label, 'a value that JSON has no text for')
  if (depth >= MAX_DEPTH) throw invalid(options.label, `deeper than ${MAX_DEPTH} levels`)
  let text = ''
  if (isArray(value)) {
    for (const item of value) text += `${text && ','}${write(item, options, depth + 1)}`
    return `[${text}]`
  }
  const names = Object.keys(value)
  if (options.sort) names.sort(compareUtf8)
  for (const name of names) {
    text += `${text && ','}${writeString(name, options.label)}:${write(value[name]!, options, depth + 1)}`
  }
  return `{${text}}`
}

/** Printable ASCII without the two characters that JSON escapes and the three that Go does. */
const PLAIN = /^[ !#-%'-;=?-[\]-~]*$/

function writeString(value: string, label: string): string {
  if (PLAIN.test(value)) return `"${value}"`
  if (!value.isWellFormed()) throw invalid(label, 'lone surrogate')
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, found => GO_ESCAPES[found]!)
}

function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return inUtf8Order(left) - inUtf8Order(right)
  }
  return a.length - b.length
}

/** In UTF-16, surrogates come before U+E000 to U+FFFF; in UTF-8, what they stand for comes after. */
function inUtf8Order(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff ? codeUnit + 0x10000 : codeUnit
}

function isArray(value: object): value is readonly JsonValue[] {
  return Array.isArray(value)
}
