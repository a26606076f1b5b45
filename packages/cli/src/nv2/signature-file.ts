import { isSealwrightError } from '@sealwright/core'
import { writeFileAtomic } from '@sealwright/core/files'
import { openNv2 } from '@sealwright/nv2'
import { readIfPresent, readNamed } from '../runtime/read-all.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { MAX_ENVELOPE_BYTES } from '../signatures/envelopes.ts'
import type { SignatureFlags } from './program.ts'

/** The bytes of the signature file that was named. */
export function readSignatureFile({ io }: Session, { signature, s }: SignatureFlags): Promise<Uint8Array> {
  const path = signature ?? s
  if (path === undefined || (signature !== undefined && s !== undefined)) {
    throw usageError('one signature file must be named', { fix: 'add -f FILE' })
  }
  return readNamed(path, io.cwd, MAX_ENVELOPE_BYTES, { signal: io.signal })
}

/**
 * Writes a signature file; an earlier signature in it is replaced, as by the prototype, and nothing else is.
 *
 * @param options.replaceLink - For a name that the user did not give: a link of that name may be a trap.
 */
export async function writeSignature(
  path: string,
  bytes: Uint8Array,
  { replaceLink }: { readonly replaceLink: boolean },
): Promise<void> {
  const existing = await readIfPresent(path)
  if (existing !== undefined && existing.length > 0 && !isSignature(existing)) {
    throw usageError(`${path} exists and is not an nv2 signature`, {
      why: 'it would be lost',
      fix: 'write elsewhere: -o FILE',
    })
  }
  await writeFileAtomic(path, bytes, { mode: 0o644, replaceLink })
}

function isSignature(bytes: Uint8Array): boolean {
  try {
    openNv2(bytes)
    return true
  } catch (error) {
    if (isSealwrightError(error)) return false
    throw error
  }
}
