import { closeSync, constants, fstatSync, open, openSync, read, readSync, type Stats } from 'node:fs'
import { SealwrightError } from '../errors.ts'
import { isAbsent, systemFailure } from './system-failure.ts'

const CHUNK = 256 * 1024
/** A read of at most this many bytes takes less time than the hop to a thread that would do it. */
const READ_IN_PLACE = 64 * 1024
/** Without O_NONBLOCK, opening a pipe would wait for its writer. */
const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/**
 * Reads a whole regular file. Follows symbolic links. A pipe or a device is refused without waiting for it.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` if the file does not exist; `VALIDATION` for anything but a regular file, and
 *   for one larger than `maxBytes`; otherwise as {@link systemFailure}.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Uint8Array> {
  let descriptor: number
  try {
    descriptor = await openToRead(path)
  } catch (error) {
    throw systemFailure(error, 'read', path)
  }
  return readWhole(new RegularFile(path, descriptor), maxBytes)
}

/**
 * Reads as {@link readRegularFile}, but synchronously: for small files that are needed at once.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` and `VALIDATION` as {@link readRegularFile}; else as {@link systemFailure}.
 */
export function readRegularFileSync(path: string, maxBytes: number): Uint8Array {
  let descriptor: number
  try {
    descriptor = openSync(path, READ_AT_ONCE)
  } catch (error) {
    throw systemFailure(error, 'read', path)
  }
  statusOf(path, descriptor)
  try {
    const bytes = new Uint8Array(maxBytes + 1)
    let length = 0
    for (let count = -1; count !== 0 && length <= maxBytes; length += count)
      count = readSync(descriptor, bytes, length, bytes.length - length, length)
    if (length > maxBytes) throw tooLarge(path, maxBytes)
    return bytes.slice(0, length)
  } catch (error) {
    throw systemFailure(error, 'read', path)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Reads as {@link readRegularFile}; returns `undefined` if the file does not exist.
 *
 * @throws {@link SealwrightError} `VALIDATION`, as {@link readRegularFile}; otherwise as {@link systemFailure}.
 */
export async function readRegularFileIfPresent(
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const file = await openRegular(path)
  return file && readWhole(file, maxBytes)
}

/**
 * A regular file that is open for reading. A hop to the thread pool costs more than what is done there, so only what may
 * wait for long takes one: finding the file, and reading much of it.
 */
export class RegularFile {
  readonly path: string
  /** Bytes, when it was opened. */
  readonly size: number
  /** Tells one state of the file from the next. */
  readonly version: string
  /** Milliseconds since 1970. */
  readonly changedAt: number
  /** User id. */
  readonly owner: number
  readonly #descriptor: number
  #reading = 0
  #closed = false

  /**
   * Takes over the descriptor, which is closed if this throws.
   *
   * @throws {@link SealwrightError} `VALIDATION` for a directory, a pipe or a device.
   */
  constructor(path: string, descriptor: number) {
    const found = statusOf(path, descriptor)
    this.path = path
    this.size = found.size
    this.version = `${found.dev}:${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`
    this.changedAt = Math.max(found.mtimeMs, found.ctimeMs)
    this.owner = found.uid
    this.#descriptor = descriptor
  }

  /** @returns How many bytes were read; 0 at the end of the file. */
  async read(into: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    if (this.#closed) throw new Error('the file is closed')
    this.#reading++
    try {
      if (length <= READ_IN_PLACE) return readSync(this.#descriptor, into, offset, length, position)
      return await new Promise((resolve, reject) => {
        read(this.#descriptor, into, offset, length, position, (error, count) =>
          error ? reject(error) : resolve(count),
        )
      })
    } catch (error) {
      throw systemFailure(error, 'read', this.path)
    } finally {
      this.#reading--
      if (this.#closed) this.#release()
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#release()
  }

  /** Not before the last read has ended: until then the number must not become another file's. */
  #release(): void {
    if (this.#reading === 0) closeSync(this.#descriptor)
  }
}

function statusOf(path: string, descriptor: number): Stats {
  try {
    const found = fstatSync(descriptor)
    if (found.isFile()) return found
    throw notRegular(path, found)
  } catch (error) {
    closeSync(descriptor)
    throw systemFailure(error, 'read', path)
  }
}

/** The error for a path at which something other than a regular file is. */
export function notRegular(path: string, found: Stats): SealwrightError {
  return new SealwrightError('VALIDATION', `${path} is not a regular file`, {
    why: `it is a ${kindOf(found)}`,
    fix: 'name a regular file',
  })
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'directory'
  if (found.isFIFO()) return 'named pipe'
  return found.isSocket() ? 'socket' : 'device'
}

/**
 * Opens a regular file for reading; returns `undefined` if it does not exist.
 *
 * @throws {@link SealwrightError} `VALIDATION` for anything but a regular file; otherwise as {@link systemFailure}.
 */
export async function openRegular(path: string): Promise<RegularFile | undefined> {
  let descriptor: number
  try {
    descriptor = await openToRead(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw systemFailure(error, 'read', path)
  }
  return new RegularFile(path, descriptor)
}

function openToRead(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, READ_AT_ONCE, (error, descriptor) => (error ? reject(error) : resolve(descriptor)))
  })
}

/** Yields the bytes from `start` on, at most `length`; closes the file at the end, or when the reader stops. */
export async function* readOpen(
  file: RegularFile,
  start = 0,
  length: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array> {
  try {
    const end = start + length
    for (let position = start; position < end; ) {
      // One byte more than there should be: a read that falls short of it has seen the end.
      const size = Math.min(CHUNK, end - position, Math.max(file.size - position, 0) + 1)
      const buffer = new Uint8Array(size)
      const count = await file.read(buffer, 0, size, position)
      if (count === 0) return
      yield buffer.subarray(0, count)
      position += count
      if (count < size && position >= file.size) return
    }
  } finally {
    file.close()
  }
}

/**
 * Reads an open file to its end and closes it.
 *
 * @throws {@link SealwrightError} `VALIDATION` for one larger than `maxBytes`; otherwise as {@link systemFailure}.
 */
export async function readWhole(file: RegularFile, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of readOpen(file)) {
    total += chunk.byteLength
    if (total > maxBytes) {
      throw tooLarge(file.path, maxBytes)
    }
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

function tooLarge(path: string, maxBytes: number): SealwrightError {
  return new SealwrightError('VALIDATION', `${path} is larger than ${maxBytes} bytes`, {
    fix: 'name the file that was meant',
  })
}
