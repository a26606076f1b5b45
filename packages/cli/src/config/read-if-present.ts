import { readRegularFileIfPresent } from '@sealwright/core/files'

/** Most bytes of a configuration file, a policy or a certificate: far more than any has. */
export const MAX_FILE_BYTES: number = 4 * 1024 * 1024

/** The bytes of a file, or `undefined` when there is none. */
export function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  return readRegularFileIfPresent(path, MAX_FILE_BYTES)
}
