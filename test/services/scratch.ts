import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made = new Set<string>()

/** A fresh private directory, removed at the latest when this process ends. */
export async function scratch(name: string): Promise<string> {
  return remember(await mkdtemp(join(tmpdir(), `sealwright-${name}-`)))
}

export async function removeScratch(path: string): Promise<void> {
  made.delete(path)
  await rm(path, { recursive: true, force: true })
}

function remember(path: string): string {
  if (made.size === 0)
    process.once('exit', () => {
      for (const each of made) rmSync(each, { recursive: true, force: true })
    })
  made.add(path)
  return path
}
