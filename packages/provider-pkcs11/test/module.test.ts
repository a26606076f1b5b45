import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSigner } from '@sealwright/core'
import { expect, it } from 'vitest'
import { pkcs11 } from '../src/index.ts'
import { globalFlags, unusableAddon } from '../src/load-module.ts'
import { rejected } from './caught.ts'
import { FakeModule } from './fake-module.ts'
import { FakeToken } from './fake-token.ts'

const reference = 'pkcs11:object=release'
const call = { signal: new AbortController().signal }

function store() {
  const token = new FakeToken()
  token.addKey('EC-P256', { label: 'release' })
  return { token, module: new FakeModule(token), pin: async () => token.pin }
}

it('initialises a module once for all providers, and lets it lock', async () => {
  const { module, pin } = store()
  await openSigner(pkcs11({ module, pin }), reference)
  await openSigner(pkcs11({ module, pin }), reference)
  expect(module.initialisations).toEqual([{ flags: 2 }])
  expect(module.countOf('C_Initialize')).toBe(1)
})

it('takes a module that somebody else initialised', async () => {
  const { module, pin } = store()
  module.C_Initialize()
  await openSigner(pkcs11({ module, pin }), reference)
  expect(module.initialisations).toHaveLength(1)
})

it('touches no module before a key is opened', () => {
  const { module, pin } = store()
  pkcs11({ module, pin }).canonical(reference)
  expect(module.calls.size).toBe(0)
})

it('gives library parameters with a byte to lose, and the same to all', async () => {
  const { module, pin } = store()
  const libraryParameters = "configdir='sql:/keys' flags="
  await openSigner(pkcs11({ module, pin, libraryParameters }), reference)
  expect(module.initialisations).toEqual([{ flags: 2, libraryParameters: `${libraryParameters} ` }])
  await openSigner(pkcs11({ module, pin, libraryParameters }), reference)
  const error = await rejected(openSigner(pkcs11({ module, pin }), reference))
  expect(error).toMatchObject({ code: 'VALIDATION', message: expect.stringContaining('library parameters') })
})

it.each([
  ['CKR_CANT_LOCK', 'UNSUPPORTED'],
  ['CKR_GENERAL_ERROR', 'UNAVAILABLE'],
] as const)('says what is wrong with a module that answers %s at the start', async (rv, code) => {
  const { module, pin } = store()
  module.inject('C_Initialize', { rv })
  const error = await rejected(pkcs11({ module, pin }).open(reference, call))
  expect(error).toMatchObject({ code, message: expect.stringContaining('does not start') })
})

it('says what to do where no module is given', async () => {
  const error = await rejected(openSigner(pkcs11(), reference))
  expect(error).toMatchObject({ code: 'VALIDATION', fix: expect.stringContaining('modulePath') })
})

it('refuses a module and a path together', () => {
  expect(() => pkcs11({ module: store().module, modulePath: '/usr/lib/hsm.so' })).toThrow('both')
})

it('refuses a path that depends on the working directory', async () => {
  const error = await rejected(openSigner(pkcs11({ modulePath: 'hsm.so' }), reference))
  expect(error).toMatchObject({ code: 'VALIDATION', message: expect.stringContaining('not absolute') })
})

it('names a path at which there is no module', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealwright-pkcs11-'))
  try {
    const modulePath = join(folder, 'hsm.so')
    const absent = await rejected(openSigner(pkcs11({ modulePath }), reference))
    expect(absent).toMatchObject({ code: 'VALIDATION', message: `there is no PKCS#11 module ${modulePath}` })
    writeFileSync(modulePath, 'no library')
    const broken = await rejected(openSigner(pkcs11({ modulePath }), reference))
    expect(['VALIDATION', 'UNSUPPORTED']).toContain(broken.code)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('says through which module and by which PIN it is known', async () => {
  const { module, pin } = store()
  const identity = await pkcs11({ module, pin }).identify!(call)
  expect(identity).toEqual({ source: 'the user PIN of the token, through Fake Tokens, In memory 3.2' })
})

it.each([
  ['ERR_MODULE_NOT_FOUND', /not installed/, 'npm install pkcs11js@2.1.7'],
  ['MODULE_NOT_FOUND', /was not built/, 'npm rebuild pkcs11js'],
  ['ERR_DLOPEN_FAILED', /another version of Node/, 'npm rebuild pkcs11js'],
])('says of pkcs11js that cannot be loaded (%s) how to get it, without network too', (code, why, command) => {
  const error = unusableAddon(Object.assign(new Error('no'), { code }))
  expect(error).toMatchObject({ code: 'UNSUPPORTED', why: expect.stringMatching(why) })
  expect(error.fix).toContain(command)
  expect(error.fix).toContain('npm_config_nodedir')
})

it('builds pkcs11js where this package is, if it was installed globally', () => {
  expect(globalFlags('file:///srv/app/node_modules/@sealwright/provider-pkcs11/dist/index.js')).toBe('')
  expect(globalFlags('file:///opt/a%20b/lib/node_modules/@sealwright/provider-pkcs11/dist/index.js')).toBe(
    " --global --prefix '/opt/a b'",
  )
})
