import type { RegularFile } from '@sealwright/core/files'

/** Bytes by position. Positions asked for never decrease, so that a stream can serve as well as a file. */
export interface ByteSource {
  /** Exactly `length` bytes from `position` on, or fewer where the source ends. */
  read(position: number, length: number): Promise<Uint8Array>
  /** As {@link ByteSource.read}, or fewer where that spares a copy; none only where the source ends. */
  some(position: number, length: number): Promise<Uint8Array>
  /** Lets go of the file or stream. */
  close(): Promise<void>
}

/** A file: what is not asked for is never read. */
export function fileSource(file: RegularFile): ByteSource {
  const read = async (position: number, length: number): Promise<Uint8Array> => {
    const buffer = Buffer.alloc(length)
    let filled = 0
    while (filled < length) {
      const count = await file.read(buffer, filled, length - filled, position + filled)
      if (count === 0) break
      filled += count
    }
    return buffer.subarray(0, filled)
  }
  return {
    read,
    some: read,
    close: async () => file.close(),
  }
}

/** A stream: what lies between two reads is thrown away. */
export function streamSource(stream: AsyncIterable<Uint8Array>): ByteSource {
  const chunks = stream[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array()
  let at = 0
  const next = async (): Promise<boolean> => {
    const { done, value } = await chunks.next()
    if (done) return false
    rest = value
    return true
  }
  const skipTo = async (position: number): Promise<boolean> => {
    while (at < position) {
      if (rest.byteLength === 0 && !(await next())) return false
      const skipped = Math.min(position - at, rest.byteLength)
      rest = rest.subarray(skipped)
      at += skipped
    }
    return true
  }
  return {
    async read(position, length) {
      if (!(await skipTo(position))) return new Uint8Array()
      const buffer = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        if (rest.byteLength === 0 && !(await next())) break
        const taken = rest.subarray(0, length - filled)
        buffer.set(taken, filled)
        rest = rest.subarray(taken.byteLength)
        filled += taken.byteLength
        at += taken.byteLength
      }
      return buffer.subarray(0, filled)
    },
    async some(position, length) {
      if (!(await skipTo(position))) return new Uint8Array()
      while (rest.byteLength === 0) if (!(await next())) return new Uint8Array()
      const taken = rest.subarray(0, length)
      rest = rest.subarray(taken.byteLength)
      at += taken.byteLength
      return taken
    },
    async close() {
      await chunks.return?.()
    },
  }
}
