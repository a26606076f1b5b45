import type { Context } from '../frame/context.ts'
import { readNamed } from '../frame/read-all.ts'
import { usageError } from '../frame/usage.ts'
import { MAX_ENVELOPE_BYTES } from '../judging/envelope-file.ts'

export interface SignatureFlags {
  readonly signature?: string
  /** `-s`, which the prototype had beside `-f`. */
  readonly s?: string
}

/** The bytes of the signature file that was named. */
export function readSignatureFile({ io }: Context, { signature, s }: SignatureFlags): Promise<Uint8Array> {
  const path = signature ?? s
  if (path === undefined || (signature !== undefined && s !== undefined)) {
    throw usageError('one signature file must be named', { fix: 'add -f FILE' })
  }
  return readNamed(path, io.cwd, MAX_ENVELOPE_BYTES, io.signal)
}
