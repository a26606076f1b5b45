import { type FileHandle, open } from 'node:fs/promises'

const CHUNK_BYTES = 256 * 1024

/**
 * The bytes of a file, or of a pipe by its name. The next chunk is read while the last one is hashed, into the other of two
 * buffers: a chunk is good until the next one is asked for.
 */
export async function* readFile(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  const file = await open(path)
  try {
    const buffers = [new Uint8Array(CHUNK_BYTES), new Uint8Array(CHUNK_BYTES)] as const
    let reading = readInto(file, buffers[0])
    for (let turn = 1; ; turn++) {
      const chunk = await reading
      signal.throwIfAborted()
      if (chunk.length === 0) return
      reading = readInto(file, buffers[turn % 2]!)
      // Its failure is thrown when it is waited for, if it ever is.
      reading.catch(() => {})
      yield chunk
    }
  } finally {
    await file.close()
  }
}

async function readInto(file: FileHandle, buffer: Uint8Array): Promise<Uint8Array> {
  // From where the last read ended: a pipe has no positions.
  const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
  return buffer.subarray(0, bytesRead)
}
