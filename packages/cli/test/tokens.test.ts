import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeModule } from '../../provider-pkcs11/test/fake-module.ts'
import { FakeToken, type FakeTokenOptions } from '../../provider-pkcs11/test/fake-token.ts'
import { makeLayout } from './image.ts'
import { program } from './program.ts'
import { configure } from './stores.ts'

const PIN = 'pin-12345678'
const PACKAGE = '@sealwright/provider-pkcs11'
const REFERENCE = 'pkcs11:token=ACME;object=release'
const MODULE = '/usr/lib/acme/hsm.so'

let module: FakeModule
/** The paths that the provider was given. */
const loaded: unknown[] = []

vi.mock('@sealwright/provider-pkcs11', async importActual => {
  const actual = await importActual<typeof import('@sealwright/provider-pkcs11')>()
  return {
    ...actual,
    pkcs11: ({ modulePath, ...options }: Parameters<typeof actual.pkcs11>[0] = {}) => {
      loaded.push(modulePath)
      return actual.pkcs11({ ...options, module })
    },
  }
})
afterEach(() => void loaded.splice(0))

async function withToken(options: FakeTokenOptions = {}) {
  const token = new FakeToken({ pin: PIN, ...options })
  token.addKey('EC-P256', { label: 'release' })
  module = new FakeModule(token)
  const self = await program()
  return { ...self, token, env: { PKCS11_MODULE_PATH: MODULE, SEALWRIGHT_PIN: PIN } }
}

async function pinFile({ path }: { path(...names: string[]): string }, text: string): Promise<string> {
  await writeFile(path('pin'), text, { mode: 0o600 })
  return path('pin')
}

describe('the PIN of a token', () => {
  it('comes from the flag, then the file of the environment, then the variable', async () => {
    const self = await withToken()
    const file = await pinFile(self, `${PIN}\n`)
    const { json, env } = self
    const args = ['key', 'show', REFERENCE]
    await json(0, args, { env })
    module.sessions.clear()
    await json(0, [...args, '--pin-file', file], { env: { ...env, SEALWRIGHT_PIN_FILE: '/nowhere' } })
    await json(0, args, { env: { PKCS11_MODULE_PATH: MODULE, SEALWRIGHT_PIN_FILE: file } })
  })

  it('is asked for at the terminal, once, and not shown', async () => {
    const { run, env, asked } = await withToken({ label: 'ACME' })
    const { code } = await run(['key', 'show', REFERENCE], {
      env: { ...env, SEALWRIGHT_PIN: undefined },
      answers: [PIN],
    })
    expect(code).toBe(0)
    expect(asked).toEqual(['PIN of token "ACME": '])
  })

  it('without a terminal is exit 2 naming the flag', async () => {
    const { json, env } = await withToken()
    const { error } = await json(2, ['key', 'show', REFERENCE], {
      env: { ...env, SEALWRIGHT_PIN: undefined },
    })
    expect(error).toMatchObject({
      message: 'the PIN of token "ACME" is needed and there is no terminal to ask on',
      fix: expect.stringContaining('--pin-file or SEALWRIGHT_PIN_FILE'),
    })
  })

  it('that is wrong costs one try, and the message names where it came from', async () => {
    const self = await withToken()
    const file = await pinFile(self, 'wrong-pin')
    const env = { PKCS11_MODULE_PATH: MODULE, SEALWRIGHT_PIN_FILE: file }
    const { code, stderr, stdout } = await self.run(['key', 'show', REFERENCE], { env })
    expect(code).toBe(5)
    expect(stderr).toContain('error[PIN_INCORRECT]: token "ACME" rejected the PIN from SEALWRIGHT_PIN_FILE')
    expect(stderr).toContain(
      'tried once, never repeated automatically; the token says that few tries are left',
    )
    expect(stderr).toContain('fix: correct the file, or run without it to be asked')
    expect(stdout + stderr).not.toContain('wrong-pin')
    expect(self.token.tries).toBe(self.token.allTries - 1)
  })

  it('of one try left is not spent on a file, and a person may give the right one', async () => {
    const { json, expect: run, env, token, asked } = await withToken({ tries: 2 })
    await json(5, ['key', 'show', REFERENCE], { env: { ...env, SEALWRIGHT_PIN: 'wrong-pin' } })
    const { error } = await json(5, ['key', 'show', REFERENCE], {
      env: { ...env, SEALWRIGHT_PIN: 'wrong-pin' },
    })
    expect(error).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'the PIN of token "ACME" has one try left',
    })
    expect(token.tries).toBe(1)
    await run(0, ['key', 'show', REFERENCE], { env: { ...env, SEALWRIGHT_PIN: undefined }, answers: [PIN] })
    expect(asked.at(-1)).toContain('the last try')
  })

  it.each([
    'pkcs11:token=ACME;object=release?pin-value=hunter2',
    'pkcs11:pin-value=hunter2;object=release',
    'pkcs11:token=ACME;object=release?pin-source=file:/hunter2',
    'hashivault://release?token=hunter2',
    'awskms:key-id=alias/a;secret-access-key=hunter2',
  ])('or another secret in a reference is refused: %s', async reference => {
    const { run, env } = await withToken()
    for (const args of [
      ['key', 'add', 'x', reference],
      ['sign', '-k', reference, 'oci:image'],
      ['doctor', reference],
    ]) {
      const { code, stderr, stdout } = await run(args, { env })
      expect(code, stderr).toBe(args[0] === 'doctor' && code === 1 ? 1 : 2)
      expect(stderr + stdout).not.toContain('hunter2')
    }
  })
})

describe('the module of a token', () => {
  it('comes from the flag, then the environment, then the configuration', async () => {
    const self = await withToken()
    const { json, env } = self
    await configure(self, PACKAGE, { module: '/usr/lib/configured.so' })
    const args = ['key', 'show', REFERENCE]
    await json(0, args, { env: { ...env, PKCS11_MODULE_PATH: undefined } })
    await json(0, args, { env })
    await json(0, [...args, '--pkcs11-module', './mine.so'], { env })
    expect(loaded).toEqual(['/usr/lib/configured.so', MODULE, self.path('mine.so')])
  })

  it('that nothing names is a usage error', async () => {
    const { json, env } = await withToken()
    const { error } = await json(2, ['key', 'show', REFERENCE], {
      env: { ...env, PKCS11_MODULE_PATH: undefined },
    })
    expect(error.message).toBe('the PKCS#11 module is not known')
  })

  it.each([
    ['key add', ['key', 'add', 'release', `${REFERENCE}?module-path=${MODULE}`]],
    [
      'key create',
      ['key', 'create', `pkcs11:token=ACME;object=made?module-path=${MODULE}`, '--name', 'release'],
    ],
    ['init', ['init', 'release', '--scope', '*', '-k', `${REFERENCE}?module-path=${MODULE}`]],
  ])('moves from a reference to the configuration by %s, and nowhere else', async (_title, args) => {
    const { json, config, env, expect: run, path } = await withToken()
    const options = { env: { ...env, PKCS11_MODULE_PATH: undefined } }
    await json(0, args, options)
    expect(JSON.parse(await readFile(config, 'utf8')).providers).toEqual({ [PACKAGE]: { module: MODULE } })
    const lock = await readFile(path('config', 'keys.lock.json'), 'utf8')
    expect(lock).not.toContain('module')
    await run(0, ['key', 'show', 'release'], options)
    expect(new Set(loaded)).toEqual(new Set([MODULE]))
    const { error } = await json(2, ['key', 'add', 'other', `${REFERENCE}?module-path=/other.so`], options)
    expect(error.message).toContain('another PKCS#11 module')
  })

  it('in the reference of a key to sign with is refused', async () => {
    const { json, env } = await withToken()
    const { error } = await json(2, ['sign', '-k', `${REFERENCE}?module-path=/evil.so`, 'oci:image'], { env })
    expect(error.message).toBe('the reference names a PKCS#11 module')
    expect(loaded).toEqual([])
  })
})

it('keys in a token sign, and say that only a name can be rotated', async () => {
  const { json, env, path } = await withToken()
  await json(0, ['init', 'release', '-k', REFERENCE, '--scope', '*'], { env })
  await makeLayout(path('image'), 'v1')
  await json(0, ['sign', 'oci:image:v1'], { env })
  await json(0, ['verify', 'oci:image:v1'])
  const { error } = await json(2, ['key', 'rotate', 'release'], { env })
  expect(error).toMatchObject({
    code: 'UNSUPPORTED',
    fix: expect.stringContaining('sealwright key rotate release --to REF'),
  })
  const { keys } = await json(0, ['key', 'list', 'pkcs11:token=ACME'], { env })
  expect(keys).toHaveLength(1)
})
