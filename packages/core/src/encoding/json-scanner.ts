import { invalid } from './invalid.ts'

/** Where something stands in a text; both count from 1, columns in characters (code points). */
export interface JsonPosition {
  readonly line: number
  readonly column: number
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** A run of characters that stand for themselves in a string. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be found.
const PLAIN = /[^"\\\u0000-\u001f]*/y
const HEX4 = /[0-9a-fA-F]{4}/y
const SPACE = /[ \n\r\t]*/y
const WITHOUT_BOM = 'save the file as UTF-8 without a byte order mark'
const BACKSLASH = 0x5c
const ESCAPES = '"\\/bfnrt'

/**
 * Reads the tokens of one JSON text (RFC 8259) from the left to the right, and skips whole values without building
 * anything. Time is linear in the text, memory constant.
 */
export class JsonScanner {
  readonly text: string
  /** Offset of the next character. */
  at = 0
  readonly #label: string
  readonly #maxDepth: number
  #depth = 0

  constructor(text: string, label: string, maxDepth: number) {
    this.text = text
    this.#label = label
    this.#maxDepth = maxDepth
  }

  /** The next character; empty at the end. */
  get next(): string {
    return this.text[this.at] ?? ''
  }

  /** Skips the space around the whole value, which `read` reads; nothing else may follow. */
  whole<T>(read: () => T): T {
    this.space()
    const value = read()
    this.space()
    if (this.at < this.text.length) throw this.fault('text after the JSON value')
    return value
  }

  /** Reads an object: for each member its name, then `read` is called where the value begins. */
  object(read: (name: string, nameAt: number) => void): void {
    this.#enter()
    if (!this.#take('}')) {
      do {
        this.space()
        const nameAt = this.at
        if (this.next !== '"') throw this.fault('expected a member name')
        const name = this.string()
        this.#colon()
        read(name, nameAt)
        this.space()
      } while (this.#take(','))
      if (!this.#take('}')) throw this.fault('expected "," or "}"')
    }
    this.#depth--
  }

  /** Reads an array: `read` is called where each element begins. */
  array(read: (index: number) => void): void {
    this.#enter()
    if (!this.#take(']')) {
      let index = 0
      do {
        this.space()
        read(index++)
        this.space()
      } while (this.#take(','))
      if (!this.#take(']')) throw this.fault('expected "," or "]"')
    }
    this.#depth--
  }

  string(): string {
    const start = this.at
    const escaped = this.skipString()
    if (!escaped) return this.text.slice(start + 1, this.at - 1)
    const value = JSON.parse(this.text.slice(start, this.at)) as string
    if (!value.isWellFormed()) throw this.fault('lone surrogate', start)
    return value
  }

  number(): number {
    const start = this.at
    this.#skipNumber()
    const value = Number(this.text.slice(start, this.at))
    if (!Number.isFinite(value)) throw this.fault('number out of range', start)
    return value
  }

  word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw this.fault('unexpected character')
    this.at += word.length
    return value
  }

  /**
   * Passes over one value, as strict as reading it, save that a member may come twice and a number be out of range. Takes
   * no stack of the engine's, however deep the value is.
   */
  skip(): void {
    const closers: string[] = []
    do {
      if (this.#skipStart(closers)) continue
      while (closers.length > 0 && !this.#skipSeparator(closers)) {
        // One more container has ended.
      }
    } while (closers.length > 0)
  }

  /** Passes over a value, or the beginning of a container that has entries: then it returns true, at the first of them. */
  #skipStart(closers: string[]): boolean {
    const { next } = this
    if (next === '{' || next === '[') {
      const closer = next === '{' ? '}' : ']'
      this.#enter()
      if (this.#take(closer)) {
        this.#depth--
        return false
      }
      closers.push(closer)
      if (closer === '}') this.#skipName()
      return true
    }
    if (next === '"') this.skipString()
    else if (next === 't') this.word('true', true)
    else if (next === 'f') this.word('false', false)
    else if (next === 'n') this.word('null', null)
    else this.#skipNumber()
    return false
  }

  /** After a value: passes over the comma, and returns true; or over the end of the container. */
  #skipSeparator(closers: string[]): boolean {
    const closer = closers.at(-1)!
    this.space()
    if (this.#take(',')) {
      this.space()
      if (closer === '}') this.#skipName()
      return true
    }
    if (!this.#take(closer)) throw this.fault(`expected "," or "${closer}"`)
    this.#depth--
    closers.pop()
    return false
  }

  #skipName(): void {
    if (this.next !== '"') throw this.fault('expected a member name')
    this.skipString()
    this.#colon()
  }

  #colon(): void {
    this.space()
    if (!this.#take(':')) throw this.fault('expected ":"')
    this.space()
  }

  /** @returns Whether it has an escape. */
  skipString(): boolean {
    this.at++
    let escaped = false
    for (;;) {
      // A text that is all escapes would pay for the pattern at each of them.
      if (this.text.charCodeAt(this.at) !== BACKSLASH) this.#run(PLAIN)
      const character = this.next
      if (character === '"') break
      if (character !== '\\') throw this.fault(character === '' ? 'string without end' : 'control character')
      this.#skipEscape()
      escaped = true
    }
    this.at++
    return escaped
  }

  #skipEscape(): void {
    const letter = this.text[this.at + 1] ?? ''
    if (letter === 'u') {
      this.at += 2
      if (!this.#run(HEX4)) throw this.fault('\\u without four hexadecimal digits')
    } else if (letter !== '' && ESCAPES.includes(letter)) {
      this.at += 2
    } else {
      throw this.fault('unknown escape')
    }
  }

  #skipNumber(): void {
    if (this.#run(NUMBER)) return
    if (this.next === '\ufeff' && this.at === 0) throw this.fault('byte order mark', 0, WITHOUT_BOM)
    throw this.fault(this.at < this.text.length ? 'unexpected character' : 'unexpected end')
  }

  #enter(): void {
    if (++this.#depth > this.#maxDepth) throw this.fault(`deeper than ${this.#maxDepth} levels`)
    this.at++
    this.space()
  }

  /** Moves past a match at the present offset; whether there is one. */
  #run(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    const found = pattern.test(this.text)
    if (found) this.at = pattern.lastIndex
    return found
  }

  #take(character: string): boolean {
    if (this.next !== character) return false
    this.at++
    return true
  }

  space(): void {
    // Most often there is none, and a pattern costs more than a look.
    if (this.text.charCodeAt(this.at) <= 0x20) this.#run(SPACE)
  }

  locate(offset: number): JsonPosition {
    return this.locateAll([offset])[0]!
  }

  /** Finds the positions of offsets, which ascend, in one pass. */
  locateAll(offsets: readonly number[]): readonly JsonPosition[] {
    let [line, column, at] = [1, 1, 0]
    return offsets.map(offset => {
      for (; at < offset; at++) {
        const code = this.text.charCodeAt(at)
        if (code === 0x0a || (code === 0x0d && this.text.charCodeAt(at + 1) !== 0x0a)) {
          line++
          column = 1
        } else if (!isLowSurrogate(code)) column++
      }
      return { line, column }
    })
  }

  fault(fault: string, offset: number = this.at, fix?: string): Error {
    const { line, column } = this.locate(offset)
    return invalid(this.#label, `${fault} at line ${line}, column ${column}`, fix)
  }
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}
