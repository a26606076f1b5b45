import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, dirname } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { commands } from '../../src/program/commands.ts'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

vi.setConfig({ testTimeout: 60_000 })

/**
 * Every argument and option that names a file to be read, in a call that is right but for that file, which is FILE. The
 * words before it lead to the command.
 */
const READ: readonly (readonly [argument: string, words: readonly string[]])[] = [
  ['sign target', ['sign', './FILE']],
  ['sign --key', ['sign', '-k', 'file:./FILE', '--cert-chain', 'me.crt', 'oci:image:v1']],
  ['sign --cert-chain', ['sign', '-k', 'file:config/keys/me.key', '--cert-chain', 'FILE', 'oci:image:v1']],
  ['sign --targets', ['sign', '--targets', 'FILE']],
  [
    'sign --timestamp-root',
    ['sign', '--timestamp', 'http://tsa.invalid', '--timestamp-root', 'FILE', 'oci:image:v1'],
  ],
  ['sign --passphrase-file', ['sign', '--passphrase-file', 'FILE', '--again', 'oci:image:v1']],
  ['sign oci-archive:', ['sign', 'oci-archive:FILE']],
  ['sign --config', ['sign', '--config', 'FILE', 'oci:image:v1']],
  [
    'attest target',
    ['attest', '--type', 'https://example.com/p', '--predicate', 'predicate.json', 'oci:FILE'],
  ],
  [
    'attest --predicate',
    ['attest', '--type', 'https://example.com/p', '--predicate', 'FILE', 'oci:image:v1'],
  ],
  [
    'attest --cert-chain',
    [
      'attest',
      '--type',
      'https://example.com/p',
      '--predicate',
      'predicate.json',
      '--cert-chain',
      'FILE',
      'oci:image:v1',
    ],
  ],
  [
    'attest --passphrase-file',
    [
      'attest',
      '--type',
      'https://example.com/p',
      '--predicate',
      'predicate.json',
      '--passphrase-file',
      'FILE',
      'oci:image:v1',
    ],
  ],
  [
    'attest --timestamp-root',
    [
      'attest',
      '--type',
      'https://example.com/p',
      '--predicate',
      'predicate.json',
      '--timestamp',
      'http://tsa.invalid',
      '--timestamp-root',
      'FILE',
      'oci:image:v1',
    ],
  ],
  [
    'staple --timestamp-root',
    ['staple', '--timestamp', 'http://tsa.invalid', '--timestamp-root', 'FILE', 'oci:image:v1'],
  ],
  ['attach envelope', ['attach', 'oci:image:v1', 'FILE']],
  ['verify target', ['verify', './FILE']],
  ['verify --signature', ['verify', '--signature', 'FILE', 'oci:image:v1']],
  ['verify --policy', ['verify', '--policy', 'FILE', 'oci:image:v1']],
  ['verify --trusted-cert', ['verify', '--trusted-cert', 'FILE', 'oci:image:v1']],
  ['verify --key', ['verify', '-k', './FILE', 'oci:image:v1']],
  ['verify --targets', ['verify', '--targets', 'FILE']],
  ['inspect target', ['inspect', './FILE']],
  ['list target', ['list', 'oci-archive:FILE']],
  ['list layout', ['list', 'oci:FILE']],
  ['list --ca-file', ['list', '--ca-file', 'FILE', 'registry.invalid/app:v1']],
  ['copy from', ['copy', 'oci-archive:FILE', 'oci:to']],
  ['delete target', ['delete', '--all', 'oci:FILE']],
  [
    'login --ca-file',
    ['login', '--username', 'u', '--password-stdin', '--ca-file', 'FILE', 'registry.invalid'],
  ],
  ['key add ref', ['key', 'add', 'other', 'file:./FILE']],
  ['key add --cert-chain', ['key', 'add', 'other', 'file:config/keys/me.key', '--cert-chain', 'FILE']],
  [
    'key add --passphrase-file',
    ['key', 'add', 'other', 'file:config/keys/me.key', '--passphrase-file', 'FILE'],
  ],
  ['key show', ['key', 'show', 'file:./FILE']],
  ['cert request', ['cert', 'request', 'file:./FILE', '--subject', 'C=DE,ST=Hessen,O=Acme,CN=x']],
  [
    'cert issue csr',
    [
      'cert',
      'issue',
      './FILE',
      '--subject',
      'C=DE,ST=Hessen,O=Acme,CN=x',
      '--ca',
      'me',
      '--ca-chain',
      'me.crt',
    ],
  ],
  [
    'cert issue --ca-chain',
    ['cert', 'issue', 'me', '--subject', 'C=DE,ST=Hessen,O=Acme,CN=x', '--ca', 'me', '--ca-chain', 'FILE'],
  ],
  ['cert crl --ca-chain', ['cert', 'crl', '--ca', 'me', '--ca-chain', 'FILE', '--out', 'other.crl']],
  [
    'cert revoke --ca-chain',
    ['cert', 'revoke', 'leaf.crt', '--ca', 'me', '--ca-chain', 'FILE', '--crl', 'x'],
  ],
  [
    'cert revoke certificate',
    ['cert', 'revoke', 'FILE', '--ca', 'me', '--ca-chain', 'me.crt', '--crl', 'me.crl'],
  ],
  [
    'cert revoke --crl',
    ['cert', 'revoke', 'leaf.crt', '--ca', 'me', '--ca-chain', 'ca.crt', '--crl', 'FILE'],
  ],
  ['cert show', ['cert', 'show', './FILE']],
  ['cert add', ['cert', 'add', 'ca:other', './FILE']],
  ['cert remove', ['cert', 'remove', 'ca:me', './FILE']],
  ['policy check', ['policy', 'check', 'FILE']],
  ['policy convert', ['policy', 'convert', 'FILE']],
]

/** What may be at a path where a file is meant. What a process may not read is tried with the program as a process. */
const KINDS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'a directory': path => mkdir(path),
  'a socket': async path => {
    const server = createServer().listen(path)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
  },
  'a link to a device': path => symlink('/dev/full', path),
  'a link to itself': path => symlink(basename(path), path),
  'a link to nothing': path => symlink('nowhere', path),
  'a path through a file': () => Promise.resolve(),
  nothing: () => Promise.resolve(),
}

/** What must be in no output: our own faults, stack traces, files without a name. */
const UNNAMED = /INTERNAL|\n\s+at |cannot \w+ a file/

async function home(): Promise<Program> {
  const self = await program()
  await makeLayout(self.path('image'), 'v1')
  await writeFile(self.path('predicate.json'), '{}')
  await self.expect(0, ['init', 'me', '--scope', '*'])
  await self.expect(0, ['cert', 'show', 'me'])
  await symlink(self.path('config', 'keys', 'me.crt'), self.path('me.crt'))
  const dn = (name: string) => ['--subject', `C=DE,ST=Hessen,O=Acme,CN=${name}`]
  const ca = ['--ca', 'me', '--ca-chain', 'ca.crt']
  await self.expect(0, ['cert', 'issue', 'me', ...dn('CA'), '--ca-cert', '--out', 'ca.crt'])
  await self.expect(0, ['cert', 'issue', 'me', ...dn('leaf'), ...ca, '--out', 'leaf.crt'])
  return self
}

describe.skipIf(process.platform === 'win32')('in place of a file', () => {
  it.each(Object.entries(KINDS))('%s is named, by every argument', async (kind, make) => {
    const self = await home()
    await make(self.path('FILE'))
    const faults: string[] = []
    for (const [argument, words] of READ) {
      const place = kind === 'a path through a file' ? 'predicate.json/x' : 'FILE'
      const args = words.map(word => word.replace('FILE', place))
      const { code, stdout, stderr } = await self.run([...args, '--timeout', '5s'], { stdin: 'x' })
      const output = stdout + stderr
      const isNamed = output.includes(place) && /^ {2}fix: \S/m.test(output)
      if (![1, 2, 3, 5].includes(code) || !isNamed || UNNAMED.test(output))
        faults.push(`${argument}: exit ${code}\n${output}`)
      await rm(self.path('to'), { recursive: true, force: true })
    }
    expect(faults.join('\n')).toBe('')
  })

  it.each(Object.entries(KINDS).filter(([kind]) => !/nothing$/.test(kind)))(
    '%s takes no audit log, and nothing is signed',
    async (kind, make) => {
      const self = await home()
      await make(self.path('FILE'))
      const place = kind === 'a path through a file' ? 'predicate.json/x' : 'FILE'
      const { code, stdout, stderr } = await self.run(['sign', '--audit-log', place, 'oci:image:v1'])
      expect([2, 3, 5], stderr).toContain(code)
      expect(stdout).toBe('')
      expect(stderr).toContain(place)
      expect(stderr).toMatch(/^ {2}fix: \S/m)
      expect(stderr).not.toMatch(UNNAMED)
    },
  )

  it('a layout is named as oci: takes it', async () => {
    const self = await home()
    for (const command of ['sign', 'verify', 'inspect']) {
      const { stderr } = await self.expect(2, [command, './image'])
      expect(stderr).toContain('error[VALIDATION]: ./image is a directory')
      expect(stderr).toContain('fix: write oci:./image')
    }
  })

  it('a pipe that nobody writes to is given up with the time', async () => {
    const self = await home()
    execFileSync('mkfifo', [self.path('FILE')])
    const ended = new AbortController()
    setTimeout(() => ended.abort({ interrupt: 'SIGTERM' }), 500)
    const { code } = await self.run(['sign', './FILE'], { signal: ended.signal })
    expect(code).toBe(143)
    // Lets go of the thread that waits for a writer.
    const writer = spawn('sh', ['-c', `exec 3<> '${self.path('FILE')}'`])
    await once(writer, 'close')
  })
})

it('every argument and option that names a file is in the table', () => {
  const specs = commands.flatMap(entry =>
    'commands' in entry
      ? entry.commands.map(spec => ({ words: `${entry.name} ${spec.name}`, spec }))
      : [{ words: entry.name, spec: entry }],
  )
  const tried = READ.map(([argument]) => argument)
  const named = specs.flatMap(({ words, spec }) =>
    Object.values(spec.flags?.() ?? {})
      .filter(({ flags }) => /<file>/.test(flags))
      .map(({ long }) => ({ command: words, option: long as string })),
  )
  // The options of the same code, tried with one command each.
  const shared = [
    '--passphrase-file',
    '--pin-file',
    '--pkcs11-module',
    '--ca-file',
    '--out',
    '--signature',
    '--audit-log',
    '--targets',
    // Written to, by tests of their own.
    '--audit-log',
    '--report',
    '--report-bundle',
  ]
  const missing = named.filter(
    ({ command, option }) =>
      !tried.includes(`${command} ${option}`) && !shared.includes(option) && command !== 'key rotate',
  )
  expect(missing).toEqual([])
})

describe('a file of the configuration', () => {
  const FILES: readonly (readonly [string, readonly string[]])[] = [
    ['config/config.json', ['sign', 'oci:image:v1']],
    ['config/keys.lock.json', ['sign', 'oci:image:v1']],
    ['config/keys/me.key', ['sign', '--again', 'oci:image:v1']],
    ['config/keys/me.crt', ['sign', '--again', 'oci:image:v1']],
    ['notation/trustpolicy.json', ['verify', '--scope', 'registry.example/app', 'oci:image:v1']],
    ['notation/truststore/x509/ca/me', ['verify', '--scope', 'registry.example/app', 'oci:image:v1']],
    ['notation/signingkeys.json', ['sign', '-k', 'nosuch', 'oci:image:v1']],
    ['sealwright.json', ['sign', 'oci:image:v1']],
    ['docker/config.json', ['list', 'registry.invalid/app:v1']],
    ['passphrase', ['sign', '--again', 'oci:image:v1']],
  ]

  it.each(Object.entries(KINDS))('that is %s is named', async (kind, make) => {
    if (kind === 'a path through a file') return
    const self = await home()
    await self.expect(0, ['sign', 'oci:image:v1'])
    const faults: string[] = []
    for (const [file, words] of FILES) {
      await mkdir(dirname(self.path(file)), { recursive: true })
      await rename(self.path(file), self.path('aside')).catch(() => {})
      await make(self.path(file))
      const { code, stdout, stderr } = await self.run([...words, '--timeout', '5s'])
      const output = stdout + stderr
      const isAbsent = /nothing/.test(kind)
      const isNamed =
        code === 0 || isAbsent || output.includes(basename(file)) || output.includes('registry.invalid')
      if (code === 70 || !isNamed || UNNAMED.test(output)) faults.push(`${file}: exit ${code}\n${output}`)
      await rm(self.path(file), { recursive: true, force: true })
      await rename(self.path('aside'), self.path(file)).catch(() => {})
    }
    expect(faults.join('\n')).toBe('')
  })
})
