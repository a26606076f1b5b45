import { readRegularFileIfPresent } from '@sealwright/core/files'
import type { Context } from '../frame/context.ts'
import { readGiven } from '../frame/read-all.ts'

/** As much as is read of an envelope in a registry. */
export const MAX_ENVELOPE_BYTES: number = 32 * 1024 * 1024

/** Reads the envelope that was given: a file, which may be a pipe, or stdin for `-`. */
export function readGivenEnvelope({ io }: Pick<Context, 'io'>, path: string): Promise<Uint8Array> {
  return readGiven(io, path, MAX_ENVELOPE_BYTES)
}

/**
 * Reads the envelope in a file that nobody named, which whoever made the folder put next to another one: `undefined` if
 * there is none, and a regular file only, because a pipe would be waited for.
 */
export function readFoundEnvelope(path: string): Promise<Uint8Array | undefined> {
  return readRegularFileIfPresent(path, MAX_ENVELOPE_BYTES)
}
