import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { program } from '../program.ts'

/** Wrong calls of every command; each must end in exit 2 with one fix, and leave nothing behind. */
const WRONG: readonly (readonly string[])[] = [
  ['sing', 'x'],
  ['nonsense', '--help'],
  ['key', 'nonsense', '--help'],
  ['--nonsense', '--help'],
  ['--nonsense'],
  ['key', 'ad'],
  ['policy', 'import', 'x'],
  ['init', 'a', 'b', '--scope', '*'],
  ['init', 'a/b', '--scope', '*'],
  ['init', 'me', '--scope', 'no-repository'],
  ['init', 'me', '--scope', '*', '--subject', 'CN=only'],
  ['init', 'me', '--scope', '*', '--subject', 'nonsense'],
  ['init', 'me', '--scope', '*', '--expiry', '1y'],
  ['init', 'me', '--scope', '*', '--expiry', 'none'],
  ['init', 'me', '--scope', '*', '-k', 'nosuch'],
  ['init', 'me', '--scope', '*', '--no-passphrase', '--passphrase-file', 'x'],
  ['init', 'me'],
  ['sign'],
  ['sign', 'app.tgz'],
  ['sign', 'registry.example/app'],
  ['sign', 'oci:'],
  ['sign', 'oci:layout:not a tag'],
  ['sign', 'oci:layout@sha256:1234'],
  ['sign', '--formt', 'jws', 'oci:layout'],
  ['sign', '--format', 'pgp', 'oci:layout'],
  ['sign', '--format', '--dry-run', 'oci:layout'],
  ['sign', '--format', 'jws', '--format', 'cose', 'oci:layout'],
  ['sign', '--expiry', '12', 'oci:layout'],
  ['sign', '--expiry', '0s', 'oci:layout'],
  ['sign', '-m', 'nokey', 'oci:layout'],
  ['sign', '-m', 'io.cncf.notary.x=1', 'oci:layout'],
  ['sign', '-k', 'no key', 'oci:layout'],
  ['sign', '-k', 'nosuch', 'oci:layout'],
  ['sign', '-k', 'foo:bar', 'oci:layout'],
  ['sign', '-k', 'awskms:///alias/x', 'oci:layout'],
  ['sign', '-k', 'pkcs11:token=t?pin-value=1234', 'oci:layout'],
  ['sign', 'oci:layout'],
  ['sign', '-', '--password-stdin', '--username', 'u'],
  ['sign', '--username', 'u', 'oci:layout'],
  ['sign', '--plain-http', 'h', './file'],
  ['sign', '--manifest', 'config-type', './file'],
  ['sign', '--signature', 'x', 'oci:layout', 'oci:layout:v1'],
  ['sign', '--signature', 'x', '--recursive', 'oci:layout'],
  ['sign', '--signature', 'x', '--signatures-in', 'oci:other', 'oci:layout'],
  ['sign', '--recursive', './file'],
  ['sign', '--targets', 'nosuch.txt'],
  ['sign', '--targets', '-'],
  ['sign', '--targets', '-', '-'],
  ['sign', '--targets', '-', '--password-stdin', '--username', 'u'],
  ['sign', '--signatures-in', 'oci:other', './file'],
  ['sign', '--signatures-in', 'registry.example/app:v1', 'oci:layout'],
  ['sign', '--signatures-in', 'oci-archive:-', 'oci:layout'],
  ['sign', '--signatures-in', 'nonsense', 'oci:layout'],
  ['sign', '--signatures-in', 'none', 'oci-archive:-'],
  ['sign', '--offline', '--signatures-in', 'registry.example/signatures', 'oci:layout'],
  ['sign', '--concurrency', '0', 'oci:layout'],
  ['sign', '--offline', 'registry.example/app:v1'],
  ['sign', '--signature', '-', '-o', 'json', 'oci:layout'],
  ['sign', 'oci-archive:-'],
  ['sign', '--timestamp', 'https://tsa.example', 'oci:layout'],
  ['verify'],
  ['verify', 'app'],
  ['verify', 'oci:layout'],
  ['verify', '--at', 'yesterday', 'oci:layout'],
  ['verify', '--at', '2026-02-30T00:00:00Z', 'oci:layout'],
  ['verify', '--trusted-identity', 'CN=x', 'oci:layout'],
  ['verify', '--trusted-cert', 'nosuch.crt', 'oci:layout'],
  ['verify', '--trusted-cert', 'a', '--policy', 'b', 'oci:layout'],
  ['verify', '--policy', 'nosuch.json', 'oci:layout'],
  ['verify', '--statement', 's', 'oci:layout'],
  ['verify', '--scope', 'registry.example/x', 'registry.example/app:v1'],
  ['verify', '--scope', 'registry.example/x', './file'],
  ['verify', '--max-signatures', '0', 'oci:layout'],
  ['verify', '--max-signatures', '1', './file'],
  ['verify', '-q', '-o', 'json', 'oci:layout'],
  ['verify', '--signature', '-', '-'],
  ['inspect'],
  ['inspect', 'a', 'b'],
  ['inspect', './nosuch'],
  ['inspect', '--raw', 'oci:layout'],
  ['inspect', '--raw', '-o', 'json', 'oci:layout'],
  ['inspect', '--signature', 'sha256:00', 'oci:layout'],
  ['list'],
  ['list', './file'],
  ['list', '--type', 'nonsense', 'oci:layout'],
  ['list', '--depth', '-1', 'oci:layout'],
  ['list', 'oci:layout:nosuch'],
  ['list', 'oci:nosuch'],
  ['key', 'add', 'x'],
  ['key', 'add', 'a b', 'file:x'],
  ['key', 'add', 'x', 'release'],
  ['key', 'add', 'x', 'file:nosuch'],
  ['key', 'create'],
  ['key', 'create', 'release'],
  ['key', 'create', 'file:x.key', '--type', 'DSA'],
  ['key', 'create', 'file:x.key', '--type', 'RSA-2048', '--algorithm', 'ES256'],
  ['key', 'create', 'file:x.key', '--protection', 'hsm'],
  ['key', 'create', 'file:x.key', '--default'],
  ['key', 'create', 'file:x.key', '--no-passphrase', '--passphrase-file', 'passphrase'],
  ['key', 'list', 'a', 'b'],
  ['key', 'list', 'nosuch'],
  ['key', 'show', 'nosuch'],
  ['key', 'show', '--public', '-o', 'json'],
  ['key', 'rotate', 'nosuch'],
  ['key', 'remove', 'a/b'],
  ['cert', 'request', 'nosuch', '--subject', 'C=DE,ST=Hessen,O=Acme,CN=x'],
  ['cert', 'request', 'nosuch'],
  ['cert', 'request', 'x', '--subject', 'CN=x', '--out', '-', '-o', 'json'],
  ['cert', 'issue', 'nosuch', '--subject', 'C=DE,ST=Hessen,O=Acme,CN=x'],
  ['cert', 'issue', 'x', '--ca-chain', 'y'],
  ['cert', 'show', 'nosuch'],
  ['cert', 'show'],
  ['cert', 'add', 'acme', 'x.crt'],
  ['cert', 'add', 'ca:acme'],
  ['cert', 'add', 'ca:acme', 'nosuch.crt'],
  ['cert', 'add', 'ca:..', 'x.crt'],
  ['cert', 'list', 'acme'],
  ['cert', 'remove', 'ca:acme'],
  ['cert', 'remove', 'ca:acme', 'x', '--all'],
  ['cert', 'remove', 'ca:acme', 'nosuch'],
  ['policy', 'init'],
  ['policy', 'init', '--name', 'x'],
  ['policy', 'init', '--name', 'x', '--scope', '*'],
  ['policy', 'init', '--name', 'x', '--scope', '*', '--trust-store', 'x', '--trusted-identity', '*'],
  ['policy', 'init', '--name', 'x', '--scope', '*', '--trust-store', 'ca:x', '--trusted-identity', 'CN=x'],
  [
    'policy',
    'init',
    '--name',
    'x',
    '--scope',
    '*',
    '--trust-store',
    'ca:x',
    '--trusted-identity',
    '*',
    '--global',
  ],
  [
    'policy',
    'init',
    '--name',
    'x',
    '--scope',
    '*',
    '--statement-for-files',
    '--trust-store',
    'ca:x',
    '--trusted-identity',
    '*',
  ],
  [
    'policy',
    'init',
    '--name',
    'x',
    '--scope',
    '*',
    '--level',
    'skip',
    '--trust-store',
    'ca:x',
    '--trusted-identity',
    '*',
  ],
  [
    'policy',
    'init',
    '--name',
    'x',
    '--scope',
    '*',
    '--level',
    'lax',
    '--trust-store',
    'ca:x',
    '--trusted-identity',
    '*',
  ],
  [
    'policy',
    'init',
    '--name',
    'x',
    '--scope',
    '*',
    '--trust-store',
    'ca:x',
    '--trusted-identity',
    '*',
    '--threshold',
    '2',
  ],
  ['policy', 'check'],
  ['policy', 'check', 'nosuch.json'],
  ['policy', 'show', 'x'],
  ['policy', 'show', '--for', 'nonsense'],
  ['version', 'x'],
  ['help', 'nosuch'],
  ['version', '--timeout', 'soon'],
  ['version', '-o', 'yaml'],
  ['doctor', '--fix'],
  ['doctor', 'oci:layout'],
  ['doctor', 'registry.example/App'],
  ['doctor', '--offline', 'registry.example/app'],
  ['doctor', '--offline', 'registry.example/app:v1'],
  ['doctor', '--bench', '3'],
  ['doctor', '--bench', '0', 'release'],
  ['completion'],
  ['completion', 'tcsh'],
]

describe('a wrong call', () => {
  it.each(WRONG.map(args => [args.join(' '), args] as const))('%s', async (_title, args) => {
    const { run, json, home, path } = await program()
    await makeLayout(path('layout'), 'v1')
    const before = await readdir(home, { recursive: true })
    const { code, stdout, stderr } = await run(args)
    expect(code, stderr).toBe(2)
    if (!args.includes('json')) expect(stdout).toBe('')
    expect(stderr.match(/^error\[[A-Z_]+\]: [^A-Z].*/gm), stderr).toHaveLength(1)
    expect(stderr.match(/^ {2}fix: ./gm), stderr).toHaveLength(1)
    expect(stderr).not.toMatch(/^\s+at /m)
    // The fix of a code is for what nobody foresaw; each of these calls has one of its own.
    if (!args.includes('oci:nosuch'))
      expect(stderr).not.toMatch(
        /fix: (?:correct the argument or the file|use what is supported|check the name, and)/,
      )
    expect(await readdir(home, { recursive: true })).toEqual(before)
    if (!args.includes('json') && !args.includes('-q') && !args.includes('yaml')) {
      const { error } = await json(2, args)
      expect(error).toMatchObject({ retryable: false, fix: expect.any(String) })
    }
  })
})

describe('a slip of the keyboard', () => {
  it.each([
    [['sing', 'x'], 'sign'],
    [['key', 'ad'], 'add'],
    [['verify', '--polcy', 'x', 'oci:x'], '--policy'],
    [['sign', '--recursiv', 'x'], '--recursive'],
    [['sign', '--zzzzzzzz', 'x'], undefined],
  ] as const)('%s is answered with the nearest that exists', async (args, nearest) => {
    const { run } = await program()
    const { stderr } = await run(args)
    if (nearest !== undefined) expect(stderr).toContain(`did you mean ${nearest}?`)
    else expect(stderr).not.toContain('did you mean')
  })
})

describe('a habit from another tool', () => {
  it.each([
    [['blob', 'sign', 'f'], 'sealwright sign ./FILE'],
    [['sign', '--signature-format', 'jws', 'oci:x'], 'use --format jws or --format cose'],
    [['sign', '-e', '24h', 'oci:x'], 'use --expiry 30d'],
    [['sign', '--plugin', 'p', '--id', 'i', 'oci:x'], 'name the key: sealwright key add NAME REF'],
    [['sign', '--insecure-registry', 'oci:x'], 'use --plain-http HOST'],
    [['key', 'ls'], 'sealwright key list'],
    [['cert', 'generate-test', 'x'], 'sealwright init NAME'],
    [['cert', 'add', '-t', 'ca', '-s', 'acme', 'f'], 'name the store ca:NAME'],
    [['sign-blob', 'f'], 'sealwright sign ./FILE'],
    [['tree', 'x'], 'sealwright list TARGET'],
    [['public-key', '--key', 'k'], 'sealwright key show KEY --public'],
    [['discover', 'x'], 'sealwright list TARGET'],
    [['save', 'x'], 'sealwright copy TARGET oci-archive:FILE'],
    [['clean', 'x'], 'sealwright delete TARGET --all'],
    [['sign', '-r', 'oci:x'], 'use --recursive'],
    [['sign', '--output-signature', 'f', 'oci:x'], 'use --signature FILE'],
  ] as const)('%s is answered with its line', async (args, line) => {
    const { run } = await program()
    const { code, stderr } = await run(args)
    expect(code).toBe(2)
    expect(stderr).toContain(`fix: ${line}`)
  })
})

describe('a call without a command', () => {
  it.each([[[]], [['key']], [['cert']], [['policy', '-v']]] as const)(
    '%j is answered with the help',
    async args => {
      const { expect: run, json } = await program()
      const { stdout, stderr } = await run(2, args)
      expect(stdout).toBe('')
      expect(stderr).toContain('Usage: sealwright')
      expect(stderr).toContain('\nCommands:\n')
      const { error } = await json(2, args)
      expect(error).toMatchObject({ code: 'VALIDATION', message: expect.stringContaining('needs a command') })
    },
  )
})

describe('an option that is wrong', () => {
  it.each([
    [
      ['sign', '--format', 'pgp', 'x'],
      '--format does not take "pgp"',
      'it takes jws, cose',
      'use --format jws',
    ],
    [
      ['sign', 'x', '--format'],
      '--format needs a value',
      'the next word is the option -o',
      'use --format FORMAT',
    ],
    [
      ['sign', '--format', '--again', 'x'],
      '--format needs a value',
      'the next word is the option --again',
      'use --format FORMAT',
    ],
    [['sign', '--expiry=', 'x'], '--expiry needs a value', 'its value is empty', 'use --expiry DURATION'],
    [
      ['sign', '-k', 'a', '-k', 'b', 'x'],
      '--key was given more than once',
      'it takes one value',
      'give --key once',
    ],
    [
      ['sign', '--expiry', '5', 'x'],
      '--expiry: "5" is not a duration',
      'a whole number above zero and a unit',
      'use --expiry 30d',
    ],
    [
      ['verify', '--max-signatures', '-1', 'x'],
      '--max-signatures: "-1" is not a count',
      'a whole number',
      'use --max-signatures 8',
    ],
    [['login'], 'sealwright login needs HOST', 'host of the registry', 'sealwright login --help'],
    [
      ['version', 'x'],
      'sealwright version takes no arguments',
      '"x" is one more',
      'sealwright version --help',
    ],
    [
      ['list', 'a', 'b'],
      'sealwright list takes at most 1 argument',
      '"b" is one more',
      'sealwright list --help',
    ],
    [['sign', '--all=yes', 'x'], 'unknown option --all=yes', '', 'sealwright sign --help'],
  ] as const)('%j says so', async (args, message, why, fix) => {
    const { json } = await program()
    const { error } = await json(2, args)
    expect(error).toMatchObject({ code: 'VALIDATION', message, fix: expect.stringContaining(fix) })
    expect(error.why ?? '').toContain(why)
  })
})
