import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { SealwrightError } from '@sealwright/core'
import { isAbsent } from './file-errors.ts'

const CHUNK = 256 * 1024

export interface OpenFile {
  readonly file: FileHandle
  /** Bytes. */
  readonly size: number
}

/**
 * Opens a regular file for reading, following links: what a digest names is checked wherever it lies. A pipe or a
 * device under such a name is refused without waiting for it. Nothing if there is no such file.
 */
export async function openRegular(path: string): Promise<OpenFile | undefined> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
  try {
    const found = await file.stat()
    if (!found.isFile()) throw new SealwrightError('VALIDATION', `${path} is not a regular file`)
    return { file, size: found.size }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** The bytes from `start` on, at most `length`; closes the file at the end, or when the reader stops. */
export async function* readOpen(
  file: FileHandle,
  start = 0,
  length: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array> {
  try {
    let position = start
    for (let left = length; left > 0; ) {
      const size = Math.min(CHUNK, left)
      const { bytesRead, buffer } = await file.read(new Uint8Array(size), 0, size, position)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
      position += bytesRead
      left -= bytesRead
    }
  } finally {
    await file.close()
  }
}

/** A small file whole; nothing if there is none. */
export async function readSmallFile(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const opened = await openRegular(path)
  if (opened === undefined) return undefined
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of readOpen(opened.file)) {
    total += chunk.byteLength
    if (total > maxBytes) {
      throw new SealwrightError('VALIDATION', `${path} is larger than ${maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
