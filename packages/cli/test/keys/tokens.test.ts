import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { FakeModule } from '../../../provider-pkcs11/test/fake-module.ts'
import { FakeToken, type FakeTokenOptions } from '../../../provider-pkcs11/test/fake-token.ts'
import { makeLayout } from '../image.ts'
import { opensslIn } from '../openssl.ts'
import { program } from '../program.ts'
import { configure } from '../stores.ts'

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
      message: 'the PIN of token "ACME" is required, and no terminal is available to ask on',
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

  it('is asked for by a label that cannot steer the terminal', async () => {
    const { expect: run, env, asked } = await withToken({ label: 'A\u001b[2J\u202eB' })
    const reference = 'pkcs11:object=release'
    const { stderr } = await run(5, ['key', 'show', reference], {
      env: { ...env, SEALWRIGHT_PIN: undefined },
      answers: ['wrong-pin'],
    })
    expect(asked.at(-1)).toContain('A\\u{1b}[2J\\u{202e}B')
    expect(asked.at(-1) + stderr).not.toContain('\u001b[2J')
    expect(asked.at(-1) + stderr).not.toContain('\u202e')
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

  it.each([
    ['key add', ['key', 'add', 'release', REFERENCE]],
    ['key create', ['key', 'create', 'pkcs11:token=ACME;object=made', '--name', 'release']],
    ['init', ['init', 'release', '--scope', '*', '-k', REFERENCE]],
  ])('of a flag is kept by %s, where the configuration names none', async (_title, args) => {
    const { json, config, env, expect: run } = await withToken()
    const options = { env: { ...env, PKCS11_MODULE_PATH: undefined } }
    await json(0, [...args, '--pkcs11-module', MODULE], options)
    expect(JSON.parse(await readFile(config, 'utf8')).providers).toEqual({ [PACKAGE]: { module: MODULE } })
    await run(0, ['key', 'show', 'release'], options)
    await json(0, ['key', 'add', 'again', REFERENCE, '--pkcs11-module', '/usr/lib/other.so'], options)
    expect(JSON.parse(await readFile(config, 'utf8')).providers).toEqual({ [PACKAGE]: { module: MODULE } })
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

it('keys in a token are made, named, certified, looked at and forgotten', async () => {
  const self = await withToken()
  const { json, expect: run, home, path } = self
  // Whether it is there is looked at, and what is loaded is the fake.
  await writeFile(path('hsm.so'), '')
  const env = { ...self.env, PKCS11_MODULE_PATH: path('hsm.so') }
  const openssl = opensslIn(home)
  const reference = 'pkcs11:token=ACME;object=made'
  const subject = ['--subject', 'CN=release,O=Acme,ST=Hessen,C=DE']
  const create = ['key', 'create', reference, '--name', 'made', '--type', 'EC-P384']
  expect(await json(0, create, { env })).toMatchObject({ changed: true, key: { algorithm: 'ES384' } })
  expect((await json(0, create, { env })).changed).toBe(false)
  expect((await json(0, ['key', 'add', 'again', reference], { env })).changed).toBe(true)
  expect((await json(0, ['key', 'list'], { env })).keys).toHaveLength(2)
  await run(0, ['cert', 'request', 'made', ...subject, '--out', 'made.csr'], { env })
  openssl('req', '-in', 'made.csr', '-verify', '-noout')
  await run(0, ['cert', 'issue', 'made', ...subject, '--out', 'made.crt'], { env })
  openssl('verify', '-x509_strict', '-CAfile', 'made.crt', 'made.crt')
  const { keys } = await json(0, ['doctor', 'made'], { env })
  expect(keys[0]).toMatchObject({
    key: 'made',
    credentials: { source: expect.stringContaining('the user PIN of the token') },
    permissions: [{ operation: 'open' }, { operation: 'sign' }, { operation: 'certificates' }],
  })
  await json(0, ['key', 'rotate', 'made', '--to', REFERENCE], { env })
  expect((await json(0, ['key', 'show', 'made'], { env })).key.algorithm).toBe('ES256')
  await json(0, ['key', 'remove', 'made'], { env })
  await json(2, ['key', 'show', 'made'], { env })
})

describe('a token that does not answer', () => {
  async function hanging() {
    const self = await withToken()
    const { json, env, path } = self
    await json(0, ['init', 'release', '-k', REFERENCE, '--scope', '*'], { env })
    await makeLayout(path('image'), 'v1')
    onTestFinished(module.inject('C_SignAsync', { hang: true }))
    return self
  }

  it('ends with --timeout, as exit 3', async () => {
    const { json, env } = await hanging()
    const { error } = await json(3, ['sign', 'oci:image:v1', '--timeout', '1s'], { env })
    expect(error).toMatchObject({ code: 'TIMEOUT', fix: expect.stringContaining('--timeout') })
  })

  it('ends with Ctrl-C, as exit 130, and nothing is written', async () => {
    const { run, json, env } = await hanging()
    const abort = new AbortController()
    const before = module.countOf('C_SignAsync')
    const signing = run(['sign', 'oci:image:v1'], { env, signal: abort.signal })
    await vi.waitFor(() => expect(module.countOf('C_SignAsync')).toBeGreaterThan(before), 10_000)
    abort.abort({ interrupt: 'SIGINT' })
    expect(await signing).toMatchObject({ code: 130, stderr: expect.stringContaining('error[ABORTED]: ') })
    expect((await json(0, ['list', 'oci:image:v1'])).referrers).toEqual([])
  })
})

it('a token without a free session is exit 3, as a store that throttles', async () => {
  const { json, env } = await withToken()
  module.inject('C_OpenSession', { rv: 'CKR_SESSION_COUNT' })
  const { error } = await json(3, ['key', 'show', REFERENCE, '--timeout', '3s'], { env })
  expect(error).toMatchObject({ code: 'THROTTLED', retryable: true })
})
