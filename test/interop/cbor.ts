/** A CBOR writer that writes whatever it is told, valid or not: forgeries cannot be made with a strict one. */
export type Cbor = Uint8Array

export function cborInteger(value: number): Cbor {
  return value >= 0 ? head(0, value) : head(1, -1 - value)
}

export function cborText(value: string): Cbor {
  const bytes = Buffer.from(value)
  return Buffer.concat([head(3, bytes.length), bytes])
}

export function cborBytes(value: Uint8Array): Cbor {
  return Buffer.concat([head(2, value.length), value])
}

export function cborArray(...items: readonly Cbor[]): Cbor {
  return Buffer.concat([head(4, items.length), ...items])
}

/** The pairs in the order given, duplicates and all. */
export function cborMap(...pairs: readonly (readonly [Cbor, Cbor])[]): Cbor {
  return Buffer.concat([head(5, pairs.length), ...pairs.flat()])
}

export function cborTag(tag: number, item: Cbor): Cbor {
  return Buffer.concat([head(6, tag), item])
}

/** A head with its argument in the shortest form, as core deterministic encoding demands. */
function head(major: number, argument: number): Cbor {
  const type = major << 5
  if (argument < 24) return Buffer.from([type | argument])
  if (argument < 0x100) return Buffer.from([type | 24, argument])
  if (argument < 0x10000) return Buffer.from([type | 25, argument >> 8, argument & 0xff])
  const long = Buffer.alloc(5, type | 26)
  long.writeUInt32BE(argument, 1)
  return long
}

/** The pairs of a map in the order of core deterministic encoding: by the bytes of the encoded key. */
export function sortedPairs(pairs: readonly (readonly [Cbor, Cbor])[]): readonly (readonly [Cbor, Cbor])[] {
  return pairs.toSorted(([a], [b]) => Buffer.compare(a, b))
}

/** The encoded items of a definite array, without a look inside them. */
export function cborItems(array: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(array)
  const { major, argument, size } = readHead(bytes, 0)
  if (major !== 4) throw new Error('no array')
  const items: Uint8Array[] = []
  for (let start = size; items.length < argument; ) {
    const end = itemEnd(bytes, start)
    items.push(bytes.subarray(start, end))
    start = end
  }
  return items
}

/** The contents of an encoded byte string. */
export function cborContents(item: Uint8Array): Uint8Array {
  return item.subarray(readHead(Buffer.from(item), 0).size)
}

function itemEnd(bytes: Buffer, start: number): number {
  const { major, argument, size } = readHead(bytes, start)
  let end = start + size
  if (major === 2 || major === 3) return end + argument
  const inside = major === 4 ? argument : major === 5 ? 2 * argument : major === 6 ? 1 : 0
  for (let item = 0; item < inside; item++) end = itemEnd(bytes, end)
  return end
}

function readHead(bytes: Buffer, at: number): { major: number; argument: number; size: number } {
  const [major, low] = [bytes[at]! >> 5, bytes[at]! & 31]
  if (low < 24) return { major, argument: low, size: 1 }
  const width = 2 ** (low - 24)
  return { major, argument: bytes.readUIntBE(at + 1, width), size: 1 + width }
}
