import { BitWriter } from './bit-writer.ts'
import { BlockWriter } from './block-writer.ts'
import { matchToken } from './tokens.ts'

const WINDOW = 32_768
const MASK = WINDOW - 1
const MIN_MATCH = 4
const MAX_MATCH = 258
const LOOKAHEAD = MIN_MATCH + MAX_MATCH
const MAX_TOKENS = 16_384
const HASH_BITS = 17
const MAX_HASH_OFFSET = 1 << 24
/** A match of four bytes is worth its bits only from near by. */
const NEAR = 4096
/** Level 6 of Go. */
const GOOD = 8
const LAZY = 16
const NICE = 128
const CHAIN = 128

/**
 * DEFLATE (RFC 1951) at the default level, bit for bit as Go's `compress/flate` writes it since Go 1.7, however the input
 * is cut: what Docker compresses the layers of an image with when it pushes them. Written after Go's sources
 * (BSD-3-Clause, Copyright 2009 The Go Authors).
 */
export class Deflater {
  readonly #out = new BitWriter()
  readonly #blocks = new BlockWriter(this.#out)
  readonly #window = new Uint8Array(2 * WINDOW)
  readonly #tokens = new Int32Array(MAX_TOKENS)
  #tokenCount = 0
  /** Not yet looked at: from `#index` to `#end`. */
  #index = 0
  #end = 0
  /** Where the tokens of this block begin; `Infinity` once that has left the window. */
  #blockStart = 0
  /** Whether the byte before `#index` has no token yet: the match after it may be better. */
  #isPending = false
  #length = MIN_MATCH - 1
  #distance = 0
  #chainHead = -1
  /** Positions are kept with this added, so that zero is none. */
  #hashOffset = 1
  readonly #hashHead = new Uint32Array(1 << HASH_BITS)
  readonly #hashPrevious = new Uint32Array(WINDOW)

  /** Takes bytes in; gives those that are ready. */
  write(bytes: Uint8Array): Uint8Array[] {
    for (let done = 0; done < bytes.length; ) {
      this.#deflate(false)
      done += this.#fill(bytes.subarray(done))
    }
    return this.#out.take()
  }

  /** The rest. */
  end(): Uint8Array[] {
    this.#deflate(true)
    this.#blocks.stored(new Uint8Array(), true)
    this.#out.align()
    return this.#out.takeAll()
  }

  #fill(bytes: Uint8Array): number {
    if (this.#index >= 2 * WINDOW - LOOKAHEAD) this.#shift()
    const taken = bytes.subarray(0, 2 * WINDOW - this.#end)
    this.#window.set(taken, this.#end)
    this.#end += taken.length
    return taken.length
  }

  #shift(): void {
    this.#window.copyWithin(0, WINDOW)
    this.#index -= WINDOW
    this.#end -= WINDOW
    this.#blockStart = this.#blockStart >= WINDOW ? this.#blockStart - WINDOW : Number.POSITIVE_INFINITY
    this.#hashOffset += WINDOW
    if (this.#hashOffset <= MAX_HASH_OFFSET) return
    const delta = this.#hashOffset - 1
    this.#hashOffset = 1
    this.#chainHead -= delta
    for (const table of [this.#hashPrevious, this.#hashHead])
      for (let at = 0; at < table.length; at++) table[at] = Math.max(0, table[at]! - delta)
  }

  #deflate(isLast: boolean): void {
    if (this.#end - this.#index < LOOKAHEAD && !isLast) return
    const maxInsert = this.#end - (MIN_MATCH - 1)
    for (;;) {
      const lookahead = this.#end - this.#index
      if (lookahead < LOOKAHEAD) {
        if (!isLast) return
        if (lookahead === 0) {
          this.#finishBlock()
          return
        }
      }
      if (this.#index < maxInsert) this.#chainHead = this.#insert(this.#index)
      const previousLength = this.#length
      const previousDistance = this.#distance
      this.#length = MIN_MATCH - 1
      this.#distance = 0
      const head = this.#chainHead - this.#hashOffset
      if (head >= Math.max(0, this.#index - WINDOW) && lookahead > previousLength && previousLength < LAZY)
        this.#findMatch(head, Math.min(lookahead, MAX_MATCH))
      if (previousLength >= MIN_MATCH && this.#length <= previousLength)
        this.#takeMatch(previousLength, previousDistance, maxInsert)
      else this.#takeLiteral()
    }
  }

  /** The match before was the better one: it becomes a token, and its bytes are found by later ones. */
  #takeMatch(length: number, distance: number, maxInsert: number): void {
    this.#tokens[this.#tokenCount++] = matchToken(length, distance)
    const end = this.#index + length - 1
    for (let at = this.#index + 1; at < end; at++) if (at < maxInsert) this.#insert(at)
    this.#index = end
    this.#isPending = false
    this.#length = MIN_MATCH - 1
    if (this.#tokenCount === MAX_TOKENS) this.#writeBlock(this.#index)
  }

  #takeLiteral(): void {
    if (this.#isPending) {
      this.#tokens[this.#tokenCount++] = this.#window[this.#index - 1]!
      if (this.#tokenCount === MAX_TOKENS) this.#writeBlock(this.#index)
    }
    this.#index++
    this.#isPending = true
  }

  #finishBlock(): void {
    if (this.#isPending) {
      this.#tokens[this.#tokenCount++] = this.#window[this.#index - 1]!
      this.#isPending = false
    }
    if (this.#tokenCount > 0) this.#writeBlock(this.#index)
  }

  #writeBlock(index: number): void {
    const input = this.#blockStart <= index ? this.#window.subarray(this.#blockStart, index) : undefined
    this.#blockStart = index
    this.#blocks.write(this.#tokens.subarray(0, this.#tokenCount), input)
    this.#tokenCount = 0
  }

  /** Enters a position under the hash of its four bytes; gives the one that was there. */
  #insert(at: number): number {
    const window = this.#window
    const word = (window[at]! << 24) | (window[at + 1]! << 16) | (window[at + 2]! << 8) | window[at + 3]!
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
    const head = this.#hashHead[hash]!
    this.#hashPrevious[at & MASK] = head
    this.#hashHead[hash] = at + this.#hashOffset
    return head
  }

  /** Looks along the chain for the longest match from here, `limit` bytes at most. */
  #findMatch(head: number, limit: number): void {
    const window = this.#window
    const here = this.#index
    const first = here - WINDOW
    const nice = Math.min(limit, NICE)
    let length = MIN_MATCH - 1
    let wanted = window[here + length]
    let at = head
    for (let tries = length >= GOOD ? CHAIN >> 2 : CHAIN; tries > 0; tries--) {
      if (window[at + length] === wanted) {
        let same = 0
        while (same < limit && window[at + same] === window[here + same]) same++
        if (same > length && (same > MIN_MATCH || here - at <= NEAR)) {
          length = same
          this.#length = same
          this.#distance = here - at
          if (same >= nice) return
          wanted = window[here + same]
        }
      }
      if (at === first) return
      at = this.#hashPrevious[at & MASK]! - this.#hashOffset
      if (at < first || at < 0) return
    }
  }
}
