import { crc32 } from 'node:zlib'
import { Deflater } from './deflater.ts'

/** RFC 1952: deflate, no name, no time, unknown system. */
const HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)

/** gzip (RFC 1952), byte for byte as Go's `compress/gzip` writes it at its default level. */
export async function* goGzip(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const deflater = new Deflater()
  let sum = 0
  let size = 0
  yield HEAD
  for await (const chunk of input) {
    sum = crc32(chunk, sum)
    size += chunk.length
    yield* deflater.write(chunk)
  }
  yield* deflater.end()
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(sum, 0)
  tail.writeUInt32LE(size % 2 ** 32, 4)
  yield tail
}
