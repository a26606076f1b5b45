import { SealwrightError } from '@sealwright/core'

export const BLOCK = 512

/** One header block of a tar (POSIX.1-2024 pax, "ustar Interchange Format"), before extended headers are applied. */
export interface TarHeader {
  readonly name: string
  /** Bytes of content that follow, without the padding to whole blocks. */
  readonly size: number
  /** The type flag; `0` for a regular file. */
  readonly type: string
  /** What a link leads to. */
  readonly link: string
}

/** @throws {@link SealwrightError} `VALIDATION`. */
export function readTarHeader(block: Uint8Array, archive: string): TarHeader {
  let sum = 0
  for (let index = 0; index < BLOCK; index++) sum += index >= 148 && index < 156 ? 0x20 : block[index]!
  if (readNumber(block.subarray(148, 156), archive) !== sum)
    throw damaged(archive, 'a header does not add up')
  const flag = block[156] === 0 ? '0' : String.fromCharCode(block[156]!)
  const ustar = readText(block.subarray(257, 262)) === 'ustar'
  // GNU tar keeps other things where POSIX keeps the prefix; its magic ends in a space.
  const prefix = ustar && block[262] === 0 ? readText(block.subarray(345, 500)) : ''
  const name = readText(block.subarray(0, 100))
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: readNumber(block.subarray(124, 136), archive),
    type: flag,
    link: readText(block.subarray(157, 257)),
  }
}

/** The `path` and `size` of an extended header: records of `<length> <key>=<value>\n`. */
export function readPax(
  bytes: Uint8Array,
  archive: string,
): { readonly path?: string; readonly size?: number } {
  const found: { path?: string; size?: number } = {}
  for (let start = 0; start < bytes.byteLength; ) {
    const space = bytes.indexOf(0x20, start)
    const length = Number(/^[1-9]\d{0,6}$/.exec(readText(bytes.subarray(start, Math.max(space, start))))?.[0])
    const end = start + length
    const equals = bytes.indexOf(0x3d, space)
    if (!(end <= bytes.byteLength) || bytes[end - 1] !== 0x0a || equals < 0 || equals >= end) {
      throw damaged(archive, 'an extended header cannot be read')
    }
    const key = Buffer.from(bytes.subarray(space + 1, equals)).toString()
    const value = Buffer.from(bytes.subarray(equals + 1, end - 1)).toString()
    if (key === 'path') found.path = value
    if (key === 'size') {
      const size = Number(value)
      if (!/^\d+$/.test(value) || !Number.isSafeInteger(size)) throw damaged(archive, 'a size cannot be read')
      found.size = size
    }
    if (key.startsWith('GNU.sparse')) throw damaged(archive, 'it has a sparse file')
    start = end
  }
  return found
}

export function readText(field: Uint8Array): string {
  const end = field.indexOf(0)
  return Buffer.from(field.subarray(0, end < 0 ? undefined : end)).toString()
}

export function damaged(archive: string, why: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${archive} is not an archive that can be read`, { why })
}

/** Octal text, or, marked by the first bit, a big-endian number (GNU, for more than 8 GiB). */
function readNumber(field: Uint8Array, archive: string): number {
  let value = 0
  if (field[0]! & 0x80) {
    value = field[0]! & 0x7f
    for (const byte of field.subarray(1)) value = value * 256 + byte
  } else {
    const text = readText(field).trim()
    if (!/^[0-7]*$/.test(text)) throw damaged(archive, 'a number in a header cannot be read')
    value = Number.parseInt(text || '0', 8)
  }
  if (!Number.isSafeInteger(value)) throw damaged(archive, 'a number in a header is out of range')
  return value
}
