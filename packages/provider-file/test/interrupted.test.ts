import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fileKeys } from '../src/index.ts'
import { cheap, idle, keyFolder } from './key-folder.ts'

const folder = keyFolder()
const passphrase = async () => 'correct horse'

/** Creates a key in a process that is killed before its nth call of the file system; whether it came to its end. */
function createKilledAt(step: number, path: string): boolean {
  const program = `
    import promises from 'node:fs/promises'
    import { syncBuiltinESMExports } from 'node:module'
    let step = 0
    const count = () => { if (++step === ${step}) process.kill(process.pid, 'SIGKILL') }
    for (const name of ['lstat', 'mkdir', 'open', 'link', 'rename', 'rm']) {
      const original = promises[name]
      promises[name] = async (...all) => {
        count()
        const result = await original(...all)
        if (name === 'open') for (const method of ['chmod', 'writeFile', 'sync', 'close']) {
          const act = result[method].bind(result)
          result[method] = (...rest) => { count(); return act(...rest) }
        }
        return result
      }
    }
    syncBuiltinESMExports()
    const { fileKeys } = await import('@sealwright/provider-file')
    const keys = fileKeys({ passphrase: async () => 'correct horse', encryption: ${JSON.stringify(cheap)} })
    const reference = 'file:' + ${JSON.stringify(path)}
    await keys.admin.create({ reference, type: 'Ed25519' }, { signal: new AbortController().signal })`
  const ended = spawnSync(
    process.execPath,
    ['--conditions=@sealwright/source', '--input-type=module', '--eval', program],
    { cwd: import.meta.dirname, encoding: 'utf8' },
  )
  expect(ended.status ?? ended.signal, ended.stderr).toBeOneOf([0, 'SIGKILL'])
  return ended.status === 0
}

it('a process killed at any step leaves no key file or a whole one, and a later run is not hindered', async () => {
  let step = 1
  const outcomes = new Set<string>()
  for (; step < 40; step++) {
    const directory = join(folder, `step${step}`)
    mkdirSync(directory)
    const path = join(directory, 'a.key')
    const ended = createKilledAt(step, path)
    const keys = fileKeys({ passphrase, encryption: cheap })
    const isThere = readdirSync(directory).includes('a.key')
    outcomes.add(isThere ? 'whole' : 'none')
    if (!isThere) await keys.admin.create({ reference: `file:${path}`, type: 'Ed25519' }, idle)
    const handle = await keys.open(`file:${path}`, idle)
    expect(handle.key.algorithms).toHaveProperty('Ed25519')
    const listed: string[] = []
    for await (const { reference } of keys.admin.list({ prefix: `file:${directory}` }, idle))
      listed.push(reference)
    expect(listed).toEqual([`file:${path}`])
    if (ended) break
  }
  // The steps were more than a few, and both sides of the one that matters were seen.
  expect(step).toBeGreaterThan(8)
  expect(step).toBeLessThan(40)
  expect([...outcomes].sort()).toEqual(['none', 'whole'])
})
