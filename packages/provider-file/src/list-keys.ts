import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Call, type ListedKey, SealwrightError } from '@sealwright/core'
import { pathOf, referenceTo } from './reference.ts'

/**
 * The `*.key` files of a directory, by name; nothing of them is read.
 *
 * @param prefix - A reference to a directory, or to the beginning of names in one.
 */
export async function* listKeys(prefix: string | undefined, call: Call): AsyncIterable<ListedKey> {
  if (prefix === undefined) {
    throw new SealwrightError('VALIDATION', 'key files have no directory of their own to list', {
      fix: 'name one: file:DIRECTORY',
    })
  }
  const path = pathOf(prefix)
  const folder = (await isFolder(path)) ? path : dirname(path)
  const names = await readdir(folder)
  let isEmpty = true
  for (const name of names.sort()) {
    call.signal.throwIfAborted()
    const file = join(folder, name)
    if (!name.endsWith('.key') || !file.startsWith(path) || !(await isFile(file))) continue
    isEmpty = false
    yield { reference: referenceTo(file) }
  }
  if (isEmpty && folder !== path) {
    throw new SealwrightError('NOT_FOUND', `no key file begins with ${path}`, {
      why: `looked for files *.key in ${folder}`,
      fix: `list the directory: ${referenceTo(folder)}`,
    })
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await statOf(path))?.isDirectory() ?? false
}

async function isFile(path: string): Promise<boolean> {
  return (await statOf(path))?.isFile() ?? false
}

async function statOf(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    // A dangling link, or a file removed since the directory was read.
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
