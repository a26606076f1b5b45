import { emptyKeyLock, formatKeyLock, type KeyLock, parseKeyLock } from '@sealwright/keyring'
import { readIfPresent } from '../config/read-if-present.ts'
import { writeFileAtomic } from '../config/write-file.ts'

/** Reads `keys.lock.json`; without the file no key has a name. Throws `VALIDATION` for a file that is no lock. */
export async function readKeyLock(path: string): Promise<KeyLock> {
  const bytes = await readIfPresent(path)
  return bytes === undefined ? emptyKeyLock() : parseKeyLock(bytes)
}

/** Replaces `keys.lock.json`, unless nothing changed. Returns whether something did. */
export async function writeKeyLock(path: string, before: KeyLock, after: KeyLock): Promise<boolean> {
  if (before === after) return false
  await writeFileAtomic(path, formatKeyLock(after))
  return true
}
