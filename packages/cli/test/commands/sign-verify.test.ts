import { cp, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { program } from '../program.ts'

const SCOPE = 'registry.example/app'

async function signed() {
  const self = await program()
  const image = await makeLayout(self.path('image'), 'v1')
  await self.expect(0, ['init', 'vendor', '--scope', SCOPE])
  await self.expect(0, ['sign', '-k', 'vendor', 'oci:image:v1'])
  return { ...self, image }
}

describe('init, sign, verify', () => {
  it('work one after the other, and the image stays as it is', async () => {
    const { expect: run, json, path } = await program()
    const { digest } = await makeLayout(path('image'), 'v1')
    const made = await json(0, ['init', 'vendor', '--scope', SCOPE])
    expect(made).toMatchObject({ changed: true, trustStore: 'ca:vendor', policy: { statement: 'vendor' } })
    expect(made.next).toEqual([`sealwright sign -k vendor ${SCOPE}:v1`, `sealwright verify ${SCOPE}:v1`])

    const before = await json(1, ['verify', '--scope', SCOPE, 'oci:image:v1'])
    expect(before.targets[0]).toMatchObject({ verdict: 'notVerified', reason: { code: 'UNSIGNED' } })

    const { targets, key } = await json(0, ['sign', 'oci:image:v1'])
    expect(key).toMatchObject({ name: 'vendor', algorithm: 'ES256', fingerprint: made.key.fingerprint })
    expect(targets).toMatchObject([
      {
        reference: 'oci:image:v1',
        resolved: `oci:image@${digest}`,
        outcome: 'signed',
        stored: { as: 'layout' },
      },
    ])
    const { stdout } = await run(0, ['verify', '-q', '--scope', SCOPE, 'oci:image:v1'])
    expect(stdout).toBe(`oci:image@${digest}\n`)
    const report = await json(0, ['verify', '--scope', SCOPE, 'oci:image:v1'])
    expect(report.targets[0]).toMatchObject({
      verdict: 'verified',
      resolved: `oci:image@${digest}`,
      policy: { statement: 'vendor', level: 'strict', required: 1, met: 1 },
      signatures: [{ digest: targets[0].signature.digest, format: 'jws', verdict: 'verified' }],
    })
  })

  it('change nothing the second time, and say so', async () => {
    const { expect: run, json, path } = await signed()
    const files = [
      'config/config.json',
      'config/keys.lock.json',
      'config/keys/vendor.key',
      'config/keys/vendor.crt',
      'notation/trustpolicy.json',
      'image/index.json',
    ]
    const times = () => Promise.all(files.map(async file => (await stat(path(file))).mtimeMs))
    const before = await times()
    expect((await run(0, ['init', 'vendor', '--scope', SCOPE])).stdout).toContain('nothing to do')
    expect((await json(0, ['init', 'vendor', '--scope', SCOPE])).changed).toBe(false)
    expect((await json(0, ['init', 'vendor'])).changed).toBe(false)
    expect((await run(0, ['sign', 'oci:image:v1'])).stdout).toContain('nothing to do')
    expect((await json(0, ['sign', 'oci:image:v1'])).targets[0]).toMatchObject({ outcome: 'unchanged' })
    expect(await times()).toEqual(before)
  })

  it('a dry run of sign writes nothing', async () => {
    const { json, path, home } = await program()
    const { readdir } = await import('node:fs/promises')
    await makeLayout(path('image'), 'v1')
    const names = () => readdir(home, { recursive: true })
    await json(0, ['init', 'vendor', '--scope', SCOPE])
    const before = await names()
    expect((await json(0, ['sign', '--dry-run', 'oci:image:v1'])).targets[0]).toMatchObject({
      outcome: 'wouldSign',
    })
    expect(await names()).toEqual(before)
  })

  it('a second signer joins the statement of the same repository, and both signatures stand', async () => {
    const { expect: run, json } = await signed()
    const made = await json(0, ['init', 'auditor', '--scope', SCOPE])
    expect(made.policy.statement).toBe('vendor')
    await run(0, ['sign', '-k', 'auditor', '--format', 'cose', 'oci:image:v1'])
    const { targets } = await json(0, ['verify', '--all', '--scope', SCOPE, 'oci:image:v1'])
    expect(
      targets[0].signatures.map(
        ({ verdict, signer }: { verdict: string; signer: { trustStore: string } }) => [
          verdict,
          signer.trustStore,
        ],
      ),
    ).toEqual([
      ['verified', 'ca:vendor'],
      ['verified', 'ca:auditor'],
    ])
    const { stdout } = await run(0, ['list', 'oci:image:v1'])
    expect(stdout.match(/ {2}signature {2}/g)).toHaveLength(2)
  })

  it('a tampered copy is refused with the reason, and the fix loosens nothing', async () => {
    const { json, path, image, run } = await signed()
    await cp(path('image'), path('tampered'), { recursive: true })
    const blob = join(path('tampered'), 'blobs', image.digest.replace(':', '/'))
    await writeFile(blob, (await readFile(blob, 'utf8')).replace('"schemaVersion":2', '"schemaVersion":3'))
    const { targets } = await json(1, ['verify', '--scope', SCOPE, 'oci:tampered:v1'])
    expect(targets[0]).toMatchObject({ verdict: 'notVerified', reason: { code: 'TAMPERED' } })
    const { stderr, stdout } = await run(['verify', '--scope', SCOPE, 'oci:tampered:v1'])
    expect(stdout).toBe('')
    expect(stderr).toContain('not verified[TAMPERED]')
    expect(stderr).toMatch(/fix: do not use it/)
  })

  it('a scope that no statement covers is denied with exit 4', async () => {
    const { json } = await signed()
    expect((await json(4, ['verify', 'oci:image:v1'])).targets[0]).toMatchObject({ verdict: 'denied' })
    expect((await json(4, ['verify', '--scope', 'registry.example/other', 'oci:image:v1'])).exitCode).toBe(4)
  })

  it('several targets are each judged, and the worst decides', async () => {
    const { json, path, run } = await signed()
    await makeLayout(path('unsigned'), 'v2')
    const { targets, exitCode } = await json(1, [
      'verify',
      '--scope',
      SCOPE,
      'oci:image:v1',
      'oci:unsigned:v2',
      'oci:image:v9',
    ])
    expect(targets.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'verified',
      'notVerified',
      'unknown',
    ])
    expect(targets[2].error).toMatchObject({ code: 'NOT_FOUND' })
    expect(exitCode).toBe(1)
    const { code, stdout } = await run(['verify', '-q', '--scope', SCOPE, 'oci:image:v1', 'oci:unsigned:v2'])
    expect(code).toBe(1)
    expect(stdout.split('\n').filter(Boolean)).toHaveLength(1)
  })

  it('metadata and an expiry are signed, shown and asked for', async () => {
    const { json, expect: run } = await signed()
    await run(0, ['sign', '--expiry', '30d', '-m', 'build=42', '-m', 'commit=abc', 'oci:image:v1'])
    const { targets } = await json(0, ['verify', '-m', 'build=42', '--scope', SCOPE, 'oci:image:v1'])
    expect(targets[0].signatures.at(-1).signed).toMatchObject({ metadata: { build: '42', commit: 'abc' } })
    expect(targets[0].signatures.at(-1).signed.expiry).toMatch(/Z$/)
    expect(
      (await json(4, ['verify', '-m', 'build=43', '--scope', SCOPE, 'oci:image:v1'])).targets[0].verdict,
    ).toBe('denied')
  })

  it('a signature that expired is refused, at the time that was given', async () => {
    const { json, path } = await signed()
    await makeLayout(path('other'), 'v1')
    await json(0, ['sign', '--expiry', '30d', 'oci:other:v1'])
    const at = new Date(Date.now() + 31 * 86_400_000).toISOString()
    const { targets } = await json(1, ['verify', '--at', at, '--scope', SCOPE, 'oci:other:v1'])
    expect(targets[0]).toMatchObject({ verdict: 'notVerified', reason: { code: 'EXPIRED' } })
    expect(targets[0].at).toBe(at.replace(/\.\d+Z$/, 'Z'))
  })

  it('sign again makes another signature', async () => {
    const { json, expect: run } = await signed()
    await run(0, ['sign', '--again', 'oci:image:v1'], { now: new Date(Date.now() + 5_000) })
    expect((await json(0, ['list', 'oci:image:v1'])).referrers).toHaveLength(2)
  })

  it('either form of the manifest is written, found and verified', async () => {
    const { json, expect: run, path } = await signed()
    await makeLayout(path('other'), 'v1')
    await run(0, ['sign', '--manifest', 'artifact-type', 'oci:other:v1'])
    await run(0, ['verify', '--scope', SCOPE, 'oci:other:v1'])
    expect((await json(0, ['list', '--type', 'signature', 'oci:other:v1'])).referrers).toHaveLength(1)
  })

  it('the sole artifact of a layout needs no tag; several are refused with their list', async () => {
    const { json, expect: run, path } = await signed()
    await json(0, ['verify', '--scope', SCOPE, 'oci:image'])
    await makeLayout(path('two'), 'a', 'b')
    const { stderr } = await run(2, ['sign', 'oci:two'])
    expect(stderr).toMatch(/why: .*\ba \(sha256:.*\bb \(sha256:/)
  })

  it('a tag and a digest that do not agree are refused', async () => {
    const { json, path, image } = await signed()
    const other = await makeLayout(path('two'), 'a', 'b')
    await json(2, ['sign', `oci:two:b@${other.digest}`])
    await json(0, ['verify', '--scope', SCOPE, `oci:image:v1@${image.digest}`])
  })

  it('trust named for one run replaces the policy, and the report says so', async () => {
    const { json, path } = await signed()
    const stranger = await program()
    const certificate = path('config', 'keys', 'vendor.crt')
    const target = `oci:${path('image')}:v1`
    const trusted = await stranger.json(0, ['verify', '--trusted-cert', certificate, target])
    expect(trusted.targets[0].policy.file).toBe(`--trusted-cert ${certificate}`)
    await stranger.json(0, [
      'verify',
      '--trusted-cert',
      certificate,
      '--trusted-identity',
      'C=ZZ,ST=Unknown,O=vendor',
      target,
    ])
    await stranger.json(1, [
      'verify',
      '--trusted-cert',
      certificate,
      '--trusted-identity',
      'C=ZZ,ST=Unknown,O=other',
      target,
    ])
    await stranger.json(2, ['verify', target])
    const pem = (await json(0, ['key', 'show', 'vendor'])).publicKeyPem
    await writeFile(stranger.path('vendor.pem'), pem)
    await stranger.json(0, ['verify', '-k', './vendor.pem', target])
    await stranger.json(0, ['verify', '-k', 'vendor.pem', target])
    await json(0, ['verify', '-k', 'vendor', target], { env: { SEALWRIGHT_PASSPHRASE_FILE: undefined } })
  })

  it('a detached envelope of an artifact is written, inspected and judged', async () => {
    const { json, expect: run, path, image } = await signed()
    await makeLayout(path('other'), 'v1')
    const { targets } = await json(0, ['sign', '--signature', 'app.jws', 'oci:other:v1'])
    expect(targets[0]).toMatchObject({ outcome: 'signed', stored: { as: 'file', path: 'app.jws' } })
    expect((await json(0, ['sign', '--signature', 'app.jws', 'oci:other:v1'])).targets[0].outcome).toBe(
      'unchanged',
    )
    await json(1, ['verify', '--scope', SCOPE, 'oci:other:v1'])
    await json(0, ['verify', '--scope', SCOPE, '--signature', 'app.jws', 'oci:other:v1'])
    expect((await json(0, ['inspect', './app.jws'])).signatures[0].metadata).toEqual({})
    const { stdout } = await run(0, ['sign', '--signature', '-', 'oci:other:v1'])
    expect(JSON.parse(stdout)).toHaveProperty('payload')
    await writeFile(path('broken.jws'), stdout.replace(/"signature": ?"./, '"signature":"_'))
    await json(1, ['verify', '--scope', SCOPE, '--signature', 'broken.jws', 'oci:other:v1'])
    expect(image.digest).toBeTypeOf('string')
  })

  it('inspect shows what a signature says, and gives its bytes', async () => {
    const { json, expect: run, image } = await signed()
    const { signatures } = await json(0, ['inspect', 'oci:image:v1'])
    expect(signatures[0]).toMatchObject({
      format: 'jws',
      algorithm: 'ES256',
      target: { digest: image.digest },
      scheme: 'notary.x509',
    })
    const { stdout } = await run(0, ['inspect', '--raw', '--signature', signatures[0].digest, 'oci:image:v1'])
    expect(Object.keys(JSON.parse(stdout)).toSorted()).toEqual([
      'header',
      'payload',
      'protected',
      'signature',
    ])
  })
})

describe('what is to be signed is looked for before anybody is asked for a passphrase', () => {
  it.each(['oci:nowhere:v1', './nowhere.txt', 'oci-archive:nowhere.tar'])('%s', async target => {
    const { expect: run, asked, json } = await program()
    await run(0, ['init', 'me', '--scope', '*'])
    await run(2, ['sign', target], { answers: [] })
    expect(asked).toEqual([])
    expect((await json(2, ['sign', target], { answers: [] })).targets[0].outcome).toBe('failed')
  })
})
