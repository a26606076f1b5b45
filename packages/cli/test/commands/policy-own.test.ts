import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { program } from '../program.ts'

const FILE = 'trustpolicy.sealwright.json'
const DN = 'C=DE,ST=Hessen,O=Acme,CN='
const TWO = [
  ...['policy', 'init', '--name', 'prod', '--scope', 'registry.example/prod/*', '--threshold', '2'],
  ...['--trust-store', 'ca:me', '--trusted-identity', `${DN}alice`, '--trusted-identity', `${DN}bob`],
]

async function ready() {
  const self = await program()
  await self.expect(0, ['init', 'me', '--scope', 'registry.example/me'])
  const own = join(self.trust, FILE)
  const raw = async () => JSON.parse(await readFile(own, 'utf8'))
  return { ...self, own, raw }
}

describe('policy init', () => {
  it("writes Sealwright's policy for a threshold, once, and leaves Notation's to decide the rest", async () => {
    const { json, expect: run, own, raw, trust } = await ready()
    const notation = await readFile(join(trust, 'trustpolicy.json'), 'utf8')
    expect(await json(0, TWO)).toMatchObject({ file: own, changed: true, statement: { name: 'prod' } })
    expect((await json(0, TWO)).changed).toBe(false)
    const alice = { certificates: { stores: ['ca:me'], identities: [`x509.subject: ${DN}alice`] } }
    expect(await raw()).toMatchObject({
      otherwise: 'notation',
      signers: { alice, bob: { certificates: { stores: ['ca:me'] } } },
      statements: [
        {
          name: 'prod',
          scopes: ['registry.example/prod/*'],
          require: { atLeast: 2, of: [{ signer: 'alice' }, { signer: 'bob' }] },
        },
      ],
    })
    const other = await json(
      2,
      [...TWO.slice(0, -2), '--threshold', '1'].filter((_, at) => at !== 6 && at !== 7),
    )
    expect(other.error.message).toContain('another statement')
    expect(await readFile(join(trust, 'trustpolicy.json'), 'utf8')).toBe(notation)
    expect((await run(0, ['policy', 'check'])).stdout).toContain(`${own}: no fault`)
  })

  it('makes a signer of each store where every identity is trusted, and refuses what cannot be reached', async () => {
    const { json, expect: run, raw, own, trust } = await ready()
    await rm(join(trust, 'trustpolicy.json'))
    const words = ['policy', 'init', '--sealwright', '--name', 'files', '--statement-for-files', '--global']
    const stores = ['--trust-store', 'ca:me', '--trust-store', 'ca:other', '--trusted-identity', '*']
    const refused = await json(2, [...words, ...stores, '--threshold', '3'])
    expect(refused.error).toMatchObject({ message: '--threshold 3 cannot be reached' })
    expect(await readdir(trust)).not.toContain(FILE)
    expect((await json(2, [...words, ...stores, '--level', 'audit'])).error.message).toContain(
      '--level audit',
    )
    await run(0, [...words, ...stores])
    expect(await raw()).toMatchObject({
      otherwise: 'deny',
      signers: { me: {}, other: {} },
      statements: [{ files: true, default: true, require: { any: [{ signer: 'me' }, { signer: 'other' }] } }],
    })
    expect((await json(0, ['policy', 'show', '--for', './file'])).for).toMatchObject({
      file: own,
      statement: 'files',
    })
  })

  it("says that Sealwright's policy decides first, where Notation's gains a statement", async () => {
    const { expect: run, own } = await ready()
    await run(0, TWO)
    const words = ['policy', 'init', '--name', 'x', '--scope', 'registry.example/x', '--trust-store', 'ca:me']
    const { stderr } = await run(0, [...words, '--trusted-identity', '*'])
    expect(stderr).toContain(`${own} decides first`)
  })
})

describe('init', () => {
  it("writes Sealwright's policy for a prefix, once, and names a target below it", async () => {
    const { json, trust } = await program()
    const words = ['init', 'me', '--scope', 'registry.example/prod/*']
    const own = join(trust, FILE)
    expect((await json(0, [...words, '--dry-run'])).policy.file).toBe(own)
    expect(await readdir(trust).catch(() => [])).toEqual([])
    const first = await json(0, words)
    expect(first).toMatchObject({
      policy: { file: own, statement: 'me', scopes: ['registry.example/prod/*'] },
    })
    expect(first.next[1]).toBe('sealwright verify registry.example/prod/app:v1')
    expect(JSON.parse(await readFile(own, 'utf8'))).toMatchObject({
      otherwise: 'deny',
      signers: { me: { certificates: { stores: ['ca:me'] } } },
      statements: [{ name: 'me', scopes: ['registry.example/prod/*'], require: { signer: 'me' } }],
    })
    expect((await json(0, words)).changed).toBe(false)
    expect((await json(0, ['policy', 'check'])).policies).toMatchObject([{ kind: 'sealwright', faults: [] }])
  })

  it('refuses a scope that another statement has before anything is made', async () => {
    const { json, path } = await ready()
    await json(0, TWO)
    const { error } = await json(2, ['init', 'other', '--sealwright', '--scope', 'registry.example/prod/*'])
    expect(error.why).toContain('is already in statement "prod"')
    expect(await readdir(path('config', 'keys'))).not.toContain('other.key')
  })

  it("says that Sealwright's policy decides first, where Notation's gains a statement", async () => {
    const { expect: run, own } = await ready()
    await run(0, TWO)
    const { stderr } = await run(0, ['init', 'other', '--scope', 'registry.example/other'])
    expect(stderr).toContain(`${own} decides first`)
  })
})

describe('policy show --for', () => {
  it('says which file and statement decide, and why the others do not', async () => {
    const { json, expect: run, own, trust } = await ready()
    await run(0, TWO)
    const notation = join(trust, 'trustpolicy.json')
    const forTarget = async (target: string) => (await json(0, ['policy', 'show', '--for', target])).for
    expect(await forTarget('registry.example/prod/app:v1')).toMatchObject({
      file: own,
      statement: 'prod',
      others: [{ file: notation, statement: 'me', why: `${own} decides` }],
    })
    expect(await forTarget('registry.example/me:v1')).toMatchObject({
      file: notation,
      statement: 'me',
      others: [{ file: own, statement: 'prod', why: 'its scopes do not cover registry.example/me' }],
    })
    expect((await run(0, ['policy', 'show'])).stdout).toMatch(
      /requires {4}2 of \(alice, bob\)[\s\S]*decides for registry\.example\/prod\/\*\nall else is left to .*trustpolicy\.json/,
    )
    expect((await run(0, ['doctor'])).stdout).toContain('decides for registry.example/prod/*')
  })

  it('says what denies a target whatever is signed', async () => {
    const { json, expect: run, own, raw } = await ready()
    await run(0, TWO)
    const change = async (more: object) => writeFile(own, JSON.stringify({ ...(await raw()), ...more }))
    await change({ registries: ['registry.example'], otherwise: 'deny' })
    const denied = async (target: string) =>
      (await json(0, ['policy', 'show', '--for', target])).for.denied.code
    expect(await denied('elsewhere.example/prod/app:v1')).toBe('REGISTRY')
    expect(await denied('registry.example/me:v1')).toBe('NO_STATEMENT')
    await change({ expires: '2001-01-01T00:00:00Z' })
    expect(await denied('registry.example/prod/app:v1')).toBe('POLICY_EXPIRED')
    const { stdout } = await run(0, ['policy', 'check'])
    expect(stdout).toContain('the policy ended at 2001-01-01T00:00:00Z: all that it decides is denied')
    expect((await run(0, ['doctor'])).stdout).toContain('the policy ended at')
  })
})

describe('policy check', () => {
  it('tells which kind a file is, and names faults of its own kind with line and column', async () => {
    const { expect: run, path } = await ready()
    const file = path('p.json')
    await writeFile(
      file,
      '{"version":"sealwright/1",\n  "signers":{"a":{"keyFile":"a.pem"}},\n  "statment":[],"statements":[]}',
    )
    const { stdout } = await run(1, ['policy', 'check', file])
    expect(stdout).toContain(`${file}:3:3: error: unknown member "statment"`)
    await writeFile(file, '{"version":"sealwright/1","signers":{"a":{"keyFile":"a.pem"}},"statements":[]}')
    expect((await run(1, ['policy', 'check', file])).stdout).toContain('keyFile "a.pem": cannot read')
  })
})

describe('policy edit', () => {
  it("changes the scopes of a statement of Sealwright's policy, and removes it", async () => {
    const { json, raw, own } = await ready()
    await json(0, TWO)
    const edit = (...words: string[]) => ['policy', 'edit', 'prod', ...words]
    expect(await json(0, edit('--add-scope', 'registry.example/web'))).toMatchObject({
      file: own,
      changed: true,
    })
    expect((await json(0, edit('--add-scope', 'registry.example/web'))).changed).toBe(false)
    expect((await raw()).statements[0].scopes).toEqual(['registry.example/prod/*', 'registry.example/web'])
    const both = edit('--remove-scope', 'registry.example/web', '--remove-scope', 'registry.example/prod/*')
    expect((await json(2, both)).error.why).toContain('scopes is empty')
    expect((await json(2, edit('--add-store', 'ca:x'))).error.message).toContain('no stores and identities')
    expect((await json(0, edit('--remove'))).statement).toBeNull()
    expect((await raw()).statements).toEqual([])
    expect(JSON.parse(await readFile(`${own}.bak`, 'utf8')).statements).toHaveLength(1)
  })
})

describe('policy import', () => {
  it("recognizes Sealwright's policy, and keeps the previous one", async () => {
    const { json, own, path, raw } = await ready()
    await json(0, TWO)
    const file = path('new.json')
    await writeFile(file, '{"version":"sealwright/1","signers":{},"statements":[]}')
    expect(await json(0, ['policy', 'import', file])).toMatchObject({
      kind: 'sealwright',
      file: own,
      backup: `${own}.bak`,
      changed: true,
    })
    expect((await raw()).statements).toEqual([])
    await writeFile(file, '{"version":"sealwright/2","signers":{},"statements":[]}')
    expect((await json(2, ['policy', 'import', file])).error.why).toContain('"sealwright/2" is not supported')
    expect((await raw()).version).toBe('sealwright/1')
  })
})

describe('policy convert', () => {
  const signed = (more: object = {}, level: object = { level: 'strict' }) => ({
    name: 'prod',
    signatureVerification: level,
    trustStores: ['ca:me', 'tsa:t'],
    trustedIdentities: [`x509.subject: ${DN}a`],
    ...more,
  })
  const policy = (...trustPolicies: object[]) => JSON.stringify({ version: '1.0', trustPolicies })

  it('keeps the meaning: stores, identities, timestamps and logged revocation', async () => {
    const { json, path } = await ready()
    const file = path('n.json')
    await writeFile(
      file,
      policy(
        signed({ registryScopes: ['registry.example/app'] }),
        signed(
          { name: 'rest', registryScopes: ['*'], trustStores: ['ca:me'] },
          { level: 'strict', override: { revocation: 'log' } },
        ),
      ),
    )
    const { policy: own } = await json(0, ['policy', 'convert', file])
    expect(own).toMatchObject({
      otherwise: 'deny',
      signers: { prod: { certificates: { stores: ['ca:me'] } }, rest: {} },
      statements: [
        {
          name: 'prod',
          scopes: ['registry.example/app'],
          require: { signer: 'prod' },
          timestamp: { require: 'always', authorities: ['tsa:t'] },
          revocation: { afterExpiry: 'accept' },
        },
        { scopes: ['*'], revocation: { mode: 'log', afterExpiry: 'accept' } },
      ],
    })
    expect(own.statements[1]).not.toHaveProperty('timestamp')
  })

  it('converts both files of the trust directory', async () => {
    const { json, trust } = await ready()
    await mkdir(trust, { recursive: true })
    await writeFile(
      join(trust, 'trustpolicy.blob.json'),
      policy(signed({ name: 'files', globalPolicy: true })),
    )
    const { policy: own, files } = await json(0, ['policy', 'convert'])
    expect(files).toHaveLength(2)
    expect(own.statements).toMatchObject([{ name: 'me' }, { name: 'files', files: true, default: true }])
  })

  it.each([
    ['level "audit"', signed({}, { level: 'audit' }), 'level "audit" cannot be carried'],
    [
      'level "skip"',
      signed({ trustStores: [], trustedIdentities: [] }, { level: 'skip' }),
      'level "skip" cannot be carried',
    ],
    ['level "permissive"', signed({}, { level: 'permissive' }), 'expiry: log cannot be carried'],
    [
      'an override',
      signed({}, { level: 'strict', override: { expiry: 'log', revocation: 'skip' } }),
      'expiry: log cannot be carried: it is always enforced; ',
    ],
    ['an identity of a plug-in', signed({ trustedIdentities: ['acme.id: 7'] }), 'it is for a plug-in'],
  ])('refuses %s', async (_, statement, why) => {
    const { json, path } = await ready()
    const file = path('n.json')
    await writeFile(file, policy({ registryScopes: ['*'], ...statement }))
    const { error } = await json(2, ['policy', 'convert', file])
    expect(error.message).toContain('cannot be converted with the same meaning')
    expect(error.why).toContain(why)
  })
})
