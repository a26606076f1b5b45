import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeImage, putIntoLayout } from '../services/image.ts'
import { programHome } from './program.ts'

// `programHome` itself refuses every run whose output or arguments hold a secret; here are the runs that tempt.

const timeout = 120_000

test('no way to fail shows the passphrase, the key or what was given instead', { timeout }, async context => {
  const program = await programHome(context)
  await program.expect(0, ['init', 'me', '--scope', '*', '--debug'])
  const layout = join(program.home, 'layout')
  await putIntoLayout(layout, makeImage(), 'v1')
  const target = `oci:${layout}:v1`
  const keyPath = join(program.home, 'config', 'sealwright', 'keys', 'me.key')
  const wrong = `canary-wrong-${crypto.randomUUID()}`
  const wrongFile = join(program.home, 'wrong')
  await writeFile(wrongFile, wrong, { mode: 0o600 })

  const runs: readonly (readonly [number, readonly string[], NodeJS.ProcessEnv])[] = [
    [5, ['sign', '--debug', target], { SEALWRIGHT_PASSPHRASE_FILE: wrongFile }],
    [5, ['sign', '--debug', '--passphrase-file', wrongFile, target], {}],
    [
      5,
      ['sign', '--debug', target, '-o', 'json'],
      { SEALWRIGHT_PASSPHRASE_FILE: '', SEALWRIGHT_PASSPHRASE: wrong },
    ],
    [2, ['sign', '--debug', '-k', `file:${keyPath}?passphrase=${wrong}`, target], {}],
    [2, ['sign', '--passphrase', wrong, target], {}],
    [0, ['sign', '-v', '--debug', target], {}],
    [0, ['key', 'show', 'me', '-o', 'json'], {}],
    [0, ['key', 'show', 'me', '--public'], {}],
    [0, ['key', 'list', '--debug'], {}],
  ]
  for (const [code, args, env] of runs) {
    const result = await program.run(args, { env })
    expect(result, `${args.join(' ')}\n${result.stderr}`).toMatchObject({ code })
    expect(result.stdout + result.stderr, args.join(' ')).not.toContain(wrong)
  }
})

test('key files are encrypted and private, and no file beside them holds the passphrase', {
  timeout,
}, async context => {
  const passphrase = `canary-${crypto.randomUUID()}`
  const program = await programHome(context, passphrase)
  await program.expect(0, ['init', 'me', '--scope', '*'])
  const files = await readdir(program.home, { recursive: true, withFileTypes: true })
  const written = files.filter(file => file.isFile() && file.name !== 'passphrase')
  expect(written.map(file => file.name)).toContain('me.key')
  for (const file of written) {
    const text = await readFile(join(file.parentPath, file.name), 'utf8')
    expect(text, file.name).not.toContain(passphrase)
    expect(text, file.name).not.toMatch(/-----BEGIN (?:EC |RSA )?PRIVATE KEY-----/)
  }
})
