import { createTarPacker } from 'modern-tar'
import { BLOCK } from './tar-header.ts'

/** A file to be written into a tar. */
export interface TarContent {
  readonly name: string
  /** Bytes; exactly as many must come. */
  readonly size: number
  read(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** What marks the end: two blocks of zeros. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK)

/** The bytes of a tar with these files, in this order; the same files always give the same bytes. */
export async function* packTar(files: Iterable<TarContent>): AsyncGenerator<Uint8Array> {
  for (const file of files) yield* packFile(file)
  yield TAR_END
}

/** One file of a tar: its header, its content, and the padding to whole blocks. */
export async function* packFile({ name, size, read }: TarContent): AsyncGenerator<Uint8Array> {
  yield await tarHeader(name, size)
  let left = size
  for await (const chunk of read()) {
    left -= chunk.byteLength
    if (left < 0) break
    yield chunk
  }
  if (left !== 0) throw new Error(`${name} has other than the ${size} bytes that were announced`)
  const padding = -size & (BLOCK - 1)
  if (padding > 0) yield new Uint8Array(padding)
}

/** All blocks that stand before the content: extended ones too, where the name or the size needs them. */
async function tarHeader(name: string, size: number): Promise<Uint8Array> {
  const { readable, controller } = createTarPacker()
  controller.add({ name, size, mode: 0o644, mtime: new Date(0), type: 'file' })
  const reader = readable.getReader()
  const blocks: Uint8Array[] = []
  for (;;) {
    const { value } = await reader.read()
    if (value === undefined) throw new Error('a header has no end')
    blocks.push(value)
    if (isFileHeader(value)) break
  }
  await reader.cancel()
  return Buffer.concat(blocks)
}

/** The header of the file itself, and no extended one. */
function isFileHeader(block: Uint8Array): boolean {
  return (
    block.byteLength === BLOCK &&
    block[156] === 0x30 &&
    Buffer.from(block.subarray(257, 262)).toString() === 'ustar'
  )
}
