import { execFileSync } from 'node:child_process'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generateManifest } from '../../src/generate-manifest/program.ts'
import { nv2 } from '../../src/nv2/program.ts'
import { commands } from '../../src/program/commands.ts'
import { type Program, program } from '../program.ts'

const PIN = {
  reference: 'awskms:///alias/x',
  resolved: 'awskms:///alias/x@1',
  fingerprint: 'sha256:00',
  history: [],
}

/** A home with keys, a policy, trust stores, a layout and logins. Its files are what completion reads, and no more. */
async function home(files: Readonly<Record<string, unknown>> = {}): Promise<Program> {
  const self = await program()
  const all: Readonly<Record<string, unknown>> = {
    'config/keys.lock.json': { version: 1, keys: { release: PIN, 'release-2': PIN, staging: PIN } },
    'config/config.json': { registries: { 'registry.inside:5000': {} } },
    'notation/signingkeys.json': {
      keys: [{ name: 'wabbit', keyPath: 'a', certPath: 'b' }, { name: 'release' }],
    },
    'notation/trustpolicy.json': {
      trustPolicies: [
        { name: 'prod', registryScopes: ['registry.example/app', 'registry.example/web'] },
        { name: 'rest', registryScopes: ['*'] },
      ],
    },
    'notation/trustpolicy.blob.json': { trustPolicies: [{ name: 'files' }] },
    'notation/truststore/x509/ca/acme/root.crt': '',
    'notation/truststore/x509/tsa/clock/tsa.crt': '',
    'docker/config.json': { auths: { 'localhost:5000': {}, 'https://index.docker.io/v1/': {} } },
    'layout/index.json': {
      manifests: ['v1', 'v2', 'v2'].map(tag => ({
        annotations: { 'org.opencontainers.image.ref.name': tag },
      })),
    },
    ...files,
  }
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(self.path(name)), { recursive: true })
    await writeFile(self.path(name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return self
}

/** What the last word can become: the candidates without their descriptions, and the directive. */
async function completed(self: Program, words: readonly string[], options?: Parameters<Program['run']>[1]) {
  const { stdout, stderr } = await self.expect(0, ['__complete', ...words], options)
  expect(stderr).toBe('')
  const lines = stdout.split('\n').slice(0, -1)
  return {
    words: lines.slice(0, -1).map(line => line.split('\t', 1)[0]),
    directive: Number(lines.at(-1)!.slice(1)),
  }
}

const NO_SPACE = 2
const NO_FILES = 4
const DIRECTORIES = 16

describe('completion offers', () => {
  it('every command that the help lists, with its summary', async () => {
    const self = await home()
    const { stdout } = await self.expect(0, ['__complete', ''])
    expect(stdout).toBe(
      `${commands.map(({ name, summary }) => `${name}\t${summary}`).join('\n')}\n:${NO_FILES}\n`,
    )
  })

  const REFERENCES = ['file:', 'awskms:///', 'azurekms://', 'gcpkms://', 'hashivault://', 'pkcs11:']
  const TARGETS = [
    'registry.example/app:',
    'registry.example/web:',
    'registry.inside:5000/',
    'localhost:5000/',
  ]

  it.each<[string[], (string | undefined)[], number]>([
    [['si'], ['sign'], NO_FILES],
    [['key', 'r'], ['rotate', 'remove'], NO_FILES],
    [['help', 'key', 'sh'], ['show'], NO_FILES],
    [['help', 'nonsense', ''], [], NO_FILES],
    [['sign', '--fo'], ['--format'], NO_FILES],
    [['sign', '--format', ''], ['jws', 'cose', 'sigstore', 'simplesigning'], NO_FILES],
    [['sign', '--format=j'], ['--format=jws'], NO_FILES],
    [['sign', '-o', 'j'], ['json'], NO_FILES],
    [['--timeout', '5s', 'sig'], ['sign'], NO_FILES],
    [['list', '--type', ''], ['signature', 'attestation', 'sbom', 'evidence'], NO_FILES],
    [['completion', ''], ['bash', 'zsh', 'fish', 'powershell'], NO_FILES],
    [['sign', '-k', 'rel'], ['release', 'release-2'], NO_FILES],
    [['sign', '-k', ''], ['release', 'release-2', 'staging', 'wabbit', ...REFERENCES], NO_FILES],
    [['sign', '--key=sta'], ['--key=staging'], NO_FILES],
    [['sign', '-krelease', 'oci-'], ['oci-archive:'], NO_SPACE | NO_FILES],
    [['key', 'rotate', ''], ['release', 'release-2', 'staging'], NO_FILES],
    [['key', 'add', ''], [], NO_FILES],
    [['key', 'add', 'new', ''], REFERENCES, NO_SPACE | NO_FILES],
    [['key', 'list', 'gcp'], ['gcpkms://'], NO_SPACE | NO_FILES],
    [['policy', 'edit', ''], ['files', 'prod', 'rest'], NO_FILES],
    [['policy', 'edit', 'prod', '--add-store', ''], ['ca:acme', 'tsa:clock'], NO_FILES],
    [['policy', 'edit', 'prod', '--remove-scope', 'registry.example/w'], ['registry.example/web'], NO_FILES],
    [['cert', 'show', ''], ['release', 'release-2', 'staging', 'wabbit', 'ca:acme', 'tsa:clock'], 0],
    [['cert', 'remove', 'ca:acme', ''], ['root.crt'], 0],
    [['cert', 'remove', 'ca:../../..', ''], [], 0],
    [['login', ''], ['registry.inside:5000', 'localhost:5000'], NO_FILES],
    [['sign', ''], ['oci:', 'oci-archive:', ...TARGETS], NO_SPACE | NO_FILES],
    [['sign', 'oci:layout:'], ['oci:layout:v1', 'oci:layout:v2'], DIRECTORIES],
    [['sign', 'oci:lay'], [], DIRECTORIES],
    [['sign', './ap'], [], 0],
    [['sign', 'oci-archive:./'], [], 0],
    [['sign', 'app'], [], NO_FILES],
    [['sign', '--cert-chain', ''], [], 0],
    [['sign', '--trust', ''], [], DIRECTORIES],
    [['sign', '--expiry', ''], [], NO_FILES],
    [['sign', '--', '--fo'], [], NO_FILES],
    [['version', ''], [], NO_FILES],
    [['nonsense', ''], [], NO_FILES],
    [['sign', '--nonsense', '-k', 'sta'], ['staging'], NO_FILES],
    [[], commands.map(({ name }) => name), NO_FILES],
  ])('after %j', async (words, candidates, directive) => {
    const answer = await completed(await home(), words)
    expect(answer.words).toEqual(candidates)
    expect(answer.directive).toBe(directive)
  })

  it('an option again only where it may be given again', async () => {
    const self = await home()
    const { words } = await completed(self, ['sign', '-k', 'release', '-m', 'a=b', '--'])
    expect(words).toContain('--metadata')
    expect(words).toContain('--format')
    expect(words).not.toContain('--key')
  })

  it('what the named configuration and trust directory hold', async () => {
    const self = await home({
      'other/keys.lock.json': { version: 1, keys: { elsewhere: PIN } },
      'trust/trustpolicy.json': { trustPolicies: [{ name: 'there' }] },
    })
    const config = ['--config', 'other/config.json']
    expect((await completed(self, [...config, 'key', 'remove', ''])).words).toEqual(['elsewhere'])
    expect((await completed(self, ['policy', 'edit', '--trust=trust', ''])).words).toEqual(['there'])
  })

  it('the same of nv2, and of the plug-in as Docker asks it', async () => {
    const self = await home()
    expect((await completed(self, ['pu'], { program: nv2 })).words).toEqual(['push', 'pull'])
    expect((await completed(self, ['sign', '--format', ''], { program: nv2 })).words).toEqual([
      'json',
      'first-json',
      'jwt',
    ])
    const docker = await completed(self, ['generatemanifest', '--pl'], { program: generateManifest([]) })
    expect(docker.words).toEqual(['--platform'])
  })
})

describe('completion does not offer', () => {
  it('names that would steer a terminal, span lines, or be taken for options', async () => {
    const names = [
      'bad\u001b[31m',
      'line\nbreak',
      'tab\tbed',
      'turn\u202eed',
      '-o',
      '',
      'x'.repeat(300),
      'fine one',
    ]
    const self = await home({
      'notation/trustpolicy.json': {
        trustPolicies: names.map(name => ({ name, registryScopes: ['a\nb\u001b'] })),
      },
      'notation/signingkeys.json': { keys: names.map(name => ({ name })) },
      'config/keys.lock.json': { keys: { 'a\nb': PIN, '$(touch pwned)': PIN } },
    })
    const { stdout } = await self.expect(0, ['__complete', 'policy', 'edit', ''])
    expect(stdout).toBe(`files\tfor files\nfine one\ta\\u{a}b\\u{1b}\n:${NO_FILES}\n`)
    expect((await completed(self, ['sign', '-k', 'f'])).words).toEqual(['fine one', 'file:'])
    expect((await completed(self, ['key', 'remove', ''])).words).toEqual([])
  })

  it('more than a person can read', async () => {
    const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key-${index}`, PIN]))
    const self = await home({ 'config/keys.lock.json': { keys } })
    expect((await completed(self, ['key', 'remove', ''])).words).toHaveLength(500)
  })
})

describe('completion is silent', () => {
  const FILES = [
    'config/keys.lock.json',
    'config/config.json',
    'notation/signingkeys.json',
    'notation/trustpolicy.json',
    'docker/config.json',
    'layout/index.json',
  ]
  const CALLS = [
    ['sign', '-k', ''],
    ['policy', 'edit', ''],
    ['login', ''],
    ['sign', 'oci:layout:'],
    ['cert', 'list', ''],
  ]

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['no JSON', path => writeFile(path, '{"keys":')],
    ['other JSON', path => writeFile(path, '[[{}, null]]')],
    [
      'members of other types',
      path => writeFile(path, '{"keys":[1,null],"trustPolicies":[[]],"auths":3,"manifests":{}}'),
    ],
    ['JSON nested too deeply', path => writeFile(path, '['.repeat(100_000))],
    ['larger than any', path => writeFile(path, ' '.repeat(5 * 1024 * 1024))],
    ['a directory', path => mkdir(path)],
    ['a pipe', async path => execFileSync('mkfifo', [path])],
    ['a device', path => symlink('/dev/zero', path)],
    ['a link to nothing', path => symlink('nowhere', path)],
  ])('where a file is %s', async (_kind, make) => {
    const self = await program()
    for (const file of FILES) {
      await mkdir(dirname(self.path(file)), { recursive: true })
      await make(self.path(file))
    }
    const before = await readdir(self.home, { recursive: true })
    for (const words of CALLS) await completed(self, words)
    expect(await readdir(self.home, { recursive: true })).toEqual(before)
  })

  it('without a home, at a terminal, and whatever the environment says', async () => {
    const self = await program()
    const env = {
      SEALWRIGHT_CONFIG: undefined,
      NOTATION_CONFIG: undefined,
      DOCKER_CONFIG: undefined,
      SEALWRIGHT_OUTPUT: 'yaml',
      SEALWRIGHT_TIMEOUT: 'soon',
    }
    for (const words of CALLS) await completed(self, words, { env, home: undefined, answers: [] })
    expect(self.asked).toEqual([])
    expect(await readdir(self.home)).toEqual(['passphrase'])
  })
})
