import { invalid } from './invalid.ts'
import { type JsonPosition, JsonScanner } from './json-scanner.ts'
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
  readonly maxBytes?: number | undefined
  /**
   * Most values: arrays, objects, texts, numbers, words. Each takes memory of many times its size in the text, so what
   * is large by nature needs a bound of its own. Default 100,000.
   */
  readonly maxValues?: number | undefined
  /** Most arrays and objects within each other. Default 64, at most 512. */
  readonly maxDepth?: number | undefined
  /**
   * Members of these names, at any depth, that hold a number must be written as an integer (no fraction, no exponent)
   * within 2^53: sizes and versions, where readers in other languages would refuse `1e3` or round what is too large.
   */
  readonly integers?: readonly string[] | undefined
  /**
   * The members of the outermost object that are wanted. Each other one counts as one value, whatever is in it: its syntax
   * is checked, it is not built, and it is absent from the result.
   */
  readonly only?: readonly string[] | undefined
  /** Members of these names, at any depth, that hold a text must be written without an escape, as Go reads its times. */
  readonly unescaped?: readonly string[] | undefined
}

type JsonPath = readonly (string | number)[]

export interface PositionedJson {
  readonly value: JsonValue
  /** Where a member's name or an array's element begins; `[]` is the whole value. Absent if there is no such path. */
  position(path: JsonPath): JsonPosition | undefined
  /** As {@link PositionedJson.position}, for many paths at once; where there is no such path, the nearest thing around it. */
  nearestPositions(paths: readonly JsonPath[]): readonly JsonPosition[]
  /** The text of a value as it stands, without the space around it: for what is signed as it was written. */
  text(path: JsonPath): string | undefined
  /** The whole text with another in place of that of one value: all else stays as it was written. */
  replace(path: JsonPath, text: string): string
}

/** Offsets into the text: where a member's name or an element begins, and from where to where its value goes. */
interface Extent {
  readonly at: number
  readonly from: number
  readonly to: number
}

const MAX_BYTES = 4 * 1024 * 1024
const MAX_VALUES = 100_000
const MAX_DEPTH = 64
const DEPTH_CEILING = 512
/** V8 hashes a longer text by its length alone, so that many of them in one object take quadratic time. */
const MAX_NAME = 8192

/**
 * Reads one JSON text (RFC 8259), strictly: UTF-8 without byte order mark, no member twice in an object, no lone
 * surrogate, no number beyond a double, nothing after the value. Numbers are doubles; see
 * `integers` for sizes.
 *
 * @throws {@link SealwrightError} `VALIDATION` with line and column.
 */
export function decodeJson(input: Uint8Array | string, options: JsonOptions): JsonValue {
  return new Parser(textOf(input, options), options).parse()
}

/**
 * Decodes as {@link decodeJson}, and finds the positions of values, for files that people write. Each query of a position
 * reads the text again.
 *
 * @throws {@link SealwrightError} `VALIDATION`, as {@link decodeJson}.
 */
export function decodeJsonWithPositions(input: Uint8Array | string, options: JsonOptions): PositionedJson {
  const text = textOf(input, options)
  const value = new Parser(text, options).parse()
  const find = (path: JsonPath) => findExtent(scannerOf(text, options), path)
  return {
    value,
    position: path => {
      const extent = find(path)
      return extent && scannerOf(text, options).locate(extent.at)
    },
    nearestPositions: paths => nearestPositions(scannerOf(text, options), paths),
    text: path => {
      const extent = find(path)
      return extent && text.slice(extent.from, extent.to)
    },
    replace: (path, replacement) => {
      const extent = find(path)
      if (extent === undefined) throw invalid(options.label, 'no such value')
      return text.slice(0, extent.from) + replacement + text.slice(extent.to)
    },
  }
}

function textOf(input: Uint8Array | string, { label, maxBytes = MAX_BYTES }: JsonOptions): string {
  const size = typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength
  if (size > maxBytes) throw invalid(label, `${size} bytes of JSON, more than ${maxBytes}`)
  const text = typeof input === 'string' ? input : decodeUtf8(input, label)
  if (!text.isWellFormed()) throw invalid(label, 'lone surrogate')
  return text
}

function scannerOf(text: string, { label, maxDepth = MAX_DEPTH }: JsonOptions): JsonScanner {
  return new JsonScanner(text, label, Math.min(maxDepth, DEPTH_CEILING))
}

interface PathNode {
  readonly children: Map<string | number, PathNode>
  /** Offset of what the path leads to. */
  at?: number
}

/** Reads the text once, down all paths. */
function nearestPositions(scanner: JsonScanner, paths: readonly JsonPath[]): readonly JsonPosition[] {
  const root: PathNode = { children: new Map() }
  for (const path of paths) {
    let node = root
    for (const step of path) {
      const child = node.children.get(step) ?? { children: new Map() }
      node.children.set(step, child)
      node = child
    }
  }
  const walk = (node: PathNode | undefined, at: number): void => {
    if (node !== undefined) node.at = at
    if (node === undefined || node.children.size === 0) scanner.skip()
    else if (scanner.next === '{') scanner.object((name, nameAt) => walk(node.children.get(name), nameAt))
    else if (scanner.next === '[') scanner.array(index => walk(node.children.get(index), scanner.at))
    else scanner.skip()
  }
  scanner.whole(() => walk(root, scanner.at))
  const offsets = paths.map(path => {
    let [node, at]: [PathNode | undefined, number] = [root, root.at!]
    for (const step of path) {
      node = node.children.get(step)
      if (node?.at === undefined) break
      at = node.at
    }
    return at
  })
  const ascending = [...new Set(offsets)].toSorted((a, b) => a - b)
  const positions = scanner.locateAll(ascending)
  const byOffset = new Map(ascending.map((offset, index) => [offset, positions[index]!]))
  return offsets.map(offset => byOffset.get(offset)!)
}

/** Goes down a path, and passes over all that stands before it. */
function findExtent(scanner: JsonScanner, path: JsonPath): Extent | undefined {
  let found: Extent | undefined
  const walk = (depth: number, at: number): void => {
    const step = path[depth]
    const from = scanner.at
    const next = (name: string | number, start: number) =>
      name === step ? walk(depth + 1, start) : scanner.skip()
    if (typeof step === 'string' && scanner.next === '{') scanner.object(next)
    else if (typeof step === 'number' && scanner.next === '[') scanner.array(index => next(index, scanner.at))
    else scanner.skip()
    if (depth === path.length) found = { at, from, to: scanner.at }
  }
  scanner.whole(() => walk(0, scanner.at))
  return found
}

/**
 * Checks the syntax of the JSON value that a text begins with, and builds nothing. What follows it is not looked at.
 *
 * @param maxDepth - Most arrays and objects within each other.
 * @returns The offset at which the value ends.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function skipJson(text: string, label: string, maxDepth: number): number {
  const scanner = new JsonScanner(text, label, maxDepth)
  scanner.space()
  scanner.skip()
  return scanner.at
}

/** One pass over the text. `JSON.parse` cannot serve: it lets the last of two equal members win. */
class Parser {
  readonly #scanner: JsonScanner
  readonly #integers: readonly string[]
  readonly #unescaped: readonly string[]
  #only: readonly string[] | undefined
  readonly #maxValues: number
  #values = 0

  constructor(text: string, options: JsonOptions) {
    this.#scanner = scannerOf(text, options)
    this.#integers = options.integers ?? []
    this.#unescaped = options.unescaped ?? []
    this.#only = options.only
    this.#maxValues = options.maxValues ?? MAX_VALUES
  }

  parse(): JsonValue {
    return this.#scanner.whole(() => this.#value())
  }

  #value(): JsonValue {
    this.#count()
    switch (this.#scanner.next) {
      case '{':
        return this.#object()
      case '[':
        return this.#array()
      case '"':
        return this.#scanner.string()
      case 't':
        return this.#scanner.word('true', true)
      case 'f':
        return this.#scanner.word('false', false)
      case 'n':
        return this.#scanner.word('null', null)
      default:
        return this.#scanner.number()
    }
  }

  #count(): void {
    if (++this.#values > this.#maxValues) throw this.#scanner.fault(`more than ${this.#maxValues} values`)
  }

  #object(): JsonValue {
    const object: Record<string, JsonValue> = Object.create(null)
    const only = this.#only
    const passed = only && new Set<string>()
    this.#only = undefined
    this.#scanner.object((name, nameAt) => {
      if (name.length > MAX_NAME)
        throw this.#scanner.fault(`member name of more than ${MAX_NAME} characters`, nameAt)
      if (name in object || passed?.has(name))
        throw this.#scanner.fault('member name twice in one object', nameAt)
      if (only?.includes(name) === false) {
        this.#count()
        passed?.add(name)
        this.#scanner.skip()
      } else object[name] = this.#member(name)
    })
    return object
  }

  #member(name: string): JsonValue {
    const from = this.#scanner.at
    const value = this.#value()
    if (typeof value === 'number' && this.#integers.includes(name)) this.#assertInteger(value, from)
    if (typeof value === 'string' && this.#unescaped.includes(name)) this.#assertUnescaped(from)
    return value
  }

  #array(): JsonValue {
    this.#only = undefined
    const array: JsonValue[] = []
    this.#scanner.array(() => {
      array.push(this.#value())
    })
    return array
  }

  #assertInteger(value: number, from: number): void {
    const { text, at } = this.#scanner
    if (!Number.isSafeInteger(value) || /[.eE]/.test(text.slice(from, at))) {
      throw this.#scanner.fault('not an integer within 2^53', from)
    }
  }

  #assertUnescaped(from: number): void {
    const { text, at } = this.#scanner
    if (text.slice(from, at).includes('\\')) throw this.#scanner.fault('escape in a text that has none', from)
  }
}

export interface JsonTextOptions {
  /** Names the value in messages. */
  readonly label: string
  /** Members in the order of their UTF-8 bytes at every depth, as Go writes a map; else in the order given, as a struct. */
  readonly sort?: boolean | undefined
}

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
