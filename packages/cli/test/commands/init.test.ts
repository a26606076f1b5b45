import { copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { shellCalls } from '../../../../test/shell-calls.ts'
import { makeLayout } from '../image.ts'
import { CANARY, type Program, program } from '../program.ts'

const SCOPE = 'registry.example/app'

/** A home in which `init vendor` has run. */
async function made(): Promise<Program> {
  const self = await program()
  await self.expect(0, ['init', 'vendor', '--scope', SCOPE])
  return self
}

const filesOf = async ({ home }: Program) => (await readdir(home, { recursive: true })).sort()

/** What init did, or would do: `key created`. */
const stepsOf = ({ steps }: { steps: { part: string; action: string }[] }) =>
  steps.map(({ part, action }) => `${part} ${action}`)

const ALL = ['key', 'certificate', 'lock', 'trustStore', 'policy', 'defaultKey']

describe('init', () => {
  it('makes a key, its certificate, a lock, trust, a statement and the default key', async () => {
    const self = await program()
    const document = await self.json(0, [
      'init',
      'vendor',
      '--scope',
      SCOPE,
      '--scope',
      'b.example/c',
      '--scope',
      SCOPE,
    ])
    expect(stepsOf(document)).toEqual(ALL.map(part => `${part} created`))
    const { trustPolicies } = JSON.parse(await readFile(self.path('notation', 'trustpolicy.json'), 'utf8'))
    expect(trustPolicies).toEqual([
      {
        name: 'vendor',
        registryScopes: [SCOPE, 'b.example/c'],
        signatureVerification: { level: 'strict' },
        trustStores: ['ca:vendor'],
        trustedIdentities: ['x509.subject: CN=vendor,O=vendor,ST=Unknown,C=ZZ'],
      },
    ])
    for (const secret of ['config/keys/vendor.key', 'config/keys.lock.json'])
      expect((await stat(self.path(secret))).mode & 0o077, secret).toBe(0)
    expect(await readFile(self.path('config', 'keys', 'vendor.key'), 'utf8')).toContain(
      'BEGIN ENCRYPTED PRIVATE KEY',
    )
    const [stored] = await readdir(self.path('notation', 'truststore', 'x509', 'ca', 'vendor'))
    expect(await readFile(self.path('notation', 'truststore', 'x509', 'ca', 'vendor', stored!), 'utf8')).toBe(
      await readFile(self.path('config', 'keys', 'vendor.crt'), 'utf8'),
    )
    expect((await self.json(0, ['key', 'list'])).keys).toMatchObject([{ name: 'vendor', default: true }])
  })

  it('without a name makes the key "default"', async () => {
    const { json } = await program()
    expect(await json(0, ['init', '--scope', '*'])).toMatchObject({
      name: 'default',
      trustStore: 'ca:default',
    })
  })

  it('makes the first key alone the default', async () => {
    const { json } = await made()
    const second = await json(0, ['init', 'auditor', '--scope', 'registry.example/other'])
    expect(stepsOf(second)).toContain('defaultKey kept')
    const { keys } = await json(0, ['key', 'list'])
    expect(keys.filter((key: { default: boolean }) => key.default)).toMatchObject([{ name: 'vendor' }])
  })

  it('stores the key in clear text only when told to', async () => {
    const { expect: run, path } = await program()
    await run(0, ['init', 'me', '--scope', '*', '--no-passphrase'])
    expect(await readFile(path('config', 'keys', 'me.key'), 'utf8')).toContain('BEGIN PRIVATE KEY')
  })

  it('writes nothing in a dry run, which says what would be made', async () => {
    const self = await program()
    const empty = await filesOf(self)
    const document = await self.json(0, ['init', 'vendor', '--scope', SCOPE, '--dry-run'])
    expect(document).toMatchObject({
      dryRun: true,
      changed: false,
      key: { fingerprint: null },
      certificate: null,
    })
    expect(stepsOf(document)).toEqual(ALL.map(part => `${part} wouldCreate`))
    expect(await filesOf(self)).toEqual(empty)
    await self.expect(0, ['init', 'vendor', '--scope', SCOPE])
    const before = await filesOf(self)
    const second = await self.json(0, ['init', 'auditor', '--scope', SCOPE, '--dry-run'])
    expect(stepsOf(second)).toContain('policy wouldExtend')
    expect(await filesOf(self)).toEqual(before)
  })
})

describe('init, run again,', () => {
  it('changes nothing and says so, with the same flags and with none', async () => {
    const self = await made()
    const before = await filesOf(self)
    for (const flags of [
      ['--scope', SCOPE],
      [],
      ['--expiry', '365d'],
      ['--subject', 'CN=vendor,O=vendor,ST=Unknown,C=ZZ'],
    ])
      expect(await self.json(0, ['init', 'vendor', ...flags])).toMatchObject({ changed: false })
    expect((await self.expect(0, ['init', 'vendor'])).stdout).toContain('nothing to do: key vendor is ready')
    expect(await filesOf(self)).toEqual(before)
  })

  it('asks for no passphrase when there is nothing to do', async () => {
    const { expect: run } = await made()
    await run(0, ['init', 'vendor', '--scope', SCOPE], { env: { SEALWRIGHT_PASSPHRASE_FILE: undefined } })
  })

  it('completes what was taken away', async () => {
    const { json, path } = await made()
    await rm(path('notation'), { recursive: true })
    const again = await json(0, ['init', 'vendor', '--scope', SCOPE])
    expect(
      again.steps.map(({ part, action }: { part: string; action: string }) => `${part} ${action}`),
    ).toEqual([
      'key kept',
      'certificate kept',
      'lock kept',
      'trustStore created',
      'policy created',
      'defaultKey kept',
    ])
    await makeLayout(path('image'), 'v1')
    await json(0, ['sign', 'oci:image:v1'])
    await json(0, ['verify', '--scope', SCOPE, 'oci:image:v1'])
  })

  it('goes on with the key that a run has left which was ended before it had a certificate', async () => {
    const { json, path } = await made()
    const { key } = await json(0, ['init', 'vendor'])
    for (const left of ['config/keys.lock.json', 'config/keys/vendor.crt', 'notation'])
      await rm(path(left), { recursive: true })
    const again = await json(0, ['init', 'vendor', '--scope', SCOPE])
    expect(again.key.fingerprint).toBe(key.fingerprint)
    expect(stepsOf(again)).toEqual([
      'key kept',
      ...['certificate', 'lock', 'trustStore', 'policy'].map(part => `${part} created`),
      'defaultKey kept',
    ])
  })

  it.each([
    ['--subject', 'C=DE,ST=Hessen,O=Acme,CN=me', 'CN=vendor,O=vendor,ST=Unknown,C=ZZ'],
    ['--expiry', '30d', 'valid to 20'],
  ])('refuses %s that asks for another certificate', async (flag, value, kept) => {
    const self = await made()
    const before = await filesOf(self)
    const { error } = await self.json(2, ['init', 'vendor', flag, value])
    expect(error).toMatchObject({
      code: 'VALIDATION',
      message: `${flag} cannot change the certificate of key vendor`,
      why: expect.stringContaining(kept),
    })
    expect(await filesOf(self)).toEqual(before)
  })

  it('refuses another key under the name, by a command that moves the name', async () => {
    const self = await made()
    await self.expect(0, ['key', 'create', 'file:./other key', '--no-passphrase'])
    const { error } = await self.json(2, ['init', 'vendor', '-k', 'file:./other key', '--scope', SCOPE])
    expect(error.message).toBe('the name "vendor" stands for another key')
    const [words] = shellCalls(error.fix.slice(error.fix.indexOf('sealwright ')))
    expect(words).toEqual(['key', 'rotate', 'vendor', '--to', `file:${self.path('other key')}`])
  })

  it('refuses the certificate of another key', async () => {
    const self = await made()
    await self.expect(0, ['init', 'other', '--scope', 'registry.example/other'])
    await copyFile(self.path('config', 'keys', 'other.crt'), self.path('config', 'keys', 'vendor.crt'))
    const { error } = await self.json(2, ['init', 'vendor', '--scope', SCOPE])
    expect(error.message).toMatch(/vendor\.crt does not match key vendor$/)
  })

  it.each([
    ['the key lock', 'config/keys.lock.json'],
    ['trustpolicy.json', 'notation/trustpolicy.json'],
  ])('writes nothing where %s cannot be read', async (name, file) => {
    const self = await made()
    await writeFile(self.path(file), '{"broken":')
    const before = await filesOf(self)
    const { error } = await self.json(2, ['init', 'second', '--scope', 'registry.example/second'])
    expect(`${error.message} ${error.why}`).toContain(name)
    expect(await filesOf(self)).toEqual(before)
  })
})

describe('init -k', () => {
  it('takes a named key, and its name', async () => {
    const self = await program()
    await self.expect(0, ['key', 'create', 'file:./own.key', '--name', 'own', '--type', 'EC-P384'])
    const document = await self.json(0, ['init', '-k', 'own', '--scope', SCOPE])
    expect(document).toMatchObject({ name: 'own', key: { algorithm: 'ES384' }, trustStore: 'ca:own' })
    expect(stepsOf(document)).toEqual([
      'key kept',
      'certificate created',
      'lock kept',
      'trustStore created',
      'policy created',
      'defaultKey created',
    ])
    await makeLayout(self.path('image'), 'v1')
    await self.expect(0, ['sign', 'oci:image:v1'])
    await self.expect(0, ['verify', '--scope', SCOPE, 'oci:image:v1'])
  })

  it('takes a reference, under a name', async () => {
    const self = await program()
    await self.expect(0, ['key', 'create', 'file:./own.key', '--no-passphrase'])
    const document = await self.json(0, ['init', 'mine', '-k', 'file:./own.key', '--scope', SCOPE])
    expect(stepsOf(document)).toEqual(['key kept', ...ALL.slice(1).map(part => `${part} created`)])
    expect(document).toMatchObject({ name: 'mine', key: { reference: `file:${self.path('own.key')}` } })
    expect(await readdir(self.path('config', 'keys'))).toEqual(['mine.crt'])
  })

  it.each([
    ['a key that nothing names', ['-k', 'nosuch'], /nosuch/],
    ['a file that does not exist', ['-k', 'file:./nosuch.key'], /nosuch\.key/],
    [
      '--no-passphrase, which is for a new key',
      ['-k', 'file:./own.key', '--no-passphrase'],
      /cannot be used together/,
    ],
  ])('refuses %s, and writes nothing', async (_what, flags, message) => {
    const self = await program()
    await self.expect(0, ['key', 'create', 'file:./own.key'])
    const before = await filesOf(self)
    const { error } = await self.json(2, ['init', 'me', '--scope', '*', ...flags])
    expect(error.message).toMatch(message)
    expect((await filesOf(self)).filter(file => !before.includes(file) && !/^config$/.test(file))).toEqual([])
  })
})

describe('the scope of init', () => {
  it('is asked for, and may be several', async () => {
    const self = await program()
    const { asked } = self
    await self.expect(0, ['init', 'me'], { answers: ['a.example/x, b.example/y', CANARY, CANARY] })
    expect(asked[0]).toContain('which repository')
    const { trustPolicies } = JSON.parse(await readFile(self.path('notation', 'trustpolicy.json'), 'utf8'))
    expect(trustPolicies[0].registryScopes).toEqual(['a.example/x', 'b.example/y'])
  })

  it.each([
    [' , ', 'no scope was given'],
    ['a.example/x, nonsense', 'nonsense'],
    ['https://a.example/x', 'https://a.example/x'],
  ])('answered with %j is refused, and nothing is made', async (answer, message) => {
    const self = await program()
    const { stderr } = await self.expect(2, ['init', 'me'], { answers: [answer] })
    expect(stderr).toContain(message)
    expect((await self.json(0, ['key', 'list'])).keys).toEqual([])
    expect((await filesOf(self)).filter(file => /\.(?:key|crt)$|trustpolicy/.test(file))).toEqual([])
  })

  it('joins the statement that has it, in which both keys are trusted', async () => {
    const self = await made()
    const document = await self.json(0, ['init', 'auditor', '--scope', SCOPE])
    expect(document.policy.statement).toBe('vendor')
    const { trustPolicies } = JSON.parse(await readFile(self.path('notation', 'trustpolicy.json'), 'utf8'))
    expect(trustPolicies).toMatchObject([
      { name: 'vendor', registryScopes: [SCOPE], trustStores: ['ca:vendor', 'ca:auditor'] },
    ])
    expect(trustPolicies[0].trustedIdentities).toHaveLength(2)
  })
})

describe('the passphrase of init', () => {
  it('typed differently the second time makes nothing', async () => {
    const { expect: run, json } = await program()
    const { stderr } = await run(2, ['init', 'me', '--scope', '*'], { answers: [CANARY, 'another'] })
    expect(stderr).toContain('the two passphrases differ')
    expect((await json(0, ['key', 'list'])).keys).toEqual([])
  })

  it('left empty is generated, shown once on the terminal, and it opens the key', async () => {
    const { expect: run, asked, path } = await program()
    await makeLayout(path('image'), 'v1')
    const { stdout, stderr } = await run(0, ['init', 'me', '--scope', '*'], { answers: ['', ''] })
    const generated = /the passphrase is +(\S+)/.exec(asked.join('\n'))?.[1] as string
    expect(generated).toHaveLength(24)
    expect(stdout + stderr).not.toContain(generated)
    expect(await readFile(path('config', 'keys', 'me.key'), 'utf8')).toContain('ENCRYPTED')
    await run(0, ['sign', 'oci:image:v1'], { answers: [generated] })
  })
})

const TEN = Array.from({ length: 10 }, (_, index) => index)
const CLEAR = ['--no-passphrase']

describe('init at the same time', () => {
  it('under ten names loses neither a key nor trust in it', async () => {
    const { json, trust, path, expect: run } = await program()
    await Promise.all(
      TEN.map(at => run(0, ['init', `n${at}`, '--scope', `registry.example/n${at}`, ...CLEAR])),
    )
    expect((await json(0, ['key', 'list'])).keys).toHaveLength(10)
    const policy = JSON.parse(await readFile(`${trust}/trustpolicy.json`, 'utf8'))
    expect(policy.trustPolicies.map(({ name }: { name: string }) => name).sort()).toEqual(
      TEN.map(at => `n${at}`),
    )
    const left = [...(await readdir(path('config'))), ...(await readdir(trust))]
    expect(left.filter(name => name.endsWith('.lock'))).toEqual([])
  })

  it('under one name makes one key and one certificate, and is well each time', async () => {
    const { json, trust } = await program()
    const made = await Promise.all(
      TEN.map(() => json(0, ['init', 'vendor', '--scope', 'registry.example/app', ...CLEAR])),
    )
    expect(made.filter(({ changed }) => changed)).toHaveLength(1)
    expect(new Set(made.map(({ certificate }) => certificate.fingerprint)).size).toBe(1)
    expect(await readdir(`${trust}/truststore/x509/ca/vendor`)).toHaveLength(1)
  })
})

describe('init tells', () => {
  it('until when signatures verify, and the commands that it prints renew the certificate', async () => {
    const self = await program()
    const { json, expect: run, path } = self
    const now = new Date()
    const made = await json(0, ['init', 'me', '--scope', SCOPE], { now })
    expect(made.renew.before).toBe(made.certificate.notAfter)
    expect((await run(0, ['init', 'me', '--scope', SCOPE])).stdout).toContain(
      `signatures verify until ${made.renew.before}; before that, renew the certificate`,
    )
    const later = new Date(now.getTime() + 340 * 86_400_000)
    for (const command of made.renew.commands) await run(0, shellCalls(command)[0]!, { now: later })
    await makeLayout(path('image'), 'v1')
    await run(0, ['sign', 'oci:image:v1'], { now: later })
    // Renewed for as long as it was made for.
    const after = new Date(later.getTime() + 360 * 86_400_000)
    await run(0, ['verify', '--scope', SCOPE, 'oci:image:v1'], { now: after })
  })

  it('what to give to a friend, who verifies by the commands that it prints', async () => {
    const me = await program()
    const { share } = await me.json(0, [
      'init',
      'me',
      '--scope',
      SCOPE,
      '--subject',
      "C=DE,ST=Hessen,O=O'Acme & Co,CN=me",
    ])
    await makeLayout(me.path('image'), 'v1')
    await me.expect(0, ['sign', 'oci:image:v1'])
    const friend = await program()
    await copyFile(share.certificate, friend.path('me.crt'))
    for (const command of share.commands) await friend.expect(0, shellCalls(command)[0]!)
    await friend.expect(0, ['verify', '--scope', SCOPE, `oci:${me.path('image')}:v1`])
    expect((await readFile(share.certificate, 'utf8')).startsWith('-----BEGIN CERTIFICATE')).toBe(true)
  })

  it('that the subject names nobody, unless one is given', async () => {
    const { expect: run } = await program()
    expect((await run(0, ['init', 'me', '--scope', '*'])).stderr).toContain('--subject gives your own')
    const subject = ['--subject', 'C=DE,ST=Hessen,O=Acme,CN=you']
    expect((await run(0, ['init', 'you', '--scope', 'a.example/b', ...subject])).stderr).not.toContain(
      '--subject',
    )
  })
})
