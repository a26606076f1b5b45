import { invalid } from './invalid.ts'
import { decodeUtf8 } from './utf8.ts'

/** What JSON can say. Objects read by {@link decodeJson} have no prototype, so that every member is an own one. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

export interface JsonObject {
  readonly [name: string]: JsonValue
}

/** Whether a value read from JSON is an object: no list, no `null`, and there at all. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export interface JsonOptions {
  /** Names the input in messages. */
  readonly label: string
  /** Most bytes of UTF-8. Default 4 MiB. */
  readonly maxBytes?: number
  /** Most arrays and objects within each other. Default 64, at most 512. */
  readonly maxDepth?: number
  /**
   * Members of these names, at any depth, that hold a number must be written as an integer (no fraction, no exponent)
   * within 2^53: sizes and versions, where readers in other languages would refuse `1e3` or round what is too large.
   */
  readonly integers?: readonly string[]
  /** Members of these names, at any depth, that hold a text must be written without an escape, as Go reads its times. */
  readonly unescaped?: readonly string[]
}

/** Where something stands in a text; both count from 1, columns in characters (code points). */
export interface JsonPosition {
  readonly line: number
  readonly column: number
}

export interface PositionedJson {
  readonly value: JsonValue
  /** Where a member's name or an array's element begins; `[]` is the whole value. Absent if there is no such path. */
  position(path: readonly (string | number)[]): JsonPosition | undefined
  /** The text of a value as it stands, without the space around it: for what is signed as it was written. */
  text(path: readonly (string | number)[]): string | undefined
}

/** Offsets into the text: where a member's name or an element begins, and from where to where its value goes. */
interface Extent {
  readonly at: number
  readonly from: number
  readonly to: number
}

const MAX_BYTES = 4 * 1024 * 1024
const MAX_DEPTH = 64
const DEPTH_CEILING = 512

/**
 * Reads one JSON text (RFC 8259), strictly: UTF-8 without byte order mark, no member twice in an object, no lone
 * surrogate, no number beyond a double, nothing after the value. Numbers are doubles; see
 * `integers` for sizes.
 *
 * @throws {@link SealwrightError} `VALIDATION` with line and column.
 */
export function decodeJson(input: Uint8Array | string, options: JsonOptions): JsonValue {
  return new Parser(input, options).parse()
}

/** As {@link decodeJson}, and remembers where everything stands: for files that people write. */
export function decodeJsonWithPositions(input: Uint8Array | string, options: JsonOptions): PositionedJson {
  const extents = new Map<string, Extent>()
  const parser = new Parser(input, options, extents)
  const value = parser.parse()
  const find = (path: readonly (string | number)[]) => extents.get(JSON.stringify(path))
  return {
    value,
    position: path => {
      const extent = find(path)
      return extent && parser.locate(extent.at)
    },
    text: path => {
      const extent = find(path)
      return extent && parser.slice(extent.from, extent.to)
    },
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** A run of characters that stand for themselves in a string. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be found.
const PLAIN = /[^"\\\u0000-\u001f]*/y
const HEX4 = /[0-9a-fA-F]{4}/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** One pass over the text. `JSON.parse` cannot serve: it lets the last of two equal members win. */
class Parser {
  readonly #text: string
  readonly #label: string
  readonly #maxDepth: number
  readonly #integers: readonly string[]
  readonly #unescaped: readonly string[]
  readonly #extents: Map<string, Extent> | undefined
  readonly #path: (string | number)[] = []
  #at = 0
  #depth = 0

  constructor(input: Uint8Array | string, options: JsonOptions, extents?: Map<string, Extent>) {
    const { label, maxBytes = MAX_BYTES, maxDepth = MAX_DEPTH, integers = [], unescaped = [] } = options
    const size = typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength
    if (size > maxBytes) throw invalid(label, `${size} bytes of JSON, more than ${maxBytes}`)
    this.#label = label
    this.#maxDepth = Math.min(maxDepth, DEPTH_CEILING)
    this.#integers = integers
    this.#unescaped = unescaped
    this.#extents = extents
    this.#text = typeof input === 'string' ? input : decodeUtf8(input, label)
    if (!this.#text.isWellFormed()) throw invalid(label, 'lone surrogate')
  }

  parse(): JsonValue {
    this.#space()
    const start = this.#at
    const value = this.#value()
    this.#mark(start, start)
    this.#space()
    if (this.#at < this.#text.length) throw this.#fault('text after the JSON value')
    return value
  }

  locate(offset: number): JsonPosition {
    const lines = this.#text.slice(0, offset).split(/\r\n|\n|\r/)
    return { line: lines.length, column: [...lines[lines.length - 1]!].length + 1 }
  }

  slice(from: number, to: number): string {
    return this.#text.slice(from, to)
  }

  #value(): JsonValue {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#nested(() => this.#object())
      case '[':
        return this.#nested(() => this.#array())
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > this.#maxDepth) throw this.#fault(`deeper than ${this.#maxDepth} levels`)
    this.#at++
    this.#space()
    const value = read()
    this.#depth--
    return value
  }

  #object(): JsonValue {
    const object: Record<string, JsonValue> = Object.create(null)
    if (this.#take('}')) return object
    do {
      this.#space()
      const start = this.#at
      if (this.#text[start] !== '"') throw this.#fault('expected a member name')
      const name = this.#string()
      if (name in object) throw this.#fault('member name twice in one object', start)
      this.#space()
      if (!this.#take(':')) throw this.#fault('expected ":"')
      this.#space()
      const from = this.#at
      const value = this.#member(name, start)
      if (typeof value === 'number' && this.#integers.includes(name)) this.#assertInteger(value, from)
      if (typeof value === 'string' && this.#unescaped.includes(name)) this.#assertUnescaped(from)
      object[name] = value
      this.#space()
    } while (this.#take(','))
    if (!this.#take('}')) throw this.#fault('expected "," or "}"')
    return object
  }

  #array(): JsonValue {
    const array: JsonValue[] = []
    if (this.#take(']')) return array
    do {
      this.#space()
      array.push(this.#member(array.length, this.#at))
      this.#space()
    } while (this.#take(','))
    if (!this.#take(']')) throw this.#fault('expected "," or "]"')
    return array
  }

  #member(step: string | number, start: number): JsonValue {
    if (this.#extents === undefined) return this.#value()
    this.#path.push(step)
    const from = this.#at
    const value = this.#value()
    this.#mark(start, from)
    this.#path.pop()
    return value
  }

  #string(): string {
    const start = this.#at
    this.#at++
    let text = this.#run(PLAIN)!
    for (;;) {
      const character = this.#text[this.#at]
      if (character === '"') break
      if (character !== '\\')
        throw this.#fault(character === undefined ? 'string without end' : 'control character')
      text += this.#escape()
      text += this.#run(PLAIN)!
    }
    this.#at++
    if (!text.isWellFormed()) throw this.#fault('lone surrogate', start)
    return text
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? ''
    if (letter === 'u') {
      this.#at += 2
      const hex = this.#run(HEX4)
      if (hex === undefined) throw this.#fault('\\u without four hexadecimal digits')
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const escaped = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
    if (escaped === undefined) throw this.#fault('unknown escape')
    this.#at += 2
    return escaped
  }

  #number(): number {
    const start = this.#at
    const digits = this.#run(NUMBER)
    if (digits === undefined) {
      throw this.#fault(start < this.#text.length ? 'unexpected character' : 'unexpected end')
    }
    const value = Number(digits)
    if (!Number.isFinite(value)) throw this.#fault('number out of range', start)
    return value
  }

  #assertInteger(value: number, from: number): void {
    if (!Number.isSafeInteger(value) || /[.eE]/.test(this.#text.slice(from, this.#at))) {
      throw this.#fault('not an integer within 2^53', from)
    }
  }

  #assertUnescaped(from: number): void {
    if (this.#text.slice(from, this.#at).includes('\\'))
      throw this.#fault('escape in a text that has none', from)
  }

  #word<T extends JsonValue>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#fault('unexpected character')
    this.#at += word.length
    return value
  }

  #run(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at++
    }
  }

  #mark(at: number, from: number): void {
    this.#extents?.set(JSON.stringify(this.#path), { at, from, to: this.#at })
  }

  #fault(fault: string, offset: number = this.#at): Error {
    const { line, column } = this.locate(offset)
    return invalid(this.#label, `${fault} at line ${line}, column ${column}`)
  }
}
