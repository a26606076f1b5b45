import { execFileSync } from 'node:child_process'
import { lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { shellCalls } from '../../../../test/shell-calls.ts'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'
import { vaultProgram } from '../stores.ts'

const SUBJECT = 'C=DE,ST=Hessen,O=Acme,CN=release'

/** A CA in a file, which answers requests. */
async function caIn({ expect: run }: Program): Promise<(request: string, out: string) => Promise<void>> {
  await run(0, ['key', 'create', 'file:./ca.key', '--name', 'ca', '--type', 'EC-P384'])
  const subject = 'C=DE,ST=Hessen,O=Acme,CN=Acme CA'
  await run(0, ['cert', 'issue', 'ca', '--subject', subject, '--ca-cert', '--out', 'ca.crt'])
  return async (request, out) => {
    const ca = ['--ca', 'ca', '--ca-chain', 'ca.crt', '--out', out]
    await run(0, ['cert', 'issue', request, '--subject', SUBJECT, ...ca])
  }
}

async function certified() {
  const self = await vaultProgram()
  const issue = await caIn(self)
  await self.json(0, ['key', 'create', self.reference, '--name', 'release'])
  await self.json(0, ['cert', 'request', 'release', '--subject', SUBJECT, '--out', 'first.csr'])
  await issue('first.csr', 'first.crt')
  await self.json(0, ['key', 'add', 'release', self.reference, '--cert-chain', 'first.crt'])
  await makeLayout(self.path('image'), 'v1')
  return { ...self, issue }
}

const sign = ['sign', '-k', 'release', '--again', 'oci:image:v1']

it('a key without a certificate is prepared with the request that its next version needs', async () => {
  const self = await vaultProgram()
  const issue = await caIn(self)
  await self.json(0, ['key', 'create', self.reference, '--name', 'release'])
  const { stdout } = await self.expect(0, ['key', 'rotate', 'release', '--prepare'])
  const [request = '', finish = ''] = stdout
    .trim()
    .split('\n')
    .slice(-2)
    .map(line => line.trim())
  expect(request).toBe(
    "sealwright cert request 'hashivault://release?version=2' --subject C=DE,ST=Hessen,O=Acme,CN=release --out release.csr",
  )
  await self.json(0, shellCalls(request)[0] as string[])
  await issue('release.csr', 'release.crt')
  await self.json(0, shellCalls(finish)[0] as string[])
})

describe('a key with a certificate is rotated without a gap', () => {
  it('signs on with the present version until the next one has its certificate', async () => {
    const { json, expect: run, reference, issue } = await certified()
    const before = (await json(0, ['key', 'show', 'release'])).key
    const prepared = await json(0, ['key', 'rotate', 'release', '--prepare'])
    expect(prepared).toMatchObject({
      changed: true,
      previous: null,
      request: 'release.csr',
      next: ['sealwright key rotate release --cert-chain release.crt'],
    })
    expect(prepared.key.fingerprint).toBe(before.fingerprint)
    expect(prepared.prepared.fingerprint).not.toBe(before.fingerprint)
    // The reference leads to the next version already.
    const signed = await json(0, sign)
    expect(signed.key).toMatchObject({ fingerprint: before.fingerprint, resolved: before.resolved })
    const shown = await json(0, ['key', 'show', 'release'])
    expect(shown.prepared.fingerprint).toBe(prepared.prepared.fingerprint)
    expect(shown.certificates[0].publicKey).toBe(before.fingerprint)

    await issue('release.csr', 'release.crt')
    const moved = await json(0, ['key', 'rotate', 'release', '--cert-chain', 'release.crt'])
    expect(moved).toMatchObject({ changed: true, previous: before.fingerprint, prepared: null, next: [] })
    expect(moved.key).toMatchObject({ reference, fingerprint: prepared.prepared.fingerprint })
    expect((await json(0, sign)).key.fingerprint).toBe(prepared.prepared.fingerprint)
    const after = await json(0, ['key', 'show', 'release'])
    expect(after.prepared).toBeNull()
    expect(after.certificates[0].publicKey).toBe(prepared.prepared.fingerprint)
    expect(after.history).toEqual([{ resolved: before.resolved, fingerprint: before.fingerprint }])
    await run(2, ['key', 'rotate', 'release', '--cert-chain', 'release.crt'])
  })

  it('does not write its request through a link of that name, which somebody else may have made', async () => {
    const { json, path } = await certified()
    await writeFile(path('precious'), 'precious')
    await symlink('precious', path('release.csr'))
    const prepared = await json(0, ['key', 'rotate', 'release', '--prepare', '-y'])
    expect(prepared.request).toBe('release.csr')
    expect(await readFile(path('precious'), 'utf8')).toBe('precious')
    expect((await lstat(path('release.csr'))).isFile()).toBe(true)
    // One that was named is the user's own.
    await symlink('precious', path('mine.csr'))
    await json(0, ['key', 'rotate', 'release', '--prepare', '--out', 'mine.csr', '-y'])
    expect(await readFile(path('precious'), 'utf8')).toContain('CERTIFICATE REQUEST')
  })

  it('without --prepare it waits for the certificate, too, and makes one version however often it is run', async () => {
    const { json, fake, expect: run } = await certified()
    const first = await json(0, ['key', 'rotate', 'release'])
    expect(first.prepared).not.toBeNull()
    const second = await json(0, ['key', 'rotate', 'release'])
    expect(second.prepared).toEqual(first.prepared)
    expect(second.changed).toBe(false)
    await json(0, ['key', 'rotate', 'release', '--prepare'])
    expect(fake.transit.keys.get('release')?.versions).toHaveLength(2)
    expect((await run(0, ['key', 'list'])).stdout).toContain('release')
    await json(0, sign)
  })

  it('goes on with the version that the store made before a run was killed', async () => {
    const { json, fake, path, replace } = await certified()
    const file = path('config', 'keys.lock.json')
    const lock = JSON.parse(await readFile(file, 'utf8'))
    const { release } = lock.keys
    release.next = { reference: release.reference }
    release.reference = release.resolved
    await writeFile(file, JSON.stringify(lock))
    replace()
    await json(0, sign)
    const { prepared } = await json(0, ['key', 'rotate', 'release'])
    expect(prepared.resolved).toContain('version=2')
    expect(fake.transit.keys.get('release')?.versions).toHaveLength(2)
  })

  it('refuses the certificate of another key, and the present key signs on', async () => {
    const { json, path } = await certified()
    await json(0, ['key', 'rotate', 'release', '--prepare'])
    const { error } = await json(2, ['key', 'rotate', 'release', '--cert-chain', 'first.crt'])
    expect(error.code).toBe('KEY_MISMATCH')
    await json(0, sign)
    expect(await readdir(path('config', 'keys'))).toEqual(['release.crt'])
  })

  it('says first what has to be prepared', async () => {
    const { json } = await certified()
    const { error } = await json(2, ['key', 'rotate', 'release', '--cert-chain', 'first.crt'])
    expect(error.fix).toBe('sealwright key rotate release --prepare')
    await json(2, ['key', 'rotate', 'release', '--prepare', '--cert-chain', 'first.crt'])
  })

  it('lists no date of a certificate that is for the former key', async () => {
    const { json, issue, path } = await certified()
    await json(0, ['key', 'rotate', 'release', '--prepare'])
    await issue('release.csr', 'release.crt')
    await json(0, ['key', 'rotate', 'release', '--cert-chain', 'release.crt'])
    const expiry = async () => {
      const { keys } = await json(0, ['key', 'list'])
      return keys.find(({ name }: { name: string }) => name === 'release').certificateExpiry
    }
    expect(await expiry()).not.toBeNull()
    await writeFile(path('config', 'keys', 'release.crt'), await readFile(path('first.crt')))
    expect(await expiry()).toBeNull()
    expect((await json(0, ['key', 'show', 'release'])).certificates).toEqual([])
  })
})

it('a self-made certificate is made again by the commands that are printed, as a shell runs them', async () => {
  const self = await program()
  const { json, path, expect: run, trust } = self
  await run(0, ['init', 'me', '--scope', '*'])
  await run(0, ['key', 'create', 'file:./next; key.pem'])
  const { next } = await json(0, ['key', 'rotate', 'me', '--to', 'file:./next; key.pem'])
  expect(next).toHaveLength(2)
  const words = (command: string): string[] =>
    execFileSync('sh', ['-c', `sealwright() { printf '%s\\0' "$@"; }; ${command}`])
      .toString()
      .split('\0')
      .slice(0, -1)
  await run(0, words(next[0]))
  const moved = await json(0, words(next[1]))
  expect(moved.next).toEqual(['sealwright cert add ca:me me.crt'])
  await run(0, words(moved.next[0]))
  expect(await readdir(`${trust}/truststore/x509/ca/me`)).toHaveLength(2)
  await makeLayout(path('image'), 'v1')
  await run(0, ['sign', 'oci:image:v1'])
  await run(0, ['verify', 'oci:image:v1'])
})

it('a key that never had a certificate moves at once, and nothing is said of a former one', async () => {
  const { json, expect: run, reference } = await vaultProgram()
  await json(0, ['key', 'create', reference, '--name', 'release'])
  const { stdout } = await run(0, ['key', 'rotate', 'release'])
  expect(stdout).toContain('key release is locked to another key now')
  expect(stdout).toContain('it has no certificate')
  expect(stdout).not.toMatch(/its certificate|former key/)
})

it('key list STORE says type, algorithms, state and age', async () => {
  const { json, expect: run, reference, store } = await vaultProgram()
  await json(0, ['key', 'create', reference])
  const { keys } = await json(0, ['key', 'list', store])
  expect(keys[0]).toMatchObject({
    type: 'EC-P256',
    algorithms: ['ES256'],
    algorithm: 'ES256',
    source: 'store',
  })
  const { stdout } = await run(0, ['key', 'list', store])
  expect(stdout).toMatch(/^REFERENCE +TYPE +ALGORITHMS +STATE +CREATED +PROTECTION\n/)
  expect(stdout).toContain('EC-P256')
  expect((await json(2, ['key', 'list', 'hashivault://transit'])).error.code).toMatch(/NOT_FOUND|VALIDATION/)
})
