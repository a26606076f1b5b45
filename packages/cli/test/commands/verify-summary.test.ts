import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

const SCOPE = ['--scope', 'registry.example/team/app']
const VSA = 'https://slsa.dev/verification_summary/v1'
const VERIFIER = 'https://github.com/sealwright/sealwright/verify'

/** One image that is signed as the policy demands, and one that is not. */
async function home(): Promise<Program & { digest: string }> {
  const self = await program()
  const { digest } = await makeLayout(self.path('image'), 'v1', 'v2')
  await self.expect(0, ['init', 'me', ...SCOPE])
  await self.expect(0, ['sign', 'oci:image:v1'])
  return { ...self, digest }
}

/** The statement in a bundle. */
async function statementIn(file: string) {
  const { dsseEnvelope } = JSON.parse(await readFile(file, 'utf8'))
  return JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8'))
}

async function summariesOf(self: Program, target: string): Promise<readonly unknown[]> {
  const { referrers } = await self.json(0, ['list', target])
  return referrers.filter(({ predicateType }: { predicateType: string }) => predicateType === VSA)
}

const signed = (...words: string[]) => ['verify', ...SCOPE, '--report-key', 'me', ...words]

describe('verify --report-key', () => {
  it('attaches a summary of the digest that was judged, which verify --attestation vsa accepts', async () => {
    const self = await home()
    const now = new Date('2026-12-01T12:00:00Z')
    const { targets } = await self.json(0, signed('oci:image:v1'), { now })
    const [{ summary, signatures }] = targets
    const resource = `pkg:oci/app@${encodeURIComponent(self.digest)}?repository_url=registry.example/team/app`
    expect(summary).toMatchObject({
      result: 'PASSED',
      verifier: VERIFIER,
      resource,
      stored: { as: 'layout', path: null },
    })
    const { signatures: found } = await self.json(0, ['inspect', 'oci:image:v1'])
    const { statement } = found.find(({ digest }: { digest: string }) => digest === summary.digest)
    expect(statement).toMatchObject({
      predicateType: VSA,
      subjects: [{ digest: { sha256: self.digest.slice(7) } }],
    })
    await self.expect(0, signed('--report-bundle', 'vsa.json', 'oci:image:v1'), { now })
    const policy = await readFile(self.path('notation', 'trustpolicy.json'))
    expect((await statementIn(self.path('vsa.json'))).predicate).toEqual({
      verifier: { id: VERIFIER, version: { sealwright: expect.any(String) } },
      timeVerified: '2026-12-01T12:00:00Z',
      resourceUri: resource,
      policy: {
        name: 'trustpolicy.json',
        digest: { sha256: createHash('sha256').update(policy).digest('hex') },
        annotations: { statement: 'me' },
      },
      inputAttestations: [{ digest: { sha256: signatures[0].digest.slice(7) } }],
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'],
      slsaVersion: '1.0',
    })
    const judge = ['verify', ...SCOPE, '--attestation', 'vsa', '--vsa-verifier']
    await self.expect(0, [...judge, VERIFIER, 'oci:image:v1'])
    await self.expect(4, [...judge, 'https://other.example', 'oci:image:v1'])
  })

  it('says FAILED for what is not verified, keeps the exit code, and is accepted by nobody', async () => {
    const self = await home()
    const { targets, error } = await self.json(1, signed('oci:image:v2'))
    expect(targets[0]).toMatchObject({ verdict: 'notVerified', summary: { result: 'FAILED', error: null } })
    expect(error).toBeUndefined()
    await self.expect(1, signed('--report-bundle', 'vsa.json', 'oci:image:v2'))
    const { predicate } = await statementIn(self.path('vsa.json'))
    expect(predicate).toMatchObject({
      verificationResult: 'FAILED',
      verifiedLevels: ['FAILED'],
      inputAttestations: [],
    })
    await self.expect(0, ['sign', 'oci:image:v2'])
    const judged = await self.json(4, ['verify', ...SCOPE, '--attestation', 'vsa', 'oci:image:v2'])
    expect(judged.targets[0].attestations.judged[0].reason.why).toContain(
      'its verificationResult is "FAILED"',
    )
  })

  it('says FAILED for what is denied', async () => {
    const self = await home()
    const words = signed('--report-bundle', 'vsa.json', '-m', 'build=42', 'oci:image:v1')
    const { targets } = await self.json(4, words)
    expect(targets[0]).toMatchObject({ verdict: 'denied', summary: { result: 'FAILED' } })
    expect((await statementIn(self.path('vsa.json'))).predicate.verificationResult).toBe('FAILED')
  })

  it('names the verifier that was given', async () => {
    const self = await home()
    const id = 'https://ci.example/gate'
    await self.expect(0, signed('--report-verifier', id, 'oci:image:v1'))
    await self.expect(0, ['verify', ...SCOPE, '--attestation', 'vsa', '--vsa-verifier', id, 'oci:image:v1'])
    await self.expect(2, signed('--report-verifier', 'gate', 'oci:image:v1'))
  })

  it('signs nothing for what no policy decided', async () => {
    const self = await home()
    const other = ['verify', '--scope', 'registry.example/other', '--report-key', 'me', 'oci:image:v1']
    const denied = await self.expect(4, other)
    expect(denied.stderr).toContain('note: no summary of oci:image:v1 was signed: no policy decided')
    const unknown = await self.expect(2, signed('oci:nowhere:v1'))
    expect(unknown.stderr).toContain('no summary of oci:nowhere:v1 was signed: nothing was found out')
    expect(await summariesOf(self, 'oci:image:v1')).toEqual([])
  })

  it('signs nothing for what is skipped', async () => {
    const self = await home()
    const policy = JSON.parse(await readFile(self.path('notation', 'trustpolicy.json'), 'utf8'))
    const [statement] = policy.trustPolicies
    const { trustStores: _, trustedIdentities: __, ...rest } = statement
    policy.trustPolicies = [{ ...rest, signatureVerification: { level: 'skip' } }]
    await writeFile(self.path('notation', 'trustpolicy.json'), JSON.stringify(policy))
    const { stderr } = await self.expect(0, signed('oci:image:v1'))
    expect(stderr).toContain('no summary of oci:image:v1 was signed: the policy skips it')
    expect(await summariesOf(self, 'oci:image:v1')).toEqual([])
  })

  it('writes the summary of a file next to nothing', async () => {
    const self = await home()
    const files = ['policy', 'init', '--name', 'files', '--statement-for-files', '--global']
    await self.expect(0, [...files, '--trust-store', 'ca:me', '--trusted-identity', '*'])
    await writeFile(self.path('app.tgz'), 'a release')
    await self.expect(0, ['sign', './app.tgz'])
    const words = ['verify', '--report-key', 'me', '--report-bundle', 'vsa.json', './app.tgz']
    const { targets } = await self.json(0, words)
    expect(targets[0].summary).toMatchObject({ result: 'PASSED', stored: { as: 'file', path: 'vsa.json' } })
    const { subject, predicate } = await statementIn(self.path('vsa.json'))
    const sha256 = createHash('sha256').update('a release').digest('hex')
    expect(subject).toEqual([{ digest: { sha256 } }])
    expect(predicate.resourceUri).toBe(`pkg:generic/app.tgz?checksum=sha256:${sha256}`)
  })

  it('that cannot store the summary does not end well, and hides no verdict', async () => {
    const self = await home()
    await mkdir(self.path('vsa.json'))
    const words = (target: string) => signed('--report-bundle', 'vsa.json', target)
    const good = await self.json(2, words('oci:image:v1'))
    expect(good.error.code).toBe('VALIDATION')
    expect(good.targets[0]).toMatchObject({ verdict: 'verified', summary: { digest: null, stored: null } })
    const bad = await self.json(1, words('oci:image:v2'))
    expect(bad.error).toBeUndefined()
    expect(bad.targets[0].summary.error.code).toBe('VALIDATION')
    expect((await self.expect(2, words('oci:image:v1'))).stderr).toContain('vsa.json is not a regular file')
  })

  it.each([
    ['oci:image:v1', ['--key', 'me']],
    ['oci:image:v1', ['--trusted-cert', 'me.crt']],
    ['oci:image:v1', ['--at', '2026-11-01']],
    ['oci:image:v1', ['--report-bundle', '-']],
    ['./app.tgz', []],
    ['oci-archive:-', []],
  ])('is refused of %s with %j', async (target, words) => {
    const self = await home()
    await writeFile(self.path('app.tgz'), 'a release')
    const { stderr } = await self.expect(2, signed(...words, target))
    expect(stderr).toMatch(/--report-(?:key|bundle)/)
  })

  it('needs the repository of a layout, one target for a bundle, and itself', async () => {
    const self = await home()
    await self.expect(2, ['verify', '--report-key', 'me', 'oci:image:v1'])
    await self.expect(2, signed('--report-bundle', 'vsa.json', 'oci:image:v1', 'oci:image:v2'))
    await self.expect(2, ['verify', ...SCOPE, '--report-bundle', 'vsa.json', 'oci:image:v1'])
    await self.expect(2, ['verify', ...SCOPE, '--report-verifier', VERIFIER, 'oci:image:v1'])
  })

  it('judges nothing where the key is missing', async () => {
    const self = await home()
    await rm(self.path('config', 'keys', 'me.key'))
    const { code, stdout } = await self.run(signed('oci:image:v1'))
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
  })
})
