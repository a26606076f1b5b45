import { decodeBase64, encodeBase64 } from './base64.ts'
import { invalid } from './invalid.ts'

/** One PEM block (RFC 7468, with the headers of RFC 1421 where an old key has them). */
export interface PemBlock {
  /** Between the dashes: `CERTIFICATE`, `PRIVATE KEY`. */
  readonly label: string
  readonly bytes: Uint8Array
  /** `Proc-Type`, `DEK-Info`; a `Map`, empty for all modern files. */
  readonly headers: ReadonlyMap<string, string>
}

const BEGIN = /^-----BEGIN ([A-Z0-9][A-Z0-9 ]*)-----$/
const DASHES = '-----'
const MAX_BYTES = 4 * 1024 * 1024
const LINE = 64

/**
 * Reads the PEM blocks of a file in order, as Go's `pem.Decode` finds them: what stands around them is skipped, in whatever
 * encoding it is (RFC 7468 §2). What stands within one must be sound: matching labels, canonical base64 over lines. A file
 * without a block gives an empty list.
 *
 * @param label - Names the input in messages.
 * @throws {@link SealwrightError} `VALIDATION`, with the line.
 */
export function decodePem(text: string | Uint8Array, label: string): PemBlock[] {
  if (text.length > MAX_BYTES) throw invalid(label, `PEM of more than ${MAX_BYTES} bytes`)
  const lines = new Lines(typeof text === 'string' ? text : latin1(text))
  if (/^(?:\ufeff|\u00ef\u00bb\u00bf)-----BEGIN /.test(lines.text.slice(0, 16)))
    throw invalid(
      label,
      'byte order mark before the first PEM block',
      'save the file without a byte order mark',
    )
  const blocks: PemBlock[] = []
  while (lines.findDashes()) {
    const begin = lines.number
    const name = BEGIN.exec(trimEnd(lines.take()))?.[1]
    if (name === undefined) continue
    const start = lines.at
    const isEnded = lines.findDashes()
    const body = lines.text.slice(start, lines.at)
    if (!isEnded || trimEnd(lines.take()) !== `-----END ${name}-----`)
      throw invalid(label, `the PEM block of line ${begin} has no end`)
    blocks.push(block(name, body.split(END_OF_LINE), `${label}, the PEM block of line ${begin}`))
  }
  return blocks
}

const END_OF_LINE = /\r\n|\n|\r/
const NEXT_END_OF_LINE = /\r\n|\n|\r/g

/** A text read line by line, without a string for each. */
class Lines {
  readonly text: string
  /** Where the present line begins. */
  at = 0
  /** Its number, from 1. */
  number = 1

  constructor(text: string) {
    this.text = text
  }

  /** Goes to the next line, this one included, that begins with five dashes, or to the end. */
  findDashes(): boolean {
    while (this.at < this.text.length) {
      if (this.text.startsWith(DASHES, this.at)) return true
      this.at = this.#end().next
    }
    return false
  }

  /** Returns the present line and goes to the next. */
  take(): string {
    const start = this.at
    const { at, next } = this.#end()
    this.at = next
    return this.text.slice(start, at)
  }

  #end(): { readonly at: number; readonly next: number } {
    NEXT_END_OF_LINE.lastIndex = this.at
    const found = NEXT_END_OF_LINE.exec(this.text)
    this.number++
    if (found === null) return { at: this.text.length, next: this.text.length }
    return { at: found.index, next: NEXT_END_OF_LINE.lastIndex }
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function block(name: string, lines: readonly string[], label: string): PemBlock {
  const headers = new Map<string, string>()
  const blank = lines.findIndex(line => line.trim() === '')
  const body = blank > 0 && lines[0]!.includes(':') ? lines.slice(blank + 1) : lines
  if (body !== lines) {
    for (const line of lines.slice(0, blank)) {
      const colon = line.indexOf(':')
      if (colon < 1) throw invalid(label, 'header without a colon')
      headers.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim())
    }
  }
  return { label: name, bytes: decodeBase64(body.map(line => line.trim()).join(''), label), headers }
}

/**
 * Writes one block, in lines of 64 characters, ending with a newline.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a label that PEM does not allow.
 */
export function encodePem(label: string, bytes: Uint8Array): string {
  if (!BEGIN.test(`-----BEGIN ${label}-----`)) throw invalid('PEM label', 'not upper-case words')
  const text = encodeBase64(bytes)
  const lines: string[] = []
  for (let at = 0; at < text.length; at += LINE) lines.push(text.slice(at, at + LINE))
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/** Not `trim`: a line that starts with a blank begins no block. Not a pattern: `/[ \t]+$/` takes quadratic time. */
function trimEnd(line: string): string {
  let end = line.length
  while (line[end - 1] === ' ' || line[end - 1] === '\t') end--
  return line.slice(0, end)
}
