import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

vi.setConfig({ testTimeout: 60_000 })

const SIGN = ['sign', '--again', 'oci:image:v1'] as const
const LIST = ['list', 'registry.invalid/app:v1', '--timeout', '5s'] as const

/** Every variable that the program itself reads, and a call that reads it. Those of key stores are tried with their stores. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  SEALWRIGHT_KEY: SIGN,
  SEALWRIGHT_CONFIG: SIGN,
  SEALWRIGHT_TRUST: ['verify', 'oci:image:v1'],
  SEALWRIGHT_POLICY: ['verify', 'oci:image:v1'],
  SEALWRIGHT_OUTPUT: ['list', 'oci:image:v1'],
  SEALWRIGHT_TIMEOUT: SIGN,
  SEALWRIGHT_USERNAME: LIST,
  SEALWRIGHT_PASSWORD: LIST,
  SEALWRIGHT_PASSPHRASE_FILE: SIGN,
  SEALWRIGHT_PASSPHRASE: SIGN,
  SEALWRIGHT_PIN_FILE: ['key', 'show', 'pkcs11:token=none;object=none'],
  SEALWRIGHT_PIN: ['key', 'show', 'pkcs11:token=none;object=none'],
  PKCS11_MODULE_PATH: ['key', 'show', 'pkcs11:token=none;object=none'],
  NOTATION_CONFIG: ['verify', 'oci:image:v1'],
  NOTATION_CACHE: ['verify', 'oci:image:v1'],
  XDG_CACHE_HOME: ['verify', 'oci:image:v1'],
  NOTATION_USERNAME: LIST,
  NOTATION_PASSWORD: LIST,
  NV2_USERNAME: LIST,
  NV2_PASSWORD: LIST,
  DOCKER_CONFIG: LIST,
  REGISTRY_AUTH_FILE: LIST,
  XDG_CONFIG_HOME: SIGN,
  APPDATA: SIGN,
  LOCALAPPDATA: ['verify', 'oci:image:v1'],
  HTTPS_PROXY: LIST,
  HTTP_PROXY: LIST,
  NO_PROXY: LIST,
  https_proxy: LIST,
  http_proxy: LIST,
  no_proxy: LIST,
  CI: SIGN,
  NO_COLOR: SIGN,
  FORCE_COLOR: SIGN,
  TERM: SIGN,
}

const VALUES: Readonly<Record<string, string>> = {
  'a line break at its end': 'value\n',
  'a line break in it': 'one\ntwo',
  'spaces around it': '  value  ',
  'spaces alone': '   ',
  nothing: '',
  'a path that does not exist': '/nowhere/at/all',
  'a path through a file': '/dev/null/file',
  'a value without scheme': 'proxy.invalid:3128',
  'a control character': 'a\u001b[31mb',
  'a byte that is not text': 'caf\ufffd',
}

async function signed(): Promise<Program> {
  const self = await program()
  await makeLayout(self.path('image'), 'v1')
  await self.expect(0, ['init', 'me', '--scope', '*'])
  await self.expect(0, ['sign', 'oci:image:v1'])
  return self
}

describe('a variable of the environment', () => {
  it.each(Object.entries(VALUES))('with %s ends nothing with a fault of ours', async (_name, value) => {
    const { run } = await signed()
    const faults: string[] = []
    for (const [variable, words] of Object.entries(VARIABLES)) {
      const { code, stdout, stderr } = await run(words, { env: { [variable]: value } })
      const output = stdout + stderr
      const hasFix = code === 0 || stdout.startsWith('{') || /^ {2}fix: \S/m.test(output)
      // FORCE_COLOR brings escapes of our own.
      const steers = value.includes('\u001b') && output.includes(value)
      if (code === 70 || !hasFix || /INTERNAL|\n\s+at /.test(output) || steers)
        faults.push(`${variable}=${JSON.stringify(value)}: exit ${code}\n${output}`)
    }
    expect(faults.join('\n')).toBe('')
  })

  it.each([
    ['SEALWRIGHT_OUTPUT', 'yaml', ['version'], 2],
    ['SEALWRIGHT_TIMEOUT', 'soon', SIGN, 2],
    ['SEALWRIGHT_KEY', 'no key\n', SIGN, 2],
    ['SEALWRIGHT_PASSPHRASE_FILE', '/nowhere/file', SIGN, 2],
    ['SEALWRIGHT_PIN_FILE', '/nowhere/file', ['key', 'show', 'pkcs11:token=none;object=none'], 2],
    ['HTTPS_PROXY', 'ftp://proxy.invalid', LIST, 2],
  ] as const)('%s=%j is named', async (variable, value, words, exit) => {
    const { run } = await signed()
    const { code, stderr } = await run(words, { env: { [variable]: value } })
    expect(code, stderr).toBe(exit)
    expect(stderr).toMatch(
      variable.startsWith('SEALWRIGHT_PIN')
        ? /PIN|PKCS11|pkcs11/i
        : new RegExp(`${variable}|${value.trim()}`),
    )
  })

  it('is in the table, if the sources read it', async () => {
    const src = join(import.meta.dirname, '../..', 'src')
    const files = (await readdir(src, { recursive: true })).filter(name => name.endsWith('.ts'))
    const read = new Set<string>()
    for (const name of files) {
      const text = await readFile(join(src, name), 'utf8')
      for (const [, variable] of text.matchAll(/\benv\.([A-Za-z][A-Za-z0-9_]*)/g)) read.add(variable!)
    }
    const names = [...read].filter(name => /^[A-Z][A-Z0-9_]+$|_proxy$/.test(name))
    expect(names.length).toBeGreaterThan(15)
    expect(names.filter(name => !(name in VARIABLES))).toEqual([])
  })
})

describe('a user without a home', () => {
  it.each([[undefined], ['/dev/null']])('%s does what needs no configuration', async home => {
    const self = await signed()
    const env = { SEALWRIGHT_CONFIG: undefined, NOTATION_CONFIG: undefined, DOCKER_CONFIG: undefined }
    const options = { env, home }
    for (const words of [
      ['version'],
      ['help'],
      ['list', 'oci:image:v1'],
      ['inspect', 'oci:image:v1'],
      ['verify', '--trust', self.trust, 'oci:image:v1'],
      ['key', 'list'],
      ['cert', 'list'],
      ['key', 'show', `file:${self.path('config', 'keys', 'me.key')}`],
      ['policy', 'check', '--trust', self.trust],
      ['policy', 'convert', '--trust', self.trust],
      ['copy', 'oci:image:v1', 'oci:copied'],
    ])
      await self.expect(0, words, options)
    for (const words of [
      ['init', 'other', '--scope', '*'],
      ['key', 'add', 'other', `file:${self.path('config', 'keys', 'me.key')}`],
      ['cert', 'add', 'ca:other', self.path('config', 'keys', 'me.crt')],
    ]) {
      const { stderr } = await self.expect(2, words, options)
      expect(stderr).toContain('this user has no home directory')
      expect(stderr).toContain('--config FILE and --trust DIRECTORY')
    }
  })

  it('with a relative XDG_CONFIG_HOME takes nothing from the working directory', async () => {
    const self = await signed()
    await mkdir(self.path('conf', 'sealwright'), { recursive: true })
    await writeFile(self.path('conf', 'sealwright', 'config.json'), '{"defaultKey":"planted"}')
    const env = { SEALWRIGHT_CONFIG: undefined, XDG_CONFIG_HOME: 'conf' }
    const { stderr } = await self.expect(2, ['sign', 'oci:image:v1'], { env, home: undefined })
    expect(stderr).not.toContain('planted')
  })
})
