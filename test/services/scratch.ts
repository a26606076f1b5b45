import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made = new Set<string>()

/** A fresh private directory, removed when the test file, or the program, ends. */
export async function scratch(name: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), `sealwright-${name}-`))
  made.add(path)
  return path
}

export async function removeScratch(path: string): Promise<void> {
  made.delete(path)
  await rm(path, { recursive: true, force: true })
}

function removeAll(): void {
  for (const path of made) rmSync(path, { recursive: true, force: true })
  made.clear()
}

process.once('exit', removeAll)
// vitest ends its workers without the event; outside of vitest its functions cannot be imported.
if (process.env.VITEST !== undefined) (await import('vitest')).afterAll(removeAll)
