import type { RegularFile } from '@sealwright/core/files'
import { damaged } from './tar-header.ts'
import { MAX_TEMPORARY_BYTES, TemporaryFile } from './temporary-file.ts'

/** Closes the file when its archive is forgotten: an archive has no end that it is told of. */
const closing = new FinalizationRegistry<RegularFile>(file => file.close())

/**
 * Writes the content of a compressed archive to a temporary file that has no name any more, so that nobody else finds it
 * and nothing is left of it. It is closed when `owner` is forgotten.
 */
export async function expandToFile(
  content: AsyncIterable<Uint8Array>,
  archive: string,
  owner: object,
): Promise<RegularFile> {
  await using file = await TemporaryFile.create()
  await file.append(limited(content, archive))
  const expanded = await file.open()
  closing.register(owner, expanded)
  return expanded
}

async function* limited(content: AsyncIterable<Uint8Array>, archive: string): AsyncGenerator<Uint8Array> {
  let left = MAX_TEMPORARY_BYTES
  for await (const chunk of content) {
    left -= chunk.byteLength
    if (left < 0) throw damaged(archive, `it expands to more than ${MAX_TEMPORARY_BYTES} bytes`)
    yield chunk
  }
}
