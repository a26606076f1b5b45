import { Tagged } from 'cborg'
import { invalid } from './invalid.ts'
import { decodeUtf8 } from './utf8.ts'

/** A float that is a whole number (`2.0`), which CBOR tells from the integer and JavaScript does not. */
export class CborFloat {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  valueOf(): number {
    return this.value
  }
}

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const
const SIMPLE: ReadonlyMap<number, unknown> = /* @__PURE__ */ new Map<number, unknown>([
  [20, false],
  [21, true],
  [22, null],
  [23, undefined],
])
/** The least argument that a head of 2, 3, 5 and 9 bytes may hold; a smaller one fits a shorter head. */
const LEAST = [24, 0x100, 0x10000, 0x100000000] as const
const NAN = 0x7e00
/** V8 hashes a longer text by its length alone, so that many of them in one map take quadratic time. */
const MAX_KEY_BYTES = 8192
/** V8 hashes integers without a seed: whoever makes up keys of one hash has a map take quadratic time. */
const MAX_ENTRIES = 1000

export interface CborBounds {
  readonly label: string
  readonly maxDepth: number
  readonly maxValues: number
  readonly sortedKeys: boolean
}

/** Reads one CBOR item in a single pass, and refuses every encoding but the deterministic one. */
export class CborReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #bounds: CborBounds
  #at = 0
  #depth = 0
  #values = 0

  constructor(bytes: Uint8Array, bounds: CborBounds) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#bounds = bounds
  }

  read(): unknown {
    const value = this.#item()
    if (this.#at < this.#bytes.length) throw this.#fault('bytes after the CBOR item')
    return value
  }

  #item(): unknown {
    const { maxValues } = this.#bounds
    if (++this.#values > maxValues) throw this.#fault(`more than ${maxValues} CBOR values`)
    const { major, information } = this.#initial()
    if (major === MAJOR.simple) return this.#simple(information)
    const argument = this.#argument(information, major)
    switch (major) {
      case MAJOR.unsigned:
        return argument
      case MAJOR.negative:
        return typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER
          ? -1 - argument
          : -1n - BigInt(argument)
      case MAJOR.bytes:
        // A copy, so that a certificate does not keep the whole envelope in memory.
        return new Uint8Array(this.#take(argument))
      case MAJOR.text:
        return decodeUtf8(this.#take(argument), this.#bounds.label)
      case MAJOR.array:
        return this.#nested(() => this.#array(this.#count(argument, 1)))
      case MAJOR.map:
        return this.#nested(() => this.#map(this.#count(argument, 2)))
      default:
        return this.#nested(() => this.#tagged(argument))
    }
  }

  #initial(): { readonly major: number; readonly information: number } {
    const initial = this.#bytes[this.#at]
    if (initial === undefined) throw this.#fault('CBOR ends within an item')
    this.#at++
    const information = initial & 0x1f
    if (information > 27) throw this.#fault('CBOR with an indefinite length or a reserved head')
    return { major: initial >> 5, information }
  }

  /** A value, length or count; `bigint` where a double would round it. */
  #argument(information: number, major: number): number | bigint {
    if (information < 24) return information
    const size = 2 ** (information - 24)
    if (this.#at + size > this.#bytes.length) throw this.#fault('CBOR ends within an item')
    const start = this.#at
    this.#at += size
    if (size === 8 && this.#bytes[start]! > 0x7f && major <= MAJOR.negative)
      throw this.#fault('CBOR integer beyond 64 bits with a sign')
    let argument = 0
    for (let at = start; at < this.#at; at++) argument = argument * 256 + this.#bytes[at]!
    if (argument < LEAST[information - 24]!) throw this.#notDeterministic()
    return Number.isSafeInteger(argument) ? argument : this.#view.getBigUint64(start)
  }

  #take(length: number | bigint): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw this.#fault('CBOR length beyond the input')
    const start = this.#at
    this.#at += Number(length)
    return this.#bytes.subarray(start, this.#at)
  }

  /** A count of entries, each of which takes so many bytes at least. */
  #count(count: number | bigint, bytesEach: number): number {
    if (Number(count) * bytesEach > this.#bytes.length - this.#at)
      throw this.#fault('CBOR length beyond the input')
    return Number(count)
  }

  #nested<T>(read: () => T): T {
    const { maxDepth } = this.#bounds
    if (++this.#depth > maxDepth) throw this.#fault(`CBOR deeper than ${maxDepth} levels`)
    const value = read()
    this.#depth--
    return value
  }

  #array(count: number): unknown[] {
    const array: unknown[] = []
    for (let left = count; left > 0; left--) array.push(this.#item())
    return array
  }

  #map(count: number): Map<unknown, unknown> {
    if (count > MAX_ENTRIES) throw this.#fault(`CBOR map of more than ${MAX_ENTRIES} entries`)
    const map = new Map<unknown, unknown>()
    let before: Uint8Array | undefined
    for (let left = count; left > 0; left--) {
      const start = this.#at
      const key = this.#key()
      const written = this.#bytes.subarray(start, this.#at)
      if (map.has(key)) throw this.#fault('CBOR map key twice')
      if (this.#bounds.sortedKeys && before !== undefined && Buffer.compare(before, written) > 0)
        throw this.#notDeterministic()
      before = written
      map.set(key, this.#item())
    }
    return map
  }

  /** Others have no equality in a `Map`, so that a duplicate would go unseen. */
  #key(): unknown {
    const major = this.#bytes[this.#at]! >> 5
    if (this.#at < this.#bytes.length && major > MAJOR.negative && major !== MAJOR.text)
      throw this.#fault('CBOR map key that is neither integer nor text')
    const start = this.#at
    const key = this.#item()
    if (this.#at - start > MAX_KEY_BYTES)
      throw this.#fault(`CBOR map key of more than ${MAX_KEY_BYTES} bytes`)
    return key
  }

  #tagged(tag: number | bigint): unknown {
    if (typeof tag !== 'number') throw this.#fault('CBOR tag beyond 2^53')
    return new Tagged(tag, this.#item())
  }

  #simple(information: number): unknown {
    if (information < 25) {
      if (!SIMPLE.has(information)) throw this.#fault('a simple CBOR value without meaning')
      return SIMPLE.get(information)
    }
    const size = 2 ** (information - 24)
    if (this.#at + size > this.#bytes.length) throw this.#fault('CBOR ends within an item')
    const value = this.#float(this.#at, size)
    this.#at += size
    return Number.isInteger(value) ? new CborFloat(value) : value
  }

  #float(at: number, size: number): number {
    if (size === 2) {
      const bits = this.#view.getUint16(at)
      const value = halfOf(bits)
      if (Number.isNaN(value) && bits !== NAN) throw this.#notDeterministic()
      return value
    }
    const value = size === 4 ? this.#view.getFloat32(at) : this.#view.getFloat64(at)
    const fitsLess = size === 4 ? fitsHalf(this.#view.getUint32(at)) : Object.is(Math.fround(value), value)
    if (fitsLess || Number.isNaN(value)) throw this.#notDeterministic()
    return value
  }

  #notDeterministic(): Error {
    return this.#fault('CBOR not in deterministic encoding')
  }

  #fault(fault: string): Error {
    return invalid(this.#bounds.label, fault)
  }
}

/** IEEE 754 binary16: `DataView` reads it in the newest Node only. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (0x400 + mantissa) * 2 ** (exponent - 25))
}

/** Whether the bits of a binary32 stand for a number that binary16 has, too. */
function fitsHalf(bits: number): boolean {
  const exponent = ((bits >>> 23) & 0xff) - 127
  const mantissa = bits & 0x7fffff
  if (exponent === 128 || exponent === -127) return mantissa === 0
  if (exponent > 15 || exponent < -24) return false
  const lost = exponent < -14 ? -1 - exponent : 13
  return (mantissa | 0x800000) % 2 ** lost === 0
}
