import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, layoutDirectory } from '@sealwright/oci'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

const SLSA = {
  buildDefinition: { buildType: 'https://ci.example/v1' },
  runDetails: { builder: { id: 'https://ci.example/runner' } },
}
const URI = 'https://slsa.dev/provenance/v1'

interface Home extends Program {
  readonly digest: string
}

/** A signed image in a layout, trust in who signed it, and a predicate in a file. */
async function signedImage(): Promise<Home> {
  const self = await program()
  const { digest } = await makeLayout(self.path('image'), 'v1')
  await self.expect(0, ['init', 'me', '--scope', '*'])
  await self.expect(0, ['sign', 'oci:image:v1'])
  await writeFile(self.path('slsa.json'), JSON.stringify(SLSA))
  return { ...self, digest }
}

const ATTEST = ['attest', '--type', 'slsa', '--predicate', 'slsa.json', 'oci:image:v1']

/** The envelope that is stored under the manifest of an attestation, by hand. */
async function storedEnvelope({ path }: Program, manifest: string) {
  const blob = async (digest: string) =>
    JSON.parse(await readFile(join(path('image'), 'blobs', digest.replace(':', '/')), 'utf8'))
  return blob((await blob(manifest)).layers[0].digest)
}

describe('attest', () => {
  it('attaches what it is told, once, and says where', async () => {
    const self = await signedImage()
    const { json, expect: run, digest } = self
    const first = await json(0, ATTEST)
    expect(first).toMatchObject({
      predicateType: URI,
      key: { name: 'me', algorithm: 'ES256' },
      targets: [
        {
          outcome: 'attested',
          resolved: `oci:image@${digest}`,
          attestation: { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', subject: null },
          stored: { as: 'layout', path: null },
          error: null,
        },
      ],
    })
    const second = await json(0, ATTEST)
    expect(second.targets[0]).toMatchObject({
      outcome: 'unchanged',
      attestation: { digest: first.targets[0].attestation.digest },
      stored: null,
    })
    expect((await run(0, ['attest', '-q', ...ATTEST.slice(1)])).stdout).toBe(`oci:image@${digest}\n`)
    expect((await run(0, ATTEST)).stdout).toMatch(/^nothing to do: an equal attestation exists: oci:image@/)
    expect((await json(0, ['list', 'oci:image:v1'])).referrers).toHaveLength(2)
  })

  it('puts the predicate into the statement as it is, from stdin too, of any type that is a URI', async () => {
    const self = await signedImage()
    const predicate = '{"reviewed": 12345678901234567890}'
    const type = 'https://example.org/review/v1'
    const { targets } = await self.json(0, ['attest', '--type', type, '--predicate', '-', 'oci:image:v1'], {
      stdin: `\n${predicate}\n`,
    })
    const { dsseEnvelope } = await storedEnvelope(self, targets[0].attestation.digest)
    const statement = Buffer.from(dsseEnvelope.payload, 'base64').toString()
    expect(statement).toContain(`"predicateType":"${type}","predicate":${predicate}}`)
    await self.expect(0, ['verify', '--attestation', type, 'oci:image:v1'])
  })

  it('carries the certificates that it is given, in place of the hint', async () => {
    const self = await signedImage()
    const args = [...ATTEST.slice(0, -1), '--cert-chain', 'config/keys/me.crt', 'oci:image:v1']
    const { targets } = await self.json(0, args)
    expect(targets[0].attestation.subject).toBe('CN=me,O=me,ST=Unknown,C=ZZ')
    const { verificationMaterial } = await storedEnvelope(self, targets[0].attestation.digest)
    expect(verificationMaterial).toEqual({ certificate: { rawBytes: expect.any(String) } })
    expect((await self.json(0, args)).targets[0].outcome).toBe('unchanged')
    expect((await self.json(0, ATTEST)).targets[0].outcome).toBe('attested')
  })

  it('signs with the algorithm that is named, or RS256 where RSA allows several', async () => {
    const self = await signedImage()
    await self.expect(0, [
      'key',
      'create',
      'file:rsa.key',
      '--name',
      'rsa',
      '--type',
      'RSA-2048',
      '--algorithm',
      'PS256',
    ])
    const usual = await self.json(0, ['attest', '-k', 'rsa', ...ATTEST.slice(1)])
    expect(usual.targets[0].attestation.algorithm).toBe('RS256')
    const other = await self.json(
      0,
      ['attest', '-k', 'rsa', '--algorithm', 'PS384', '--type', 'spdx', ...PREDICATE],
      {
        stdin: '{"spdxVersion":"SPDX-2.3"}',
      },
    )
    expect(other.targets[0].attestation.algorithm).toBe('PS384')
    await self.json(2, ['attest', '--algorithm', 'RS256', ...ATTEST.slice(1)])
  })

  it.each([
    ['no type', ['attest', '--predicate', 'slsa.json', 'oci:image:v1'], /--type is missing/],
    ['no predicate', ['attest', '--type', 'slsa', 'oci:image:v1'], /--predicate is missing/],
    [
      'a type that is none',
      ['attest', '--type', 'slsa1', '--predicate', 'slsa.json', 'oci:image:v1'],
      /not a type of attestation/,
    ],
    [
      'a predicate of another type',
      ['attest', '--type', 'spdx', '--predicate', 'slsa.json', 'oci:image:v1'],
      /slsa\.json cannot be attested/,
    ],
    [
      'a predicate that is not there',
      ['attest', '--type', 'slsa', '--predicate', 'no.json', 'oci:image:v1'],
      /cannot read .*no\.json/,
    ],
    [
      'a file as target',
      ['attest', '--type', 'slsa', '--predicate', 'slsa.json', './slsa.json'],
      /nothing can be attached to a file/,
    ],
    [
      'an archive on stdin',
      ['attest', '--type', 'slsa', '--predicate', 'slsa.json', 'oci-archive:-'],
      /no place for an attestation/,
    ],
    [
      'two readers of stdin',
      [
        'attest',
        '--type',
        'slsa',
        '--predicate',
        '-',
        '--password-stdin',
        '--username',
        'u',
        'localhost:1/app:v1',
      ],
      /stdin cannot be read twice/,
    ],
    [
      'a target that is not there',
      ['attest', '--type', 'slsa', '--predicate', 'slsa.json', 'oci:image:nosuch'],
      /nosuch/,
    ],
  ])('refuses %s with exit 2, and stores nothing', async (_, args, message) => {
    const self = await signedImage()
    const { error } = await self.json(2, args)
    expect(error.message).toMatch(message)
    expect(error.fix).not.toBe('')
    expect((await self.json(0, ['list', 'oci:image:v1'])).referrers).toHaveLength(1)
  })

  it('says what failed of several targets, and does the others', async () => {
    const self = await signedImage()
    const { targets, exitCode } = await self.json(2, [...ATTEST, 'oci:nosuch:v1'])
    expect(exitCode).toBe(2)
    expect(targets).toMatchObject([
      { outcome: 'attested' },
      { outcome: 'failed', error: { code: 'NOT_FOUND' } },
    ])
  })

  it('puts it where signatures are kept apart from the image, and finds it there', async () => {
    const { json, path } = await signedImage()
    const apart = ['--signatures-in', 'oci:apart']
    await json(0, ['sign', ...apart, 'oci:image:v1'])
    const { targets } = await json(0, ['attest', ...apart, ...ATTEST.slice(1)])
    expect(targets[0].stored).toEqual({ as: 'layout', path: `oci:${path('apart')}` })
    expect((await json(0, ['list', ...apart, 'oci:image:v1'])).referrers).toHaveLength(2)
    expect((await json(0, ['inspect', ...apart, 'oci:image:v1'])).signatures).toHaveLength(2)
    await json(0, ['verify', ...apart, '--attestation', 'slsa', 'oci:image:v1'])
    await json(4, ['verify', '--attestation', 'slsa', 'oci:image:v1'])
  })

  it.each([true, false])('works in a registry, with the referrers API: %s', async referrersApi => {
    const self = await program()
    const { reference, resolved, fake, digest, repository } = await registryWith(self, { referrersApi })
    await self.expect(0, ['init', 'me', '--scope', `${fake.host}/app`])
    await self.expect(0, ['sign', reference])
    await writeFile(self.path('slsa.json'), JSON.stringify(SLSA))
    const args = [...ATTEST.slice(0, -1), reference]
    expect((await self.json(0, args)).targets[0].stored.as).toBe(referrersApi ? 'referrers API' : 'tag')
    expect((await self.json(0, args)).targets[0].outcome).toBe('unchanged')
    expect((await self.expect(0, ['verify', '-q', '--attestation', 'slsa', reference])).stdout).toBe(
      `${resolved}\n`,
    )
    expect(repository.tags.get('v1')).toBe(digest)
  })
})

const PREDICATE = ['--predicate', '-', 'oci:image:v1']

describe('verify --attestation', () => {
  it('denies a signed image that lacks one, and accepts it once it is there', async () => {
    const { json, expect: run } = await signedImage()
    const denied = await run(4, ['verify', '--attestation', 'slsa', 'oci:image:v1'])
    expect(denied.stdout).toBe('')
    expect(denied.stderr).toMatch(/^denied\[ATTESTATION\]: oci:image@sha256:/m)
    expect(denied.stderr).toMatch(/why: no trusted signer attests slsa \(https:.*it has no attestation/)
    expect(denied.stderr).toMatch(/fix: .*sealwright attest/)
    await run(0, ATTEST)
    const { targets } = await json(0, ['verify', '--attestation', 'slsa', 'oci:image:v1'])
    expect(targets[0]).toMatchObject({
      verdict: 'verified',
      attestations: { required: [URI], met: [URI], judged: [{ signer: { trustStore: 'ca:me' } }] },
    })
    const { stdout } = await run(0, ['verify', '--attestation', 'slsa', 'oci:image:v1'])
    expect(stdout).toMatch(/^ {2}attested {3}https:\/\/slsa\.dev\/provenance\/v1 {2}yes$/m)
    const both = await json(4, ['verify', '--attestation', 'slsa', '--attestation', 'vsa', 'oci:image:v1'])
    expect(both.targets[0].reason.why).toContain('found 1 of https://slsa.dev/provenance/v1')
  })

  it('counts who is trusted in place of the policy, by key or by certificate', async () => {
    const { json, expect: run } = await signedImage()
    await run(0, ['key', 'create', 'file:other.key', '--name', 'other'])
    await run(0, ['attest', '-k', 'other', ...ATTEST.slice(1)])
    await json(4, ['verify', '--attestation', 'slsa', 'oci:image:v1'])
    await json(4, ['verify', '--attestation', 'slsa', '-k', 'me', 'oci:image:v1'])
    await run(0, ATTEST)
    for (const trust of [
      ['-k', 'me'],
      ['--trusted-cert', 'config/keys/me.crt'],
    ]) {
      await json(0, ['verify', '--attestation', 'slsa', ...trust, 'oci:image:v1'])
    }
  })

  it('is not for files, and not for types that are none', async () => {
    const { json } = await signedImage()
    expect((await json(2, ['verify', '--attestation', 'slsa', './slsa.json'])).error.message).toContain(
      '--attestation has no effect on files',
    )
    expect((await json(2, ['verify', '--attestation', 'x', 'oci:image:v1'])).error.message).toContain('"x"')
  })
})

const VSA = 'https://slsa.dev/verification_summary/v1'

describe('verify --attestation vsa', () => {
  const summary = (members: object) => ({
    verifier: { id: 'https://ci.example/verifier' },
    timeVerified: '2026-01-01T00:00:00Z',
    resourceUri: 'registry.example/app',
    policy: { uri: 'https://ci.example/policy' },
    verificationResult: 'PASSED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_3'],
    ...members,
  })
  const attest = (self: Home, members: object) =>
    self.expect(0, ['attest', '--type', 'vsa', ...PREDICATE], { stdin: JSON.stringify(summary(members)) })
  const verify = ['verify', '--scope', 'registry.example/app', '--attestation', 'vsa']

  it.each([
    ['its own repository', 'registry.example/app'],
    ['a reference with a tag', 'registry.example/app:v1'],
    ['a URL, in another spelling of the host', 'oci://registry.example:443/app'],
    ['a package URL', 'pkg:oci/app?repository_url=registry.example%2Fapp'],
  ])('is met by one that passed and names %s', async (_, resourceUri) => {
    const self = await signedImage()
    await attest(self, { resourceUri })
    const { stderr } = await self.expect(0, [...verify, 'oci:image:v1'])
    expect(stderr).toContain('any verifier of the summary was taken')
    const asked = ['--vsa-verifier', 'https://other.example', '--vsa-verifier', 'https://ci.example/verifier']
    expect((await self.expect(0, [...verify, ...asked, 'oci:image:v1'])).stderr).not.toContain('any verifier')
  })

  it('is met by a resource with the digest, with and without --scope', async () => {
    const self = await signedImage()
    await attest(self, { resourceUri: `pkg:oci/app@${encodeURIComponent(self.digest)}` })
    await self.json(0, [...verify, 'oci:image:v1'])
    await self.json(0, ['verify', '--attestation', 'vsa', 'oci:image:v1'])
  })

  it.each([
    [{ verificationResult: 'FAILED' }, 'its verificationResult is "FAILED", not "PASSED"'],
    [{ verificationResult: 'passed' }, 'its verificationResult is "passed", not "PASSED"'],
    [{ verificationResult: true }, 'its verificationResult is not a string, not "PASSED"'],
    [{ resourceUri: 'registry.example/other' }, 'its resourceUri "registry.example/other" does not name'],
    [
      { resourceUri: `registry.example/app@sha256:${'0'.repeat(64)}` },
      'does not name registry.example/app@sha256:',
    ],
    [{ resourceUri: 'https://evil.example/registry.example/app' }, 'does not name'],
    [{ resourceUri: '%' }, 'does not name'],
    [{ verifier: {} }, 'it names no verifier'],
    [{ verifier: { id: 7 } }, 'it names no verifier'],
  ])('is not met by %j', async (members, why) => {
    const self = await signedImage()
    await attest(self, members)
    const { targets } = await self.json(4, [...verify, 'oci:image:v1'])
    expect(targets[0]).toMatchObject({
      verdict: 'denied',
      reason: { code: 'ATTESTATION' },
      attestations: { required: [VSA], met: [] },
    })
    expect(targets[0].reason.why).toContain(why)
  })

  it('is not met by a verifier that was not asked for, nor by a repository without --scope', async () => {
    const self = await signedImage()
    await attest(self, {})
    const asked = [...verify, '--vsa-verifier', 'https://other.example', 'oci:image:v1']
    expect((await self.json(4, asked)).targets[0].reason.why).toContain(
      'its verifier is "https://ci.example/verifier", not "https://other.example"',
    )
    await self.json(4, ['verify', '--attestation', 'vsa', 'oci:image:v1'])
    await self.json(2, ['verify', '--vsa-verifier', 'https://other.example', 'oci:image:v1'])
  })
})

describe('attestations of others', () => {
  it('a bare key is believed for attestations alone', async () => {
    const self = await signedImage()
    await self.expect(0, ['key', 'create', 'file:other.key', '--name', 'other'])
    const { targets } = await self.json(1, ['verify', '-k', 'other', '--attestation', 'slsa', 'oci:image:v1'])
    expect(targets[0].reason.code).toBe('UNTRUSTED')
    await self.expect(0, ['attest', '-k', 'other', ...ATTEST.slice(1)])
    const verified = await self.json(0, ['verify', '-k', 'other', '--attestation', 'slsa', 'oci:image:v1'])
    expect(verified.targets[0]).toMatchObject({
      policy: { required: 0, met: 0 },
      attestations: { met: [URI] },
    })
    await self.json(1, ['verify', '-k', 'other', 'oci:image:v1'])
    await self.json(1, ['verify', '-k', 'other', '--attestation', 'vsa', 'oci:image:v1'])
  })

  it.each([
    ['spdx', 'https://spdx.dev/Document/v2.3', '{"spdxVersion":"SPDX-2.3"}'],
    ['spdxjson', 'https://spdx.dev/Document/v2.3', '{"spdxVersion":"SPDX-2.3"}'],
    ['cyclonedx', 'https://cyclonedx.org/bom/v1.6', '{"bomFormat":"CycloneDX"}'],
    ['vuln', 'https://cosign.sigstore.dev/attestation/vuln/v1', '{}'],
    ['openvex', 'https://openvex.dev/ns', '{}'],
    ['slsaprovenance', 'https://slsa.dev/provenance/v0.2', '{}'],
    ['slsaprovenance1', URI, JSON.stringify(SLSA)],
  ])('--attestation %s is met by %s', async (name, type, stdin) => {
    const self = await signedImage()
    await self.expect(0, ['attest', '--type', type, ...PREDICATE], { stdin })
    await self.json(0, ['verify', '--attestation', name, 'oci:image:v1'])
  })

  it.each(['https://spdx.dev/Documents', 'https://spdx.dev/Document/evil', 'https://spdx.dev/Document/v2/x'])(
    '--attestation spdx is not met by %s',
    async type => {
      const self = await signedImage()
      await self.expect(0, ['attest', '--type', type, ...PREDICATE], { stdin: '{}' })
      await self.json(4, ['verify', '--attestation', 'spdx', 'oci:image:v1'])
    },
  )

  it('a predicate that is too large is a limit, with a way around it', async () => {
    const self = await signedImage()
    const stdin = `{"spdxVersion":"${'x'.repeat(16 * 1024 * 1024)}"}`
    const { error } = await self.json(2, ['attest', '--type', 'spdx', ...PREDICATE], { stdin })
    expect(error).toMatchObject({
      message: 'stdin has more than 16777216 bytes',
      why: expect.stringContaining('this is the limit'),
      fix: expect.stringContaining('attest a predicate that names its digest'),
    })
  })

  it("cosign's signatures under its old tag are named where there is none of ours", async () => {
    const self = await program()
    const { digest } = await makeLayout(self.path('image'), 'v1')
    await self.expect(0, ['init', 'me', '--scope', '*'])
    const store = layoutDirectory(self.path('image'))
    const config = Buffer.from('{}')
    const layer = { mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', ...of(config) }
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...of(config) },
        layers: [layer, layer],
      }),
    )
    await store.push({ mediaType: 'application/octet-stream', ...of(config) }, config)
    const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...of(manifest) }
    await store.push(descriptor, manifest)
    await store.tag(descriptor, `${digest.replace(':', '-')}.sig`)
    const { stderr } = await self.expect(1, ['verify', 'oci:image:v1'])
    expect(stderr).toContain('has no Notary Project signature; found 2 cosign signatures')
  })
})

function of(bytes: Uint8Array): { readonly digest: string; readonly size: number } {
  return { digest: digestOf('sha256', bytes), size: bytes.byteLength }
}
