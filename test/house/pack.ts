import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './workspace.ts'

/** Packs every package into a folder, as `npm run pack` does. */
export async function pack(folder: string): Promise<{ readonly code: number; readonly output: string }> {
  const workspace = await import(pathToFileURL(join(root, 'scripts', 'workspace.mjs')).href)
  return workspace.pack(folder)
}
