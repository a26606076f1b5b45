import { DER_TAGS } from './der-types.ts'
import { invalid } from './invalid.ts'
import { encodeUtf8 } from './utf8.ts'

/** Writes DER. Every member returns a whole element; members that nest take whole elements. */
export interface DerWriter {
  sequence(...elements: readonly Uint8Array[]): Uint8Array
  /** SET OF: the elements are put in DER's order. */
  set(...elements: readonly Uint8Array[]): Uint8Array
  /** A number, or the big-endian magnitude of one that is not negative. */
  integer(value: number | bigint | Uint8Array): Uint8Array
  boolean(value: boolean): Uint8Array
  nul(): Uint8Array
  /** Dotted decimal. */
  oid(dotted: string): Uint8Array
  /** `unusedBits` at the end of the last byte must be zero. */
  bitString(bytes: Uint8Array, unusedBits?: number): Uint8Array
  octetString(bytes: Uint8Array): Uint8Array
  utf8String(text: string): Uint8Array
  printableString(text: string): Uint8Array
  ia5String(text: string): Uint8Array
  /** UTCTime for 1950 to 2049, else GeneralizedTime (RFC 5280 §4.1.2.5); a fraction of a second is dropped. */
  time(time: Date): Uint8Array
  generalizedTime(time: Date): Uint8Array
  /** `[number] EXPLICIT`. */
  explicit(number: number, element: Uint8Array): Uint8Array
  /** `[number] IMPLICIT`: the element with its tag replaced; it stays primitive or constructed. */
  implicit(number: number, element: Uint8Array): Uint8Array
  /** An element encoded already, as it is. */
  raw(bytes: Uint8Array): Uint8Array
}

export const der: DerWriter = /* @__PURE__ */ Object.freeze({
  sequence: (...elements) => tlv(DER_TAGS.sequence, Buffer.concat(elements)),
  set: (...elements) => tlv(DER_TAGS.set, Buffer.concat([...elements].sort((a, b) => Buffer.compare(a, b)))),
  integer: value => tlv(DER_TAGS.integer, integerContents(value)),
  boolean: value => tlv(DER_TAGS.boolean, Uint8Array.of(value ? 0xff : 0)),
  nul: () => tlv(DER_TAGS.nul, new Uint8Array()),
  oid: dotted => tlv(DER_TAGS.oid, oidContents(dotted)),
  bitString: (bytes, unusedBits = 0) =>
    tlv(DER_TAGS.bitString, Buffer.concat([Uint8Array.of(unusedBits), bytes])),
  octetString: bytes => tlv(DER_TAGS.octetString, bytes),
  utf8String: text => tlv(DER_TAGS.utf8String, encodeUtf8(text, 'UTF8String')),
  printableString: text => {
    if (!/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text))
      throw invalid('PrintableString', 'character outside the type')
    return tlv(DER_TAGS.printableString, Buffer.from(text, 'latin1'))
  },
  ia5String: text => {
    if (!/^[ -~]*$/.test(text)) throw invalid('IA5String', 'character outside printable ASCII')
    return tlv(DER_TAGS.ia5String, Buffer.from(text, 'latin1'))
  },
  time: time => {
    const year = time.getUTCFullYear()
    return year >= 1950 && year < 2050
      ? tlv(DER_TAGS.utcTime, Buffer.from(digits(time).slice(2), 'latin1'))
      : der.generalizedTime(time)
  },
  generalizedTime: time => tlv(DER_TAGS.generalizedTime, Buffer.from(digits(time), 'latin1')),
  explicit: (number, element) => tlv(context(number) | 0x20, element),
  implicit: (number, element) => {
    const replaced = Uint8Array.from(element)
    replaced[0] = context(number) | (element[0]! & 0x20)
    return replaced
  },
  raw: bytes => bytes,
} satisfies DerWriter)

function tlv(tag: number, contents: Uint8Array): Uint8Array {
  const size = contents.length
  const length: number[] = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256)
  const head = size < 0x80 ? [tag, size] : [tag, 0x80 | length.length, ...length]
  const bytes = new Uint8Array(head.length + size)
  bytes.set(head)
  bytes.set(contents, head.length)
  return bytes
}

function integerContents(value: number | bigint | Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) {
    const start = value.findIndex(byte => byte !== 0)
    const magnitude = start < 0 ? Uint8Array.of(0) : value.subarray(start)
    return magnitude[0]! < 0x80 ? magnitude : Buffer.concat([Uint8Array.of(0), magnitude])
  }
  const integer = BigInt(value)
  let length = 1
  while (BigInt.asIntN(8 * length, integer) !== integer) length++
  return Buffer.from(
    BigInt.asUintN(8 * length, integer)
      .toString(16)
      .padStart(2 * length, '0'),
    'hex',
  )
}

function oidContents(dotted: string): Uint8Array {
  if (!/^([01]\.[1-3]?\d|2\.(0|[1-9]\d{0,38}))(\.(0|[1-9]\d{0,38}))*$/.test(dotted)) {
    throw invalid('OBJECT IDENTIFIER', 'not dotted decimal')
  }
  const [top, second, ...rest] = dotted.split('.').map(BigInt)
  return Uint8Array.from([40n * top! + second!, ...rest].flatMap(base128))
}

function base128(arc: bigint): number[] {
  const bytes = [Number(arc & 0x7fn)]
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn) | 0x80)
  return bytes
}

function digits(time: Date): string {
  const year = time.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) throw invalid('DER time', 'year outside 0000 to 9999')
  return `${time.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
}

function context(number: number): number {
  if (!(Number.isInteger(number) && number >= 0 && number < 0x1f))
    throw invalid('DER context tag', 'not 0 to 30')
  return 0x80 | number
}
