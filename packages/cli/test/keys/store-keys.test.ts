import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Check } from '../../src/commands/doctor/document.ts'
import { makeLayout } from '../image.ts'
import { awsProgram, azureProgram, gcpProgram, type StoreProgram, vaultProgram } from '../stores.ts'

const SUBJECT = 'CN=release,O=Acme,ST=Hessen,C=DE'

describe.each([
  ['AWS KMS', awsProgram],
  ['Azure Key Vault', azureProgram],
  ['Google Cloud KMS', gcpProgram],
  ['Vault', vaultProgram],
] as const)('keys of %s', (_name, start) => {
  async function created(): Promise<StoreProgram> {
    const self = await start()
    await self.json(0, ['key', 'create', self.reference, '--name', 'release'])
    return self
  }

  it('are created, locked to their version, and created once', async () => {
    const { json, reference, config } = await start()
    const args = ['key', 'create', reference, '--name', 'release', '--type', 'EC-P256']
    const { key, changed } = await json(0, args)
    expect(changed).toBe(true)
    expect(key).toMatchObject({ name: 'release', reference, algorithm: 'ES256' })
    expect(key.resolved).not.toBe(reference)
    expect((await json(0, args)).changed).toBe(false)
    const other = await json(2, ['key', 'create', reference, '--type', 'EC-P384'])
    expect(other.error.why).toContain('EC-P256')
    const lock = await readFile(config.replace('config.json', 'keys.lock.json'), 'utf8')
    expect(JSON.parse(lock).keys.release.resolved).toBe(key.resolved)
  })

  it('are added, listed, shown and removed', async () => {
    const { json, expect: run, reference, store } = await created()
    expect((await json(0, ['key', 'add', 'again', reference, '--default'])).changed).toBe(true)
    expect((await json(0, ['key', 'add', 'again', reference, '--default'])).changed).toBe(false)
    const listed = (await json(0, ['key', 'list', store])).keys.map(
      (key: { reference: string }) => key.reference,
    )
    expect(listed).toHaveLength(1)
    expect(listed[0]).toContain('release')
    const { keys } = await json(0, ['key', 'list'])
    expect(keys).toHaveLength(2)
    expect(keys[0].resolved).not.toBe(reference)
    const shown = await json(0, ['key', 'show', 'release'])
    expect(shown.publicKeyPem).toMatch(/^-----BEGIN PUBLIC KEY-----/)
    expect((await run(0, ['key', 'show', 'release', '--public'])).stdout).toBe(shown.publicKeyPem)
    await json(0, ['key', 'remove', 'release'])
    await json(0, ['key', 'show', 'again'])
  })

  it('are rotated in their store; the name follows and remembers', async () => {
    const { json, expect: run, reference } = await created()
    const before = (await json(0, ['key', 'show', 'release'])).key
    const { key, previous, changed } = await json(0, ['key', 'rotate', 'release'])
    expect(changed).toBe(true)
    expect(previous).toBe(before.fingerprint)
    expect(key.reference).toBe(reference)
    expect(key.fingerprint).not.toBe(before.fingerprint)
    const shown = await json(0, ['key', 'show', 'release'])
    expect(shown.key.fingerprint).toBe(key.fingerprint)
    expect(shown.history).toEqual([{ resolved: before.resolved, fingerprint: before.fingerprint }])
    expect((await run(0, ['key', 'show', 'release'])).stdout).toContain(`formerly    ${before.resolved}`)
  })

  it('that another key answers for are refused, and moved by name', async () => {
    const self = await created()
    const { json, reference, replace } = self
    await makeLayoutIn(self)
    replace()
    const { error } = await json(2, ['sign', '-k', 'release', 'oci:image:v1'])
    expect(error).toMatchObject({
      code: 'KEY_MISMATCH',
      message: 'key "release" is no longer the key that was locked',
      fix: expect.stringContaining(`sealwright key rotate release --to ${reference}`),
    })
    expect(error.why).toMatch(/now means .*sha256:.*; locked 20.* was .*sha256:/)
    expect((await json(0, ['key', 'rotate', 'release', '--to', reference])).changed).toBe(true)
    await json(0, ['key', 'show', 'release'])
  })

  it('sign their own request and certificate, which openssl accepts', async () => {
    const { expect: run, path } = await created()
    await run(0, ['cert', 'request', 'release', '--subject', SUBJECT, '--out', 'release.csr'])
    const verified = execFileSync(
      'openssl',
      ['req', '-in', path('release.csr'), '-verify', '-noout', '-subject'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    expect(verified.toString()).toContain('CN')
    await run(0, ['cert', 'issue', 'release', '--subject', SUBJECT, '--out', 'release.crt'])
    execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', path('release.crt'), path('release.crt')])
    const ca = ['--subject', 'CN=Acme CA,O=Acme,ST=Hessen,C=DE', '--ca-cert', '--out', 'ca.crt']
    await run(0, ['cert', 'issue', 'release', ...ca])
    const byCa = ['--ca', 'release', '--ca-chain', 'ca.crt', '--out', 'leaf.crt']
    await run(0, ['cert', 'issue', 'release.csr', '--subject-from-request', ...byCa])
    execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', path('ca.crt'), path('leaf.crt')])
  })

  it('become ready to sign by init, and their signatures verify', async () => {
    const self = await start()
    const { json, reference, path } = self
    await json(0, ['key', 'create', reference])
    const { steps } = await json(0, ['init', 'release', '-k', reference, '--scope', '*'])
    expect(steps.find((step: { part: string }) => step.part === 'key')).toMatchObject({ action: 'kept' })
    expect((await json(0, ['init', 'release', '-k', reference, '--scope', '*'])).changed).toBe(false)
    await makeLayoutIn(self)
    const signed = await json(0, ['sign', 'oci:image:v1'])
    expect(signed.key).toMatchObject({ name: 'release', reference })
    await json(0, ['verify', 'oci:image:v1'])
    await json(0, ['sign', '-k', reference, '-m', 'by=reference', 'oci:image:v1'])
    await writeFile(path('app.tgz'), 'a file')
    await json(0, [
      'sign',
      '-k',
      reference,
      '--cert-chain',
      path('config', 'keys', 'release.crt'),
      './app.tgz',
    ])
  })

  it('are looked at by doctor, which says who asks and what least privilege is', async () => {
    const { json, expect: run, fail, secrets, reference } = await created()
    const { keys } = await json(0, ['doctor', 'release'])
    expect(keys[0]).toMatchObject({ key: 'release', reference, credentials: { source: expect.any(String) } })
    expect(keys[0].resolved).not.toBe(reference)
    const needs = keys[0].permissions.map(({ operation }: { operation: string }) => operation)
    expect(needs.slice(0, 2)).toEqual(['open', 'sign'])
    const outcomes = keys[0].checks.map(({ check, outcome }: Check) => `${check} ${outcome}`)
    expect(outcomes.slice(0, 3)).toEqual(['lock ok', 'credentials ok', 'state ok'])
    fail('refuse', 'open')
    const { stdout, stderr } = await run(1, ['doctor', 'release', '--debug'])
    expect(stdout).toContain('ACCESS_DENIED')
    for (const { needs: each } of keys[0].permissions) for (const need of each) expect(stdout).toContain(need)
    for (const secret of secrets) expect(stdout + stderr + JSON.stringify(keys)).not.toContain(secret)
  })

  describe('that fail', () => {
    async function ready(): Promise<StoreProgram> {
      const self = await start()
      await self.json(0, ['key', 'create', self.reference])
      await self.json(0, ['init', 'release', '-k', self.reference, '--scope', '*'])
      await makeLayoutIn(self)
      return self
    }

    it.each(['open', 'sign'] as const)(
      'are refused at %s with the command that prints the policy',
      async operation => {
        const { run, json, fail, secrets } = await ready()
        fail('refuse', operation)
        const { code, stderr, stdout } = await run(['sign', 'oci:image:v1', '--debug'])
        expect(code).toBe(5)
        expect(stderr).toContain('error[ACCESS_DENIED]: ')
        expect(stderr).toContain('`sealwright doctor release` prints the policy')
        for (const secret of secrets) expect(stderr + stdout).not.toContain(secret)
        const { error } = await json(5, ['sign', 'oci:image:v1'])
        expect(error).toMatchObject({ code: 'ACCESS_DENIED', retryable: false })
      },
    )

    it.each(['open', 'sign'] as const)('by --timeout at %s are exit 3, at once', async operation => {
      const { json, fail } = await ready()
      fail('hang', operation)
      const started = performance.now()
      const document = await json(3, ['sign', 'oci:image:v1', '--timeout', '1s'])
      expect(performance.now() - started).toBeLessThan(30_000)
      expect(document.error).toMatchObject({ code: 'TIMEOUT', retryable: true })
      expect(document.error.fix).toContain('--timeout')
    })

    it('by throttling are tried again, and then exit 3', async () => {
      const { json, fail } = await ready()
      fail('throttle', 'sign')
      const { error } = await json(3, ['sign', 'oci:image:v1', '--timeout', '20s'])
      expect(error).toMatchObject({ code: 'THROTTLED', retryable: true })
    })

    it.each(['open', 'sign'] as const)(
      'by Ctrl-C at %s are exit 130, and nothing is written',
      async operation => {
        const { run, json, fail } = await ready()
        fail('hang', operation)
        const abort = new AbortController()
        setTimeout(() => abort.abort({ interrupt: 'SIGINT' }), 300)
        const { code, stderr } = await run(['sign', 'oci:image:v1'], { signal: abort.signal })
        expect(code).toBe(130)
        expect(stderr).toContain('error[ABORTED]: ')
        expect((await json(0, ['list', 'oci:image:v1'])).referrers).toEqual([])
      },
    )

    it('because nobody is logged in are exit 5 for every command', async () => {
      const { json, fail, reference } = await ready()
      fail('expire', 'open')
      for (const args of [
        ['key', 'add', 'other', reference],
        ['key', 'show', 'release'],
        ['key', 'rotate', 'release', '--to', reference],
        ['cert', 'request', 'release', '--subject', SUBJECT],
        ['sign', 'oci:image:v1'],
      ]) {
        const { error } = await json(5, args)
        expect(['UNAUTHENTICATED', 'ACCESS_DENIED']).toContain(error.code)
        expect(error.fix).toBeTypeOf('string')
      }
    })
  })
})

async function makeLayoutIn({ path }: StoreProgram): Promise<void> {
  await makeLayout(path('image'), 'v1')
}

it('a key without an alias is made and named by its ARN', async () => {
  const { json } = await awsProgram()
  const { key } = await json(0, ['key', 'create', 'awskms:///', '--name', 'bare'])
  expect(key.reference).toMatch(/^awskms:\/\/\/arn:aws:kms:/)
  expect(key.reference).toBe(key.resolved)
  const { error } = await json(2, ['key', 'rotate', 'bare'])
  expect(error).toMatchObject({ code: 'UNSUPPORTED', fix: expect.stringContaining('key rotate') })
})

it('a name of one version follows the rotation to the new one', async () => {
  const { json, reference } = await vaultProgram()
  await json(0, ['key', 'create', reference])
  await json(0, ['key', 'add', 'first', `${reference}?version=1`])
  const { key } = await json(0, ['key', 'rotate', 'first'])
  expect(key.reference).toBe(`${reference}?version=2`)
  await json(0, ['key', 'show', 'first'])
})
