import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { systemFailure } from '@sealwright/core/files'
import { orAborted } from '../runtime/read-all.ts'
import type { Session } from '../session/session.ts'
import type { FileTarget } from './target.ts'

const CHUNK_BYTES = 256 * 1024

/**
 * The bytes of a file, or of a pipe by its name. The next chunk is read while the last one is hashed, into the other of two
 * buffers: a chunk is good until the next one is asked for. Errors of the file system name it as `label`.
 */
export async function* readFile(path: string, signal: AbortSignal, label = path): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  let file: FileHandle | undefined
  try {
    // A pipe is opened when somebody writes to it, which may be never.
    const opening = open(path, constants.O_RDONLY)
    file = await orAborted(opening, signal).catch(error => {
      opening.then(late => late.close()).catch(() => {})
      throw error
    })
    const buffers = [new Uint8Array(CHUNK_BYTES), new Uint8Array(CHUNK_BYTES)] as const
    let reading = readInto(file, buffers[0])
    for (let turn = 1; ; turn++) {
      const chunk = await orAborted(reading, signal)
      if (chunk.length === 0) return
      reading = readInto(file, buffers[turn % 2]!)
      // Its failure is thrown when it is waited for, if it ever is.
      reading.catch(() => {})
      yield chunk
    }
  } catch (error) {
    throw systemFailure(error, 'read', label)
  } finally {
    // Not waited for: it comes after a read that was given up.
    file?.close().catch(() => {})
  }
}

async function readInto(file: FileHandle, buffer: Uint8Array): Promise<Uint8Array> {
  // From where the last read ended: a pipe has no positions.
  const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
  return buffer.subarray(0, bytesRead)
}

/** The bytes of a file, or of stdin; each chunk is good until the next one is asked for. */
export function readTarget(
  { io }: Session,
  { path }: FileTarget,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  if (path === '-') return io.stdin.read()
  return readFile(resolve(io.cwd, path), signal)
}
