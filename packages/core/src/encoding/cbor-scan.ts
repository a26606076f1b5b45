import { invalid } from './invalid.ts'

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const

interface Level {
  /** Items still to come at this level. */
  left: number
  readonly map: boolean
}

/**
 * Walks the heads of CBOR without recursion, before a decoder that recurses sees them: bounds the depth, refuses lengths
 * beyond the input, indefinite lengths, and map keys other than integers and text (others have no equality in a `Map`, so
 * that a duplicate would go unseen), and integers beyond 64 bits with a sign, which readers in Go and Java do not have.
 *
 * @returns The tag numbers that occur.
 */
export function scanCbor(bytes: Uint8Array, maxDepth: number, label: string): Set<number> {
  const tags = new Set<number>()
  const levels: Level[] = [{ left: 1, map: false }]
  let at = 0
  while (levels.length > 0) {
    const level = levels.at(-1)!
    if (level.left === 0) {
      levels.pop()
      continue
    }
    const isKey = level.map && level.left % 2 === 0
    level.left--
    const head = readHead(bytes, at, label)
    at = head.end
    if (head.major <= MAJOR.negative && head.beyond64) {
      throw invalid(label, 'CBOR integer beyond 64 bits with a sign')
    }
    if (isKey && head.major > MAJOR.negative && head.major !== MAJOR.text) {
      throw invalid(label, 'CBOR map key that is neither integer nor text')
    }
    if (head.major === MAJOR.bytes || head.major === MAJOR.text) {
      if (head.argument > bytes.length - at) throw invalid(label, 'CBOR length beyond the input')
      at += head.argument
    } else if (head.major === MAJOR.array || head.major === MAJOR.map || head.major === MAJOR.tag) {
      const left = head.major === MAJOR.tag ? 1 : head.major === MAJOR.map ? 2 * head.argument : head.argument
      if (left > bytes.length - at) throw invalid(label, 'CBOR length beyond the input')
      if (levels.length > maxDepth) throw invalid(label, `CBOR deeper than ${maxDepth} levels`)
      if (head.major === MAJOR.tag) tags.add(head.argument)
      levels.push({ left, map: head.major === MAJOR.map })
    }
  }
  if (at < bytes.length) throw invalid(label, 'bytes after the CBOR item')
  return tags
}

interface Head {
  readonly major: number
  /** The value, length or count; for floats their bits, which nobody reads. */
  readonly argument: number
  /** Whether a 64-bit argument has its top bit set. */
  readonly beyond64: boolean
  readonly end: number
}

function readHead(bytes: Uint8Array, at: number, label: string): Head {
  const initial = bytes[at]
  if (initial === undefined) throw invalid(label, 'CBOR ends within an item')
  const major = initial >> 5
  const information = initial & 0x1f
  if (information < 24) return { major, argument: information, beyond64: false, end: at + 1 }
  if (information > 27) throw invalid(label, 'CBOR with an indefinite length or a reserved head')
  const end = at + 1 + 2 ** (information - 24)
  if (end > bytes.length) throw invalid(label, 'CBOR ends within an item')
  let argument = 0
  for (let i = at + 1; i < end; i++) argument = argument * 256 + bytes[i]!
  return { major, argument, beyond64: information === 27 && bytes[at + 1]! > 0x7f, end }
}
