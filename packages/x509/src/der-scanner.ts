import { SealwrightError } from '@sealwright/core'

const CONSTRUCTED = 0x20

/**
 * Reads the header of one DER element after another by the rules of `readDer`, and allocates nothing: for lists with a
 * million elements.
 */
export class DerScanner {
  /** The identifier octet of the element read last, where its contents start, and where it ends. */
  tag = 0
  start = 0
  end = 0
  readonly #bytes: Uint8Array
  readonly #label: string

  constructor(bytes: Uint8Array, label: string) {
    this.#bytes = bytes
    this.#label = label
  }

  /**
   * Reads the element at `at`, which may reach up to `limit`.
   *
   * @throws {@link SealwrightError} `VALIDATION`.
   */
  read(at: number, limit: number): void {
    if (at + 2 > limit) throw this.#invalid('DER ends within an element')
    const tag = this.#bytes[at]!
    const number = tag & 0x1f
    const isConstructed = (tag & CONSTRUCTED) !== 0
    if (number === 0x1f) throw this.#invalid('DER tag of several bytes')
    if (tag < 0x40 && (number === 0 || (number === 0x10 || number === 0x11) !== isConstructed))
      throw this.#invalid('DER type primitive where it is constructed, or the reverse')
    const first = this.#bytes[at + 1]!
    let start = at + 2
    let length = first
    if (first >= 0x80) {
      const count = first & 0x7f
      if (count === 0 || count > 4 || start + count > limit)
        throw this.#invalid('DER length indefinite or beyond the input')
      length = 0
      for (let index = 0; index < count; index++) length = length * 256 + this.#bytes[start + index]!
      if (length < 0x80 || this.#bytes[start] === 0) throw this.#invalid('DER length not in the fewest bytes')
      start += count
    }
    if (start + length > limit) throw this.#invalid('DER length beyond the input')
    this.tag = tag
    this.start = start
    this.end = start + length
  }

  /** As {@link read}, for an element with this identifier octet and no other. */
  expect(tag: number, at: number, limit: number): void {
    this.read(at, limit)
    if (this.tag !== tag) throw this.#invalid(`DER tag 0x${hex(tag)} expected, 0x${hex(this.tag)} found`)
  }

  #invalid(fault: string): SealwrightError {
    return new SealwrightError('VALIDATION', `${this.#label}: ${fault}`)
  }
}

function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0')
}
