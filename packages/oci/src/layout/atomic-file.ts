import { randomBytes } from 'node:crypto'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const SUFFIX = /\.[0-9a-f]{16}\.tmp$/
const LEFT_BEHIND_MS = 24 * 60 * 60 * 1000

/**
 * Writes a file whole, then gives it its name: beside its place under a name that nothing reads, flushed to the disk,
 * renamed, and the rename flushed too. Whenever the process ends, the name means the old content or the new.
 *
 * @param beforeRename - A last check; what it throws leaves the old content.
 */
export async function writeFileAtomically(
  path: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { mode, beforeRename }: { readonly mode?: number; readonly beforeRename?: () => Promise<void> } = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      for await (const chunk of content) await file.writeFile(chunk)
      await file.sync()
    } finally {
      await file.close()
    }
    await beforeRename?.()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

/** Makes renames in a directory last. Not every platform lets a directory be opened; there the disk decides. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  } catch {
    // A best effort: the content itself was flushed.
  }
}

/** Removes what a process that was killed left behind a day ago or earlier. */
export async function sweep(directory: string, prefix = ''): Promise<void> {
  const oldest = Date.now() - LEFT_BEHIND_MS
  for (const name of await readdir(directory).catch(() => [])) {
    if (!SUFFIX.test(name) || !name.startsWith(prefix)) continue
    const path = join(directory, basename(name))
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile() && found.mtimeMs < oldest) await rm(path, { force: true }).catch(() => {})
  }
}
