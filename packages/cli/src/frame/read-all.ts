import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { systemFailure } from '@sealwright/core/files'
import type { Io } from './io.ts'
import { orAborted } from './or-aborted.ts'
import { usageError } from './usage.ts'

/** What a limit is for, and what to do about it. */
interface Advice {
  readonly why?: string
  readonly fix: string
}

/** The whole of a stream that may have at most `maxBytes`. `label` names it in messages. */
export async function readAll(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  label: string,
  tooLarge: Advice = { fix: 'check what is given' },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.byteLength
    if (size > maxBytes) throw usageError(`${label} has more than ${maxBytes} bytes`, tooLarge)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Reads the whole of a file that the user named, which may be a pipe: `<(command)`. Messages name it as the user did. A
 * path that nobody named is for `readRegularFile`.
 */
export async function readNamed(
  path: string,
  cwd: string,
  maxBytes: number,
  signal?: AbortSignal,
  tooLarge?: Advice,
): Promise<Uint8Array> {
  try {
    const reading = readAll(
      createReadStream(resolve(cwd, path), signal && { signal }),
      maxBytes,
      path,
      tooLarge,
    )
    return await (signal === undefined ? reading : orAborted(reading, signal))
  } catch (error) {
    throw systemFailure(error, 'read', path)
  }
}

/** The same, or the whole of stdin for `-`. */
export function readGiven(
  { cwd, stdin, signal }: Pick<Io, 'cwd' | 'stdin' | 'signal'>,
  path: string,
  maxBytes: number,
  tooLarge?: Advice,
): Promise<Uint8Array> {
  return path === '-'
    ? readAll(stdin.read(), maxBytes, 'stdin', tooLarge)
    : readNamed(path, cwd, maxBytes, signal, tooLarge)
}
