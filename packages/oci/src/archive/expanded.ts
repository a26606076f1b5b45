import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRegular, type RegularFile, systemFailure } from '@sealwright/core/files'
import { writeAt } from '../layout/write-chunks.ts'
import { damaged } from './tar-header.ts'

const MAX_BYTES = 64 * 1024 ** 3

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
  const folder = await mkdtemp(join(tmpdir(), 'sealwright-'))
  const path = join(folder, 'expanded')
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await writeAt(file, path, 0, limited(content, archive))
    } finally {
      await file.close()
    }
    const expanded = await openRegular(path)
    if (expanded === undefined) throw damaged(archive, 'its temporary file is gone')
    closing.register(owner, expanded)
    return expanded
  } catch (error) {
    throw systemFailure(error, 'write', path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function* limited(content: AsyncIterable<Uint8Array>, archive: string): AsyncGenerator<Uint8Array> {
  let left = MAX_BYTES
  for await (const chunk of content) {
    left -= chunk.byteLength
    if (left < 0) throw damaged(archive, `it expands to more than ${MAX_BYTES} bytes`)
    yield chunk
  }
}
