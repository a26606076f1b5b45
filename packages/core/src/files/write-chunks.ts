import type { FileHandle } from 'node:fs/promises'
import { systemFailure } from './system-failure.ts'

const TOGETHER = 1024 * 1024

/**
 * Writes chunks one after the other, several in one call.
 *
 * @param path - Of the file, for what the system refuses.
 * @returns Where they end.
 * @throws {@link SealwrightError} as {@link systemFailure}; what `chunks` throws.
 */
export async function writeAt(
  file: FileHandle,
  path: string,
  start: number,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  let position = start
  let waiting: Uint8Array[] = []
  let size = 0
  const flush = async () => {
    for (let rest = waiting; rest.length > 0; ) {
      const { bytesWritten } = await named(path, () => file.writev(rest, position))
      position += bytesWritten
      rest = after(rest, bytesWritten)
    }
    waiting = []
    size = 0
  }
  for await (const chunk of chunks) {
    waiting.push(chunk)
    size += chunk.byteLength
    if (size >= TOGETHER) await flush()
  }
  await flush()
  return position
}

/** Errors of an open file do not say of which. */
export async function named<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    throw systemFailure(error, 'write', path)
  }
}

/** What is left of chunks when the first bytes are gone. */
function after(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  let gone = count
  const rest: Uint8Array[] = []
  for (const chunk of chunks) {
    if (gone >= chunk.byteLength) gone -= chunk.byteLength
    else {
      rest.push(gone > 0 ? chunk.subarray(gone) : chunk)
      gone = 0
    }
  }
  return rest
}
