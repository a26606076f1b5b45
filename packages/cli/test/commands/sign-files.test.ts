import { execFileSync } from 'node:child_process'
import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { program } from '../program.ts'

async function ready() {
  const self = await program()
  await self.expect(0, ['init', 'me', '--scope', 'registry.example/app'])
  await self.expect(0, [
    'policy',
    'init',
    '--statement-for-files',
    '--global',
    '--name',
    'releases',
    '--trust-store',
    'ca:me',
    '--trusted-identity',
    '*',
  ])
  await writeFile(self.path('app.tgz'), 'the bytes of a release')
  return self
}

describe('a file', () => {
  it.each(['jws', 'cose'])('is signed into %s beside it, and verified', async format => {
    const { json, expect: run, path } = await ready()
    const { targets } = await json(0, ['sign', '--format', format, './app.tgz'])
    expect(targets[0]).toMatchObject({
      outcome: 'signed',
      stored: { as: 'file', path: `./app.tgz.${format}.sig` },
    })
    const written = (await stat(path(`app.tgz.${format}.sig`))).mtimeMs
    expect((await json(0, ['sign', '--format', format, './app.tgz'])).targets[0].outcome).toBe('unchanged')
    expect((await stat(path(`app.tgz.${format}.sig`))).mtimeMs).toBe(written)
    await json(0, ['verify', './app.tgz'])
    await json(0, ['verify', '--statement', 'releases', '--signature', `app.tgz.${format}.sig`, './app.tgz'])
    expect((await json(0, ['inspect', `./app.tgz.${format}.sig`])).signatures[0].format).toBe(format)
    expect((await json(0, ['inspect', './app.tgz'])).signatures).toHaveLength(1)
    await run(0, ['verify', '--signature', `app.tgz.${format}.sig`, '-'], { stdin: 'the bytes of a release' })
  })

  it('refuses a signature of endless length, and one that is not a regular file', async () => {
    const { json, path } = await ready()
    const signature = path('app.tgz.jws.sig')
    await writeFile(signature, '')
    await truncate(signature, 3 * 2 ** 30)
    const commands = [
      ['verify', './app.tgz'],
      ['verify', '--signature', signature, './app.tgz'],
      ['inspect', './app.tgz'],
      ['sign', './app.tgz'],
    ]
    for (const args of commands) await json(2, args)
    await rm(signature)
    execFileSync('mkfifo', [signature])
    for (const args of commands.filter(words => !words.includes('--signature'))) await json(2, args)
  })

  it('that changed is refused', async () => {
    const { json, path } = await ready()
    await json(0, ['sign', './app.tgz'])
    await writeFile(path('app.tgz'), 'other bytes')
    expect((await json(1, ['verify', './app.tgz'])).targets[0].verdict).toBe('notVerified')
  })

  it('without a signature is not verified, and one that is missing is an error', async () => {
    const { json } = await ready()
    expect((await json(1, ['verify', './app.tgz'])).targets[0].reason.code).toBe('UNSIGNED')
    expect((await json(2, ['verify', './nosuch'])).targets[0].error.code).toBe('NOT_FOUND')
    expect((await json(2, ['sign', './nosuch'])).targets[0].error.code).toBe('NOT_FOUND')
  })

  it("keeps another's signature beside it, unless told to replace it", async () => {
    const { json, expect: run, path } = await ready()
    await writeFile(path('app.tgz.jws.sig'), 'something of value')
    const { targets } = await json(2, ['sign', './app.tgz'])
    expect(targets[0].error.fix).toContain('--signature')
    expect(await readFile(path('app.tgz.jws.sig'), 'utf8')).toBe('something of value')
    await run(0, ['sign', '-y', './app.tgz'])
    await json(0, ['verify', './app.tgz'])
  })

  it('named without a slash is refused with the spelling that was meant', async () => {
    const { run } = await ready()
    const { code, stderr } = await run(['sign', 'app.tgz'])
    expect(code).toBe(2)
    expect(stderr).toContain('error[VALIDATION]: "app.tgz" is not a registry reference')
    expect(stderr).toContain('a file of this name exists here')
    expect(stderr).toContain('fix: sealwright sign ./app.tgz')
  })

  it('on stdin is signed to stdout', async () => {
    const { expect: run, path, json } = await ready()
    const { stdout } = await run(0, ['sign', '--signature', '-', '-'], { stdin: 'the bytes of a release' })
    await writeFile(path('made.sig'), stdout)
    await json(0, ['verify', '--signature', 'made.sig', './app.tgz'])
  })
})
