import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { normalReference } from '../../src/keys/reference.ts'
import { makeLayout } from '../image.ts'
import { CANARY, program } from '../program.ts'

describe('key create', () => {
  it('makes an encrypted private file that openssl opens, and locks it under a name', async () => {
    const { json, path } = await program()
    const { key, changed } = await json(0, [
      'key',
      'create',
      'file:./release.key',
      '--name',
      'release',
      '--type',
      'EC-P384',
    ])
    expect(key).toMatchObject({
      name: 'release',
      reference: `file:${path('release.key')}`,
      algorithm: 'ES384',
    })
    expect(changed).toBe(true)
    expect((await stat(path('release.key'))).mode & 0o777).toBe(0o600)
    const pem = execFileSync('openssl', [
      'pkey',
      '-in',
      path('release.key'),
      '-passin',
      `pass:${CANARY}`,
      '-pubout',
    ])
    expect((await json(0, ['key', 'show', 'release'])).publicKeyPem).toBe(pem.toString())
  })

  it('is a no-op the second time, and refuses another type', async () => {
    const { json, path, expect: run } = await program()
    const args = ['key', 'create', 'file:./a.key', '--name', 'a']
    await json(0, args)
    const before = await readFile(path('a.key'))
    expect((await json(0, args)).changed).toBe(false)
    expect((await run(0, args)).stdout).toContain('nothing to do')
    await json(2, [...args, '--type', 'EC-P384'])
    await json(2, ['key', 'create', 'file:./b.key', '--name', 'a'])
    expect(await readFile(path('a.key'))).toEqual(before)
  })

  it('stores clear text only when told to', async () => {
    const { json, path } = await program()
    await json(0, ['key', 'create', 'file:./a.key', '--no-passphrase'], {
      env: { SEALWRIGHT_PASSPHRASE_FILE: undefined },
    })
    expect(await readFile(path('a.key'), 'utf8')).toContain('-----BEGIN PRIVATE KEY-----')
  })

  it.each([
    ['ES256', ['--type', 'EC-P256']],
    ['ES512', []],
    ['Ed25519', []],
    ['ML-DSA-65', []],
    ['PS256', []],
  ])('with --algorithm %s chooses the type', async (algorithm, type) => {
    const { json } = await program()
    const { key } = await json(0, ['key', 'create', 'file:./a.key', '--algorithm', algorithm, ...type])
    expect(key.algorithm).toBe(algorithm)
  })
})

describe('a named key', () => {
  async function named() {
    const self = await program()
    await self.expect(0, ['key', 'create', 'file:./one.key', '--name', 'one', '--default'])
    await self.expect(0, ['key', 'create', 'file:./two.key'])
    return self
  }

  it('is added, listed, shown and removed, each of it once', async () => {
    const { json, expect: run, path } = await named()
    expect((await json(0, ['key', 'add', 'two', 'file:two.key'])).changed).toBe(true)
    expect((await json(0, ['key', 'add', 'two', 'file:two.key'])).changed).toBe(false)
    const { keys } = await json(0, ['key', 'list'])
    expect(keys.map((key: { name: string; default: boolean }) => [key.name, key.default])).toEqual([
      ['one', true],
      ['two', false],
    ])
    expect((await json(0, ['key', 'list', `file:${path()}`])).keys).toHaveLength(2)
    await json(0, ['key', 'show'], { env: { SEALWRIGHT_PASSPHRASE_FILE: undefined } })
    const { stdout } = await run(0, ['key', 'show', 'two', '--public'])
    expect(stdout).toMatch(/^-----BEGIN PUBLIC KEY-----/)
    expect((await json(0, ['key', 'remove', 'two'])).changed).toBe(true)
    expect((await json(0, ['key', 'remove', 'two'])).changed).toBe(false)
    await json(2, ['key', 'show', 'two'])
    await stat(path('two.key'))
  })

  it('forgotten, is the default no longer', async () => {
    const { json, config } = await named()
    await json(0, ['key', 'remove', 'one'])
    expect(JSON.parse(await readFile(config, 'utf8'))).toEqual({})
    expect((await json(2, ['sign', './x'])).error.message).toContain('no default key')
  })

  it('never means another key', async () => {
    const { json } = await named()
    expect((await json(2, ['key', 'add', 'one', 'file:two.key'])).error.code).toBe('VALIDATION')
  })

  it('is refused when another key answers', async () => {
    const { json, path } = await named()
    await writeFile(path('one.key'), await readFile(path('two.key')))
    await makeLayout(path('image'), 'v1')
    const { error } = await json(2, ['sign', 'oci:image:v1'])
    expect(error.code).toBe('KEY_MISMATCH')
    expect(error.fix).toContain('key rotate one')
  })

  it('in a file cannot be rotated by its store, and moves to another key', async () => {
    const { json, expect: run } = await named()
    const { stderr } = await run(2, ['key', 'rotate', 'one'])
    expect(stderr).toContain('error[UNSUPPORTED]')
    expect(stderr).toContain('--to')
    const before = (await json(0, ['key', 'show', 'one'])).key.fingerprint
    const rotated = await json(0, ['key', 'rotate', 'one', '--to', 'file:two.key'])
    expect(rotated).toMatchObject({ changed: true, previous: before })
    expect(rotated.next[0]).toContain('cert request one')
    expect(await json(0, ['key', 'rotate', 'one', '--to', 'file:two.key'])).toMatchObject({ changed: false })
    expect((await json(0, ['key', 'show', 'one'])).history).toMatchObject([{ fingerprint: before }])
  })

  it.each([0o644, 0o444, 0o440])(
    'that others can read (%o) is refused, and the flag for mounted secrets is named',
    async mode => {
      const { json, path } = await named()
      await chmod(path('one.key'), mode)
      const { error } = await json(2, ['key', 'add', 'other', 'file:one.key'])
      expect(error.message).toContain('one.key')
      expect(error.fix).toMatch(/^chmod 600 .*give --allow-readable-key$/)
      await json(0, ['key', 'add', 'other', 'file:one.key', '--allow-readable-key'])
    },
  )

  it('is warned of when the passphrase of a new one is short, however it was given', async () => {
    const { expect: run, path } = await program()
    const warning = /warning:.* the passphrase has fewer than 12 characters/
    await writeFile(path('short'), 'abc\n')
    const create = ['key', 'create']
    const byFile = await run(0, [...create, 'file:./a.key', '--passphrase-file', 'short'])
    expect(byFile.stderr).toMatch(warning)
    const typed = await run(0, [...create, 'file:./b.key'], { answers: ['abc', 'abc', 'abc'] })
    expect(typed.stderr).toMatch(warning)
    expect((await run(0, [...create, 'file:./c.key'])).stderr).not.toMatch(warning)
  })

  it('with a wrong passphrase is PIN_INCORRECT, with none a usage error that names the flag', async () => {
    const { json, path } = await named()
    await writeFile(path('wrong'), 'not it\n')
    expect(
      (await json(5, ['key', 'add', 'x', 'file:one.key', '--passphrase-file', 'wrong'])).error.code,
    ).toBe('PIN_INCORRECT')
    const { error } = await json(2, ['key', 'add', 'x', 'file:one.key'], {
      env: { SEALWRIGHT_PASSPHRASE_FILE: undefined },
    })
    expect(error.fix).toContain('--passphrase-file')
    expect(error.fix).toContain('SEALWRIGHT_PASSPHRASE_FILE')
  })

  it('takes its passphrase from the environment too, where an empty one is a value', async () => {
    const { json } = await named()
    const env = { SEALWRIGHT_PASSPHRASE_FILE: undefined }
    await json(0, ['key', 'add', 'x', 'file:one.key'], { env: { ...env, SEALWRIGHT_PASSPHRASE: CANARY } })
    expect(
      (await json(5, ['key', 'add', 'y', 'file:one.key'], { env: { ...env, SEALWRIGHT_PASSPHRASE: '' } }))
        .error.code,
    ).toBe('PIN_INCORRECT')
  })

  it("of Notation's own list is used by its name", async () => {
    const { json, path, trust } = await named()
    await json(0, ['key', 'create', 'file:./plain.key', '--no-passphrase'])
    await json(0, [
      'cert',
      'issue',
      'file:./plain.key',
      '--subject',
      'C=DE,ST=Hessen,O=Acme,CN=plain',
      '--out',
      'plain.crt',
    ])
    await mkdir(trust, { recursive: true })
    const keys = [{ name: 'wabbit', keyPath: path('plain.key'), certPath: path('plain.crt') }]
    await writeFile(`${trust}/signingkeys.json`, JSON.stringify({ default: 'wabbit', keys }))
    await makeLayout(path('image'), 'v1')
    expect((await json(0, ['sign', '-k', 'wabbit', 'oci:image:v1'])).targets[0].signature.subject).toContain(
      'CN=plain',
    )
    const listed = (await json(0, ['key', 'list'])).keys.find(
      ({ name }: { name: string }) => name === 'wabbit',
    )
    expect(listed).toMatchObject({ source: 'notation', reference: `file:${path('plain.key')}` })
  })
})

describe("Notation's own list of keys", () => {
  async function withList(content: string) {
    const self = await program()
    await self.expect(0, ['key', 'create', 'file:./mine.key', '--name', 'mine', '--no-passphrase'])
    await mkdir(self.trust, { recursive: true })
    await writeFile(join(self.trust, 'signingkeys.json'), content)
    return self
  }

  it.each([
    ['broken', '{'],
    ['of another shape', '[1]'],
    ['with a list of another kind', '{"keys":7}'],
  ])('that is %s stops only its own keys', async (_, content) => {
    const { json, expect: run } = await withList(content)
    await json(0, ['key', 'show', 'mine'])
    await json(0, ['key', 'show', 'file:mine.key'])
    const listed = await run(0, ['key', 'list'])
    expect(listed.stdout).toContain('mine')
    expect(listed.stderr).toContain('signingkeys.json')
    const { error } = await json(2, ['key', 'show', 'wabbit'])
    expect(error).toMatchObject({
      message: 'no key is named "wabbit" here',
      why: expect.stringContaining('signingkeys.json'),
    })
    expect((await json(2, ['key', 'show'])).error.message).toContain('signingkeys.json')
    const doctor = await json(1, ['doctor'])
    const check = doctor.checks.find(({ check }: { check: string }) => check === 'notation keys')
    expect(check).toMatchObject({ outcome: 'fault', detail: expect.stringContaining('signingkeys.json') })
  })

  it('with one broken entry keeps the others, and the list says what lives elsewhere', async () => {
    const keys = [
      { name: 'old', keyPath: '/k/old.key', certPath: '/k/old.crt' },
      { name: 'half', keyPath: '/k/half.key' },
      { name: 'kms', id: 'arn', pluginName: 'aws' },
    ]
    const { json } = await withList(JSON.stringify({ default: 'kms', keys }))
    expect((await json(0, ['key', 'list'])).keys.map(({ name }: { name: string }) => name)).toEqual([
      'mine',
      'old',
    ])
    const { error } = await json(2, ['key', 'remove', 'old'])
    expect(error).toMatchObject({
      message: 'key "old" is in Notation\'s own list of keys',
      fix: 'notation key delete old',
    })
    expect((await json(2, ['key', 'show'])).error).toMatchObject({
      code: 'UNSUPPORTED',
      message: 'key "kms" is a key of a Notation plug-in',
    })
  })
})

describe('a reference', () => {
  it.each([
    [
      'arn:aws:kms:eu-central-1:111122223333:key/1a2b',
      'awskms:///arn:aws:kms:eu-central-1:111122223333:key/1a2b',
    ],
    ['arn:aws-us-gov:kms:us-gov-west-1:1:alias/a', 'awskms:///arn:aws-us-gov:kms:us-gov-west-1:1:alias/a'],
    ['https://v.vault.azure.net/keys/k/1', 'azurekms://v.vault.azure.net/k/1'],
    ['https://v.vault.azure.net/keys/k', 'azurekms://v.vault.azure.net/k'],
    ['https://v.vault.azure.net/', 'azurekms://v.vault.azure.net'],
    [
      'projects/p/locations/l/keyRings/r/cryptoKeys/k',
      'gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k',
    ],
    ['file:a.key', 'file:/work/a.key'],
    ['hashivault://a/b', 'hashivault://a/b'],
  ])('%s is read as %s', (given, read) => {
    expect(normalReference(given, '/work')).toBe(read)
  })

  it('of a store is refused with --offline, and not repeated', async () => {
    const { json } = await program()
    const { error } = await json(2, ['key', 'show', 'hashivault://release?token=hunter2', '--offline'])
    expect(error.message).toBe('--offline forbids to contact a store of hashivault: keys')
  })

  it('is refused with a secret inside, which is not repeated', async () => {
    const { run } = await program()
    const { code, stderr } = await run(['key', 'add', 'x', 'pkcs11:token=t?pin-value=hunter2'])
    expect(code).toBe(2)
    expect(stderr).not.toContain('hunter2')
  })
})
