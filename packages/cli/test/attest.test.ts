import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeLayout } from './image.ts'
import { type Program, program } from './program.ts'
import { registryWith } from './registry-with.ts'

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
      /no type of attestation/,
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
    expect(denied.stderr).toMatch(
      /why: nobody who is trusted here attests slsa \(https:.*it has no attestation/,
    )
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
      '--attestation has nothing to say about files',
    )
    expect((await json(2, ['verify', '--attestation', 'x', 'oci:image:v1'])).error.message).toContain('"x"')
  })
})
