import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import type { Io } from './io.ts'
import { usageError } from './usage.ts'

/** The whole of a stream that may have at most `maxBytes`. `label` names it in messages. */
export async function readAll(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  label: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.byteLength
    if (size > maxBytes)
      throw usageError(`${label} has more than ${maxBytes} bytes`, { fix: 'check what is given' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The whole of a file that was named, or of stdin for `-`; a pipe may be named too. Messages call it as it was named. */
export function readGiven(
  { cwd, stdin, signal }: Pick<Io, 'cwd' | 'stdin' | 'signal'>,
  path: string,
  maxBytes: number,
): Promise<Uint8Array> {
  return path === '-'
    ? readAll(stdin.read(), maxBytes, 'stdin')
    : readAll(createReadStream(resolve(cwd, path), { signal }), maxBytes, path)
}
