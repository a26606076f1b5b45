import { isSealwrightError } from '@sealwright/core'
import { writeFileAtomic } from '@sealwright/core/files'
import { openNv2 } from '@sealwright/core/nv2'
import { readIfPresent } from '../config/read-if-present.ts'
import { usageError } from '../frame/usage.ts'

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
