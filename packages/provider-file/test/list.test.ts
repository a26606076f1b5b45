import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { fileKeys } from '../src/index.ts'
import { idle, keyFolder } from './key-folder.ts'

const folder = keyFolder()
for (const name of ['b.key', 'a.key', 'release-1.key', 'release-2.key', 'a.crt', '.a.key.0123.tmp']) {
  writeFileSync(join(folder, name), '')
}
mkdirSync(join(folder, 'sub.key'))
symlinkSync('a.key', join(folder, 'link.key'))
symlinkSync('nowhere', join(folder, 'broken.key'))

async function list(prefix?: string): Promise<string[]> {
  const found: string[] = []
  const { admin } = oneAttempt(fileKeys())
  for await (const { reference } of admin.list(prefix === undefined ? {} : { prefix }, idle)) {
    found.push(reference)
  }
  return found
}

const named = (...names: string[]) => names.map(name => `file:${join(folder, name)}`)

describe('the keys in a directory', () => {
  it('are its *.key files by name', async () => {
    const all = named('a.key', 'b.key', 'link.key', 'release-1.key', 'release-2.key')
    expect(await list(`file:${folder}`)).toEqual(all)
    expect(await list(`file:${folder}/`)).toEqual(all)
  })

  it('are those whose names begin like the prefix', async () => {
    expect(await list(`file:${folder}/rel`)).toEqual(named('release-1.key', 'release-2.key'))
    await expect(list(`file:${folder}/zzz`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('need a directory to be named, and there', async () => {
    await expect(list()).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(list(`file:${folder}/none/x`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('are not listed after an abort', async () => {
    const call = { signal: AbortSignal.abort(new Error('stop')) }
    const keys = fileKeys().admin.list({ prefix: `file:${folder}` }, call)
    await expect(keys[Symbol.asyncIterator]().next()).rejects.toThrow('stop')
  })
})
