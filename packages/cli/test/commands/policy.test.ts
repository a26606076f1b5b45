import { lstat, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { program } from '../program.ts'

const ANYBODY = ['--trusted-identity', '*']
const PROD = [
  'policy',
  'init',
  '--name',
  'prod',
  '--scope',
  'registry.example/app',
  '--trust-store',
  'ca:me',
  ...ANYBODY,
]

const FILES = [
  'policy',
  'init',
  '--statement-for-files',
  '--name',
  'files',
  '--trust-store',
  'ca:me',
  ...ANYBODY,
]

async function ready() {
  const self = await program()
  await self.expect(0, ['init', 'me', '--scope', 'registry.example/me'])
  return self
}

describe('policy init', () => {
  it('adds a statement once, and never changes one', async () => {
    const { json, expect: run, trust } = await ready()
    expect((await json(0, PROD)).changed).toBe(true)
    expect((await json(0, PROD)).changed).toBe(false)
    expect((await run(0, PROD)).stdout).toContain('nothing to do')
    const before = await readFile(join(trust, 'trustpolicy.json'), 'utf8')
    expect((await json(2, [...PROD, '--level', 'audit'])).error.message).toContain('another statement')
    await json(2, [
      'policy',
      'init',
      '--name',
      'other',
      '--scope',
      'registry.example/app',
      '--trust-store',
      'ca:me',
      ...ANYBODY,
    ])
    expect(await readFile(join(trust, 'trustpolicy.json'), 'utf8')).toBe(before)
    expect(JSON.parse(before).trustPolicies.map(({ name }: { name: string }) => name)).toEqual(['me', 'prod'])
  })

  it('goes on with the file that notation would read', async () => {
    const { json, trust } = await program()
    await mkdir(trust, { recursive: true })
    const statement = { name: 'old', registryScopes: ['*'], signatureVerification: { level: 'skip' } }
    await writeFile(
      join(trust, 'trustpolicy.json'),
      JSON.stringify({ version: '1.0', trustPolicies: [statement] }),
    )
    expect((await json(0, PROD)).file).toBe(join(trust, 'trustpolicy.json'))
    expect(JSON.parse(await readFile(join(trust, 'trustpolicy.json'), 'utf8')).trustPolicies).toHaveLength(2)
  })
})

describe('policy show', () => {
  it('says which statement applies and why the others do not', async () => {
    const { json, expect: run } = await ready()
    await json(0, PROD)
    const applies = (await json(0, ['policy', 'show', '--for', 'registry.example/app:v1'])).for
    expect(applies).toMatchObject({ statement: 'prod', others: [{ statement: 'me' }] })
    expect((await json(0, ['policy', 'show', '--for', 'registry.example/app'])).for.statement).toBe('prod')
    expect((await json(0, ['policy', 'show', '--for', 'oci:image:v1'])).for.statement).toBe(null)
    const { stdout } = await run(0, ['policy', 'show'])
    expect(stdout).toMatch(/statement {3}me[\s\S]*statement {3}prod/)
  })
})

describe('policy check', () => {
  it('finds no fault in what init made, and names expired and empty stores', async () => {
    const { json } = await ready()
    expect((await json(0, ['policy', 'check'])).policies[0].faults).toEqual([])
    const later = await json(0, ['policy', 'check'], { now: new Date(Date.now() + 400 * 86_400_000) })
    expect(later.policies[0].faults[0]).toMatchObject({ severity: 'warning' })
    await json(0, ['policy', 'init', '--name', 'x', '--scope', '*', '--trust-store', 'ca:nosuch', ...ANYBODY])
    expect((await json(1, ['policy', 'check'])).policies[0].faults[0].message).toContain('empty or missing')
  })

  it('names line and column, from a file or stdin', async () => {
    const { json, expect: run, path } = await ready()
    const text =
      '{\n  "version": "1.0",\n  "trustPolicies": [\n    { "name": "a", "registryScopes": ["x"] }\n  ]\n}\n'
    await writeFile(path('bad.json'), text)
    const { policies } = await json(1, ['policy', 'check', 'bad.json'])
    expect(policies[0].faults.some(({ line }: { line: number }) => line === 4)).toBe(true)
    expect((await run(1, ['policy', 'check', 'bad.json'])).stdout).toMatch(/^bad\.json:4:\d+: error: /m)
    await json(1, ['policy', 'check', '-'], { stdin: text })
  })

  it('a faulty policy stops verification with exit 2, and init before it writes', async () => {
    const { json, trust } = await ready()
    await writeFile(join(trust, 'trustpolicy.json'), '{"version":"2.0"}')
    await json(2, PROD)
    await json(2, ['init', 'other', '--scope', 'registry.example/other'])
    expect((await json(0, ['key', 'list'])).keys).toHaveLength(1)
  })
})

describe('policy init, more', () => {
  it('trusts every signer of a store only where that is said', async () => {
    const { json, expect: run, asked } = await ready()
    const args = [
      'policy',
      'init',
      '--name',
      'prod',
      '--scope',
      'registry.example/app',
      '--trust-store',
      'ca:me',
    ]
    const { error } = await json(2, args)
    expect(error).toMatchObject({
      message: '--trusted-identity is missing',
      why: expect.stringContaining('CN=me,O=me,ST=Unknown,C=ZZ'),
      fix: expect.stringMatching(/--trusted-identity CN=me,O=me,ST=Unknown,C=ZZ, .*'\*'/),
    })
    await run(0, args, { answers: ['C=ZZ,ST=Unknown,O=me'] })
    expect(asked.at(-1)).toContain('its only certificate: CN=me,O=me,ST=Unknown,C=ZZ')
    const { policies } = await json(0, ['policy', 'show'])
    expect(policies[0].statements[1].trustedIdentities).toEqual(['x509.subject: C=ZZ,ST=Unknown,O=me'])
  })

  it.each([
    ['Registry.Example/app', 'registry.example/app'],
    ['registry.example:0/app', 'registry.example/app'],
    ['[::1]:5000/app', 'registry.example/app'],
  ])('refuses the scope %s, which no reference can match', async (scope, fix) => {
    const { json, trust } = await ready()
    const before = await readFile(join(trust, 'trustpolicy.json'), 'utf8')
    const args = ['policy', 'init', '--name', 'x', '--scope', scope, '--trust-store', 'ca:me', ...ANYBODY]
    expect((await json(2, args)).error.fix).toBe(`--scope ${fix}`)
    expect((await json(2, ['init', 'other', '--scope', scope])).error.fix).toBe(`--scope ${fix}`)
    expect(await readFile(join(trust, 'trustpolicy.json'), 'utf8')).toBe(before)
  })

  it.each([
    [
      ['--scope', 'registry.example/me', ...ANYBODY],
      'scope "registry.example/me" is already in statement "me"',
      'sealwright policy edit me --add-store ca:me --add-identity DN',
    ],
    [
      ['--scope', 'registry.example/x', '--trusted-identity', 'CN=x'],
      'C, ST, O missing',
      'give at least country, state and organisation',
    ],
    [
      ['--statement-for-files', '--global', ...ANYBODY],
      'can be one only',
      'sealwright verify --statement NAME',
    ],
  ])('%j: blames what was given, not a file that has no fault', async (flags, why, fix) => {
    const { json } = await ready()
    await json(0, [...FILES, '--global'])
    const { error } = await json(2, ['policy', 'init', '--name', 'new', '--trust-store', 'ca:me', ...flags])
    expect(error.message).toContain('statement "new" cannot be added to ')
    expect(error.why).toContain(why)
    expect(error.why).not.toMatch(/line \d/)
    expect(error.fix).toContain(fix)
  })

  it('explains what a statement for files applies to', async () => {
    const { json, expect: run } = await ready()
    const { stderr } = await run(0, FILES)
    expect(stderr).toContain('sealwright verify --statement files ./FILE')
    expect(stderr).toContain('--global')
    const { error } = await json(2, ['policy', 'init', '--statement-for-files', '--trust-store', 'ca:me'])
    expect(error.fix).toMatch(/--name releases.*--global/)
  })

  it('keeps what it does not know, in its order', async () => {
    const { json, trust } = await ready()
    const file = join(trust, 'trustpolicy.json')
    const known = JSON.parse(await readFile(file, 'utf8')).trustPolicies[0]
    const text = JSON.stringify({
      'x-owner': 'team',
      trustPolicies: [{ 'x-id': 0, ...known }],
      version: '1.0',
    })
    await writeFile(file, text.replace('"x-id":0', '"x-id":12345678901234567890'))
    await json(0, PROD)
    const written = await readFile(file, 'utf8')
    expect(written).toContain('"x-id": 12345678901234567890')
    expect(Object.keys(JSON.parse(written))).toEqual(['x-owner', 'trustPolicies', 'version'])
    expect(Object.keys(JSON.parse(written).trustPolicies[0])).toEqual(['x-id', ...Object.keys(known)])
  })

  it('does not put a file in place of a link', async () => {
    const { json, trust, path } = await ready()
    const file = join(trust, 'trustpolicy.json')
    await rename(file, path('dotfiles.json'))
    await symlink(path('dotfiles.json'), file)
    for (const args of [
      PROD,
      ['policy', 'edit', 'me', '--add-scope', 'registry.example/b'],
      ['policy', 'show'],
    ])
      expect((await json(2, args)).error.message).toBe(`${file} is not a regular file`)
    await json(2, ['policy', 'import', 'dotfiles.json'])
    expect((await json(1, ['policy', 'check'])).policies[0].faults[0].message).toContain('not a regular file')
    expect((await json(1, ['doctor'])).checks).toContainEqual(
      expect.objectContaining({ check: 'policy', outcome: 'fault', detail: expect.stringContaining(file) }),
    )
    expect((await lstat(file)).isSymbolicLink()).toBe(true)
  })
})

describe('policy edit', () => {
  const edit = (...flags: readonly string[]): readonly string[] => ['policy', 'edit', 'me', ...flags]

  it('adds and removes, once, and keeps the order', async () => {
    const { json } = await ready()
    const both = edit('--add-scope', 'registry.example/b', '--remove-scope', 'registry.example/me')
    expect((await json(0, both)).statement.registryScopes).toEqual(['registry.example/b'])
    expect((await json(0, both)).changed).toBe(false)
    const trust = edit('--add-store', 'ca:other', '--add-identity', 'C=DE,ST=Hessen,O=Acme')
    expect((await json(0, trust)).statement).toMatchObject({
      trustStores: ['ca:me', 'ca:other'],
      trustedIdentities: ['x509.subject: CN=me,O=me,ST=Unknown,C=ZZ', 'x509.subject: C=DE,ST=Hessen,O=Acme'],
    })
    expect((await json(0, trust)).changed).toBe(false)
    const back = edit('--remove-store', 'ca:other', '--remove-identity', 'x509.subject:C=DE,ST=Hessen,O=Acme')
    expect((await json(0, back)).statement.trustStores).toEqual(['ca:me'])
  })

  it('removes a statement, once, and never the last thing that makes a policy', async () => {
    const { json } = await ready()
    await json(0, PROD)
    const remove = ['policy', 'edit', 'prod', '--remove']
    expect(await json(0, remove)).toMatchObject({ changed: true, statement: null })
    expect((await json(0, remove)).changed).toBe(false)
    expect((await json(2, edit('--remove'))).error.fix).toMatch(/^rm /)
    expect((await json(2, edit('--remove-scope', 'registry.example/me'))).error.fix).toBe(
      'sealwright policy edit me --remove',
    )
  })

  it('finds the statement of either policy', async () => {
    const { json } = await ready()
    await json(0, FILES)
    expect((await json(0, ['policy', 'edit', 'files', '--add-store', 'ca:b'])).file).toContain('blob')
    await json(0, ['policy', 'init', '--name', 'files', '--scope', '*', '--trust-store', 'ca:me', ...ANYBODY])
    expect((await json(0, ['policy', 'edit', 'files', '--add-store', 'ca:c'])).file).not.toContain('blob')
    const blob = ['policy', 'edit', 'files', '--statement-for-files', '--add-store', 'ca:c']
    expect((await json(0, blob)).statement.trustStores).toEqual(['ca:me', 'ca:b', 'ca:c'])
  })

  it.each([
    [[], 'no change was given'],
    [['--remove', '--add-scope', 'registry.example/x'], 'cannot be used together'],
    [['--add-identity', '*'], 'the identity "*" stands alone'],
    [['--add-scope', 'registry.example/app'], 'is already in statement "prod"'],
    [['--add-scope', 'Registry.example/x'], 'no reference can match'],
    [['--add-store', 'acme'], 'is not a trust store'],
  ])('%j is refused, and nothing is changed', async (flags, text) => {
    const { json, trust } = await ready()
    await json(0, PROD)
    const before = await readFile(join(trust, 'trustpolicy.json'), 'utf8')
    const { error } = await json(2, edit(...flags))
    expect(`${error.message} ${error.why}`).toContain(text)
    expect(error.why ?? '').not.toMatch(/line \d/)
    expect(await readFile(join(trust, 'trustpolicy.json'), 'utf8')).toBe(before)
    await json(2, ['policy', 'edit', 'nobody', '--add-scope', 'registry.example/z'])
  })
})

describe('a scope that is given', () => {
  const first = (name: string, scope: string): readonly string[] => [
    ...['policy', 'init', '--name', name, '--scope', scope, '--trust-store', 'ca:me'],
    ...ANYBODY,
  ]

  it.each<[string, readonly string[]]>([
    ['policy init', first('prod', 'index.docker.io/acme/app')],
    ['policy edit', ['policy', 'edit', 'me', '--add-scope', 'index.docker.io/acme/app']],
    ['init', ['init', 'other', '--scope', 'index.docker.io/acme/app']],
  ])('and matches one spelling only is warned of by %s, as by policy check', async (_, args) => {
    const { expect: run } = await ready()
    const warning =
      'scope "index.docker.io/acme/app" matches only references written this way; "docker.io/acme/app" matches every spelling'
    expect((await run(0, args)).stderr).toContain(warning)
    expect((await run(0, ['policy', 'check'])).stdout).toContain(warning)
  })

  it.each(['prod', 'me'])('and is that of another statement is warned of, added to %s', async name => {
    const { expect: run } = await ready()
    await run(0, ['policy', 'edit', 'me', '--add-scope', 'docker.io/acme/one'])
    await run(0, first('prod', 'docker.io/acme/two'))
    const scope = name === 'prod' ? 'index.docker.io/acme/one' : 'index.docker.io/acme/two'
    const { stderr } = await run(0, ['policy', 'edit', name, '--add-scope', scope])
    expect(stderr).toContain('is the same repository as')
    expect(stderr).toContain(`statement "${name === 'prod' ? 'me' : 'prod'}"`)
    const { stderr: next } = await run(0, ['policy', 'edit', name, '--add-scope', 'registry.example/x'])
    expect(next).not.toContain('warning')
  })
})

describe('policy import', () => {
  const POLICY = {
    version: '1.0',
    trustPolicies: [{ name: 'all', registryScopes: ['*'], signatureVerification: { level: 'skip' } }],
  }

  it('replaces the policy, keeps the previous one, and does nothing twice', async () => {
    const { json, path, trust } = await ready()
    const before = await readFile(join(trust, 'trustpolicy.json'), 'utf8')
    await writeFile(path('new.json'), JSON.stringify(POLICY))
    const file = join(trust, 'trustpolicy.json')
    expect(await json(0, ['policy', 'import', 'new.json'])).toMatchObject({
      kind: 'oci',
      file,
      changed: true,
      backup: `${file}.bak`,
    })
    expect(await readFile(file, 'utf8')).toBe(JSON.stringify(POLICY))
    expect(await readFile(`${file}.bak`, 'utf8')).toBe(before)
    expect(await json(0, ['policy', 'import', '-'], { stdin: JSON.stringify(POLICY) })).toMatchObject({
      changed: false,
      backup: null,
    })
    expect(await readFile(`${file}.bak`, 'utf8')).toBe(before)
  })

  it('takes a policy for files to its own file, in place of one that is broken too', async () => {
    const { json, trust } = await ready()
    const file = join(trust, 'trustpolicy.blob.json')
    await writeFile(file, '{')
    const skip = { name: 'f', signatureVerification: { level: 'skip' } }
    const stdin = JSON.stringify({ version: '1.0', trustPolicies: [skip] })
    expect(await json(0, ['policy', 'import', '-'], { stdin })).toMatchObject({ kind: 'blob', file })
    expect(await readFile(`${file}.bak`, 'utf8')).toBe('{')
  })

  it('changes nothing for a policy with a fault', async () => {
    const { json, trust } = await ready()
    const before = await readFile(join(trust, 'trustpolicy.json'), 'utf8')
    const { error } = await json(2, ['policy', 'import', '-'], { stdin: '{"version":"2.0"}' })
    expect(error).toMatchObject({ message: 'stdin is not a trust policy that can be used' })
    expect(error.why).toMatch(/line 1, column \d+: /)
    expect(await readFile(join(trust, 'trustpolicy.json'), 'utf8')).toBe(before)
    expect(await readdir(trust)).not.toContain('trustpolicy.json.bak')
  })
})

describe('policy show, where there is nothing to show', () => {
  it('is exit 2 without a policy, for the kind that is asked for too', async () => {
    const { json } = await program()
    expect((await json(2, ['policy', 'show'])).error.fix).toContain('--trusted-identity DN')
    await json(0, ['init', 'me', '--scope', '*'])
    const { error } = await json(2, ['policy', 'show', '--for', './file'])
    expect(error.fix).toContain('--statement-for-files --global')
  })

  it('is exit 2 for a faulty policy, and shows the other', async () => {
    const { run, json, trust } = await ready()
    await writeFile(join(trust, 'trustpolicy.blob.json'), '{')
    const { code, stdout, stderr } = await run(['policy', 'show'])
    expect(code).toBe(2)
    expect(stdout).toContain('statement   me')
    expect(stderr).toMatch(/^error\[VALIDATION\]: .*trustpolicy\.blob\.json is not a trust policy/)
    expect((await json(2, ['policy', 'show'])).policies).toHaveLength(2)
    expect((await json(0, ['policy', 'show', '--for', 'registry.example/me:v1'])).for.statement).toBe('me')
  })
})

describe('spellings of scopes', () => {
  it('warns of scopes that not every spelling matches, and of one repository in two statements', async () => {
    const { json } = await program()
    const statement = (name: string, ...registryScopes: readonly string[]) => ({
      name,
      registryScopes,
      signatureVerification: { level: 'skip' },
    })
    const policy = {
      version: '1.0',
      trustPolicies: [
        statement('a', 'Registry.Example/app', 'docker.io/acme/app'),
        statement(
          'b',
          'index.docker.io/acme/app',
          'registry.example:443/b',
          'local/app',
          'registry.example:80/app',
        ),
        statement('c', 'registry.example:0/c'),
      ],
    }
    const { policies } = await json(0, ['policy', 'check', '-'], { stdin: JSON.stringify(policy, null, 1) })
    const texts = policies[0].faults.map(
      ({ severity, line, message }: { severity: string; line: number; message: string }) =>
        `${severity} ${line}: ${message}`,
    )
    expect(texts).toEqual([
      'warning 7: scope "Registry.Example/app" matches only references written this way; "registry.example/app" matches every spelling',
      'warning 17: scope "index.docker.io/acme/app" matches only references written this way; "docker.io/acme/app" matches every spelling',
      'warning 17: scope "index.docker.io/acme/app" is the same repository as "docker.io/acme/app" of statement "a"',
      'warning 18: scope "registry.example:443/b" matches only references written this way; "registry.example/b" matches every spelling',
      'warning 29: no reference can match scope "registry.example:0/c": the port of its host is not a number from 1 to 65535',
    ])
  })

  it.each([
    'docker.io',
    'index.docker.io',
    'registry-1.docker.io',
    'registry.hub.docker.com',
    'docker.io:443',
    'Docker.io',
  ])('a reference to %s falls to the statement for docker.io', async host => {
    const { json } = await ready()
    await json(0, [...PROD.slice(0, 4), '--scope', 'docker.io/acme/app', ...PROD.slice(6)])
    await json(0, [...PROD.slice(0, 3), 'rest', '--scope', '*', '--level', 'skip'])
    const { for: applies } = await json(0, ['policy', 'show', '--for', `${host}/acme/app:v1`])
    expect(applies.statement).toBe('prod')
    const rest = applies.others.find(({ statement }: { statement: string }) => statement === 'rest')
    expect(rest.why).toMatch(/^it is for what no other statement names, and one names /)
    expect((await json(0, ['policy', 'show', '--for', '[::1]:5000/app:v1'])).for.statement).toBe('rest')
  })

  it('prefers the scope in canonical form, and takes one as it is written', async () => {
    const { json } = await ready()
    const add = (name: string, scope: string) =>
      json(0, ['policy', 'init', '--name', name, '--scope', scope, '--trust-store', 'ca:me', ...ANYBODY])
    await add('written', 'registry.example:443/app')
    const applies = async (reference: string) =>
      (await json(0, ['policy', 'show', '--for', reference])).for.statement
    expect(await applies('registry.example:443/app:v1')).toBe('written')
    expect(await applies('registry.example/app:v1')).toBe(null)
    await add('canonical', 'registry.example/app')
    expect(await applies('registry.example:443/app:v1')).toBe('canonical')
  })
})
