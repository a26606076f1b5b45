import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readFile } from '../../src/targets/read-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealwright-read-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const never = new AbortController().signal

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of readFile(path, never)) {
    // Longer than a read takes: a chunk that is overwritten too early shows in the digest.
    await new Promise(resolve => setTimeout(resolve, 5))
    hash.update(chunk)
  }
  return hash.digest('hex')
}

it.each([0, 1, 256 * 1024, 256 * 1024 + 1, 3 * 256 * 1024 + 7])(
  'reads a file of %i bytes whole',
  async size => {
    const path = join(folder, String(size))
    const content = randomBytes(size)
    await writeFile(path, content)
    expect(await digest(path)).toBe(createHash('sha256').update(content).digest('hex'))
  },
)

it('reads a pipe by its name', async () => {
  const pipe = join(folder, 'pipe')
  await promisify(execFile)('mkfifo', [pipe])
  const content = randomBytes(700_000)
  await writeFile(join(folder, 'content'), content)
  spawn('sh', ['-c', `cat '${join(folder, 'content')}' > '${pipe}'`])
  expect(await digest(pipe)).toBe(createHash('sha256').update(content).digest('hex'))
})

it('says that a file is missing, and ends when it is interrupted', async () => {
  await expect(digest(join(folder, 'missing'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const controller = new AbortController()
  const chunks = readFile(join(folder, '1'), controller.signal)
  await chunks.next()
  controller.abort(new Error('enough'))
  await expect(chunks.next()).rejects.toThrow('enough')
})
