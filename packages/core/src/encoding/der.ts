import { invalid } from './invalid.ts'

/** One DER element. Its bytes are views of the input, not copies. */
export interface DerValue {
  /** The identifier octet whole, class and constructed bit included: 0x30 is SEQUENCE, 0xa0 a constructed [0]. */
  readonly tag: number
  readonly constructed: boolean
  /** Identifier, length and contents. */
  readonly bytes: Uint8Array
  readonly contents: Uint8Array
  /** The elements within, in order; none for a primitive element. */
  children(): DerValue[]
}

/** Deepest nesting that {@link readDer} follows. */
const MAX_DEPTH = 64
const CONSTRUCTED = 0x20
/** Universal types whose contents are elements: SEQUENCE and SET. All other universal types are primitive in DER. */
const STRUCTURED = /* @__PURE__ */ new Set([0x10, 0x11])

/**
 * Reads exactly one DER element (X.690) and checks all that is nested in it: definite lengths in the fewest bytes, one-byte
 * tags, universal types primitive or constructed as DER has them, at most 64 levels, nothing after it.
 *
 * Contents of primitive types are checked by the readers in `der-types.ts`.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readDer(bytes: Uint8Array, label: string): DerValue {
  const outermost = header(bytes, 0, bytes.length, label)
  if (outermost.end !== bytes.length) throw invalid(label, 'bytes after the DER element')
  const ends: number[] = []
  let at = 0
  while (at < bytes.length) {
    const { start, end } = header(bytes, at, ends.at(-1) ?? bytes.length, label)
    if (bytes[at]! & CONSTRUCTED) {
      if (ends.length >= MAX_DEPTH) throw invalid(label, `DER deeper than ${MAX_DEPTH} levels`)
      ends.push(end)
      at = start
    } else {
      at = end
    }
    while (ends.length > 0 && ends.at(-1) === at) ends.pop()
  }
  return new Element(bytes, 0, outermost)
}

interface Header {
  /** Where the contents start. */
  readonly start: number
  readonly end: number
}

function header(bytes: Uint8Array, at: number, limit: number, label: string): Header {
  if (at + 2 > limit) throw invalid(label, 'DER ends within an element')
  const tag = bytes[at]!
  const number = tag & 0x1f
  if (number === 0x1f) throw invalid(label, 'DER tag of several bytes')
  if (tag < 0x40) {
    if (number === 0) throw invalid(label, 'DER end-of-contents tag')
    if (STRUCTURED.has(number) !== (tag & CONSTRUCTED) > 0) {
      throw invalid(label, 'DER type primitive where it is constructed, or the reverse')
    }
  }
  const first = bytes[at + 1]!
  if (first < 0x80) return within(at + 2, first, limit, label)
  const count = first & 0x7f
  if (count === 0) throw invalid(label, 'DER with an indefinite length')
  if (count > 4 || at + 2 + count > limit) throw invalid(label, 'DER length beyond the input')
  let length = 0
  for (let i = 0; i < count; i++) length = length * 256 + bytes[at + 2 + i]!
  if (length < 0x80 || bytes[at + 2] === 0) throw invalid(label, 'DER length not in the fewest bytes')
  return within(at + 2 + count, length, limit, label)
}

function within(start: number, length: number, limit: number, label: string): Header {
  if (start + length > limit) throw invalid(label, 'DER length beyond the input')
  return { start, end: start + length }
}

/** Makes its views when they are asked for: of most elements only the place is needed. */
class Element implements DerValue {
  readonly tag: number
  readonly #input: Uint8Array
  readonly #at: number
  readonly #start: number
  readonly #end: number

  constructor(input: Uint8Array, at: number, { start, end }: Header) {
    this.tag = input[at]!
    this.#input = input
    this.#at = at
    this.#start = start
    this.#end = end
  }

  get constructed(): boolean {
    return (this.tag & CONSTRUCTED) > 0
  }

  get bytes(): Uint8Array {
    return this.#input.subarray(this.#at, this.#end)
  }

  get contents(): Uint8Array {
    return this.#input.subarray(this.#start, this.#end)
  }

  children(): DerValue[] {
    const found: DerValue[] = []
    if (!this.constructed) return found
    for (let at = this.#start; at < this.#end; ) {
      // Checked by readDer before anybody holds a value: this cannot fail.
      const head = header(this.#input, at, this.#end, 'DER')
      found.push(new Element(this.#input, at, head))
      at = head.end
    }
    return found
  }
}
