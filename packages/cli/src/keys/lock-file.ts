import { writeFileAtomic } from '@sealwright/core/files'
import { emptyKeyLock, formatKeyLock, type KeyLock, parseKeyLock } from '@sealwright/keyring'
import { locked } from '../config/locked.ts'
import type { Io } from '../runtime/io.ts'
import { readIfPresent } from '../runtime/read-all.ts'

/** Reads `keys.lock.json`; without the file no key has a name. Throws `VALIDATION` if the file is not a lock. */
export async function readKeyLock(path: string): Promise<KeyLock> {
  const bytes = await readIfPresent(path)
  return bytes === undefined ? emptyKeyLock() : parseKeyLock(bytes)
}

/** Changes `keys.lock.json` as it is at that moment. Returns whether something changed. */
export async function updateKeyLock(
  io: Io,
  path: string,
  change: (lock: KeyLock) => KeyLock,
): Promise<boolean> {
  return locked(io, path, async () => {
    const before = await readKeyLock(path)
    const after = change(before)
    if (before === after) return false
    await writeFileAtomic(path, formatKeyLock(after))
    return true
  })
}
