import { decodeBase64, encodeBase64 } from './base64.ts'
import { invalid } from './invalid.ts'
import { decodeUtf8 } from './utf8.ts'

/** One PEM block (RFC 7468, with the headers of RFC 1421 where an old key has them). */
export interface PemBlock {
  /** Between the dashes: `CERTIFICATE`, `PRIVATE KEY`. */
  readonly label: string
  readonly bytes: Uint8Array
  /** `Proc-Type`, `DEK-Info`; a `Map`, empty for all modern files. */
  readonly headers: ReadonlyMap<string, string>
}

const BEGIN = /^-----BEGIN ([A-Z0-9][A-Z0-9 ]*)-----$/
const MAX_BYTES = 4 * 1024 * 1024
const LINE = 64

/**
 * Reads the PEM blocks of a text in order; text between blocks is skipped (RFC 7468 §2), what stands within one must be
 * sound: matching labels, canonical base64 over lines. A text without a block gives an empty list.
 *
 * @param label - Names the input in messages.
 * @throws {@link SealwrightError} `VALIDATION`, with the line.
 */
export function decodePem(text: string | Uint8Array, label: string): PemBlock[] {
  if (text.length > MAX_BYTES) throw invalid(label, `PEM of more than ${MAX_BYTES} bytes`)
  const lines = (typeof text === 'string' ? text : decodeUtf8(text, label)).split(/\r\n|\n|\r/)
  const blocks: PemBlock[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = trimEnd(lines[at]!)
    if (!line.startsWith('-----')) continue
    const name = BEGIN.exec(line)?.[1]
    if (name === undefined) throw invalid(label, `no PEM block begins at line ${at + 1}`)
    let end = at + 1
    while (end < lines.length && !lines[end]!.startsWith('-----')) end++
    if (trimEnd(lines[end] ?? '') !== `-----END ${name}-----`) {
      throw invalid(label, `the PEM block of line ${at + 1} has no end`)
    }
    blocks.push(block(name, lines.slice(at + 1, end), `${label}, the PEM block of line ${at + 1}`))
    at = end
  }
  return blocks
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

/** Writes one block, in lines of 64 characters, ending with a newline. */
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
