import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Context } from '../frame/context.ts'
import { readAll } from '../frame/read-all.ts'
import { usageError } from '../frame/usage.ts'

/** As much as is read of an envelope in a registry. */
export const MAX_ENVELOPE_BYTES: number = 32 * 1024 * 1024

/** The envelope that was given: in a file, or on stdin for `-`. */
export function readGivenEnvelope({ io }: Context, path: string): Promise<Uint8Array> {
  return path === '-'
    ? readAll(io.stdin.read(), MAX_ENVELOPE_BYTES, 'stdin')
    : readNamedEnvelope(resolve(io.cwd, path), io.signal)
}

/** The envelope in a file that was named; a pipe may be named too. */
export function readNamedEnvelope(path: string, signal: AbortSignal): Promise<Uint8Array> {
  return readAll(createReadStream(path, { signal }), MAX_ENVELOPE_BYTES, path)
}

/**
 * The envelope in a file that nobody named, which whoever made the folder put beside another one: nothing if there is
 * none, and a regular file only, because a pipe would be waited for.
 */
export async function readFoundEnvelope(path: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    if (!(await stat(path)).isFile()) {
      throw usageError(`${path} is no signature`, {
        why: 'it is not a regular file',
        fix: 'take it away, or name another file with --signature',
      })
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return readNamedEnvelope(path, signal)
}
