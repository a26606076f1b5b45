import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Identity } from '../../../../test/services/certificates.ts'
import { startForwardProxy } from '../../../../test/services/forward-proxy.ts'
import { loopbackCertificate } from '../../../../test/services/loopback-certificate.ts'
import {
  type RevocationAuthority,
  startRevocationAuthority,
} from '../../../../test/services/revocation-authority.ts'
import { succeed } from '../../../../test/services/run.ts'
import { scratch } from '../../../../test/services/scratch.ts'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

vi.setConfig({ testTimeout: 120_000 })

let authority: RevocationAuthority
beforeAll(async () => {
  authority = await startRevocationAuthority()
})
afterAll(() => authority[Symbol.asyncDispose]())

type Sources = Parameters<RevocationAuthority['issue']>[1]

interface Situation {
  /** Default the one of this file. */
  readonly by?: RevocationAuthority
  readonly registries?: object
  /** Whose certificate names these, in the order of signing. */
  readonly signers: readonly Identity[]
  /** Default `{ "level": "strict" }`. */
  readonly verification?: object
  /** Default the loopback address. */
  readonly privateHosts?: readonly string[]
}

/** A program with an image that some sign, and a policy that trusts the authority. */
async function signedBy({
  by = authority,
  signers,
  verification,
  privateHosts,
  registries = {},
}: Situation): Promise<Program> {
  authority.behaviour.ocsp = 'good'
  authority.behaviour.crl = 'good'
  const self = await program()
  await mkdir(self.path('config'), { recursive: true })
  const revocation = { privateHosts: privateHosts ?? ['127.0.0.1'] }
  await writeFile(self.config, JSON.stringify({ revocation, registries }))
  await self.expect(0, ['cert', 'add', 'ca:revoking', by.root.certificatePath])
  const statement = {
    name: 'all',
    trustStores: ['ca:revoking'],
    trustedIdentities: ['*'],
    signatureVerification: verification ?? { level: 'strict' },
  }
  const policy = (members: object) =>
    JSON.stringify({ version: '1.0', trustPolicies: [{ ...statement, ...members }] })
  await writeFile(join(self.trust, 'trustpolicy.oci.json'), policy({ registryScopes: ['*'] }))
  await writeFile(join(self.trust, 'trustpolicy.blob.json'), policy({ globalPolicy: true }))
  await makeLayout(self.path('image'), 'v1')
  for (const { keyPath, chainPath } of signers)
    await self.expect(0, ['sign', '-k', `file:${keyPath}`, '--cert-chain', chainPath, 'oci:image:v1'])
  authority.requests.length = 0
  return self
}

const issued = (name: string, ...sources: Sources): Promise<Identity> => authority.issue(name, sources)
const VERIFY = ['verify', 'oci:image:v1'] as const

describe('verify, where certificates name an OCSP responder', () => {
  it('asks it, says what it answered, and asks again only when its answer has expired', async () => {
    const self = await signedBy({ signers: [await issued('ocsp', 'ocsp')] })
    const { stdout } = await self.expect(0, VERIFY)
    expect(stdout).toMatch(
      new RegExp(`^ {4}ocsp {5}CN=ocsp,.+ {2}not revoked {2}as of \\S+Z {2}${authority.urls.ocsp}$`, 'm'),
    )
    expect(authority.requests).toEqual(['ocsp'])
    expect(await readdir(self.path('.cache', 'sealwright', 'ocsp'))).toHaveLength(1)
    const { targets } = await self.json(0, VERIFY)
    expect(targets[0].signatures[0].revocation).toEqual([
      expect.objectContaining({
        status: 'good',
        source: 'ocsp',
        origin: 'cache',
        url: authority.urls.ocsp,
        thisUpdate: expect.stringMatching(/Z$/),
      }),
    ])
    expect((await self.expect(0, [...VERIFY, '--offline'])).stdout).toContain(
      `${authority.urls.ocsp} (cached)`,
    )
    expect(authority.requests).toEqual(['ocsp'])
  })

  it('refuses a certificate that was revoked, with the time and the reason', async () => {
    const signer = await issued('revoked', 'ocsp')
    const self = await signedBy({ signers: [signer] })
    await authority.revoke(signer)
    const { stderr } = await self.expect(1, VERIFY)
    expect(stderr).toMatch(/^not verified\[REVOCATION\]/m)
    expect(stderr).toMatch(
      new RegExp(
        `why: CN=revoked,.+ was revoked at \\S+Z \\(keyCompromise\\), says OCSP ${authority.urls.ocsp}`,
      ),
    )
    expect(stderr).toContain('fix: do not use it')
    const { targets } = await self.json(1, VERIFY)
    expect(targets[0].signatures[0].revocation[0]).toMatchObject({
      status: 'revoked',
      reason: 'keyCompromise',
      revokedAt: expect.stringMatching(/Z$/),
    })
  })

  it('judges as of the time that is given', async () => {
    const signer = await issued('later-revoked', 'ocsp')
    const self = await signedBy({ signers: [signer] })
    const before = new Date().toISOString()
    // Certificates and responses tell seconds apart.
    await setTimeout(1_100)
    await authority.revoke(signer)
    await self.expect(1, VERIFY)
    expect((await self.expect(0, [...VERIFY, '--at', before])).stdout).toContain('not revoked')
  })

  it('lets a revoked certificate pass where the policy logs revocation, and reports it', async () => {
    const signer = await issued('logged', 'ocsp')
    const self = await signedBy({ signers: [signer], verification: { level: 'permissive' } })
    await authority.revoke(signer, 'superseded')
    const { stdout } = await self.expect(0, VERIFY)
    expect(stdout).toMatch(/ocsp {5}CN=logged,.+ {2}revoked \S+Z \(superseded\)/)
    expect(stdout).toMatch(/check {4}revocation {10}logged/)
  })

  it('asks nobody where the policy skips revocation', async () => {
    const verification = { level: 'strict', override: { revocation: 'skip' } }
    const self = await signedBy({ signers: [await issued('skipped', 'ocsp', 'crl')], verification })
    await self.expect(0, VERIFY)
    expect(authority.requests).toEqual([])
  })

  it('asks for the signature of a file as well, and refuses to copy what does not verify', async () => {
    const signer = await issued('elsewhere', 'ocsp')
    const self = await signedBy({ signers: [signer] })
    await writeFile(self.path('f'), 'a release')
    const key = ['-k', `file:${signer.keyPath}`, '--cert-chain', signer.chainPath]
    await self.expect(0, ['sign', ...key, './f'])
    await authority.revoke(signer)
    expect((await self.expect(1, ['verify', './f'])).stderr).toContain('was revoked at')
    const { stderr } = await self.expect(1, ['copy', 'oci:image:v1', 'oci:other:v1', '--verify'])
    expect(stderr).toContain('was revoked at')
  })

  it('asks no private host that the configuration of the user does not list, whatever the project says', async () => {
    const self = await signedBy({ signers: [await issued('private', 'ocsp')], privateHosts: [] })
    await writeFile(self.path('sealwright.json'), '{"revocation":{"privateHosts":["127.0.0.1"]}}')
    const { stderr } = await self.expect(3, VERIFY)
    expect(stderr).toMatch(/why: cannot tell whether CN=private,.+: 127\.0\.0\.1 has a private address/)
    expect(stderr).toContain('add "127.0.0.1" to revocation.privateHosts')
    expect(authority.requests).toEqual([])
    expect((await self.expect(2, ['sign', 'oci:image:v1'])).stderr).toContain('"revocation"')
  })

  it('cannot tell offline without an answer in the cache', async () => {
    const self = await signedBy({ signers: [await issued('offline', 'ocsp')] })
    const { stderr } = await self.expect(3, [...VERIFY, '--offline'])
    expect(stderr).toContain(`${authority.urls.ocsp}: it is not asked offline`)
    expect(authority.requests).toEqual([])
  })

  it('warns once of a cache that cannot be used, and goes on', async () => {
    const signers = [await issued('first', 'ocsp'), await issued('second', 'ocsp')]
    const self = await signedBy({ signers })
    await writeFile(self.path('.cache'), 'not a directory')
    const { stderr } = await self.expect(0, [...VERIFY, '--all'])
    expect(stderr.match(/^warning: .*$/gm)).toEqual([
      expect.stringContaining('revocation is checked without it'),
    ])
  })
})

describe('verify, where certificates name a CRL', () => {
  it("fetches it, and keeps it in notation's cache", async () => {
    const self = await signedBy({ signers: [await issued('crl', 'crl')] })
    const { stdout } = await self.expect(0, VERIFY)
    expect(stdout).toMatch(new RegExp(`^ {4}crl {6}CN=crl,.+ {2}not revoked .*${authority.urls.crl}$`, 'm'))
    const name = createHash('sha256').update(authority.urls.crl).digest('hex')
    const kept = JSON.parse(await readFile(self.path('.cache', 'notation', 'crl', name), 'utf8'))
    expect(Object.keys(kept)).toEqual(['baseCRL'])
    await self.expect(0, [...VERIFY, '--offline'])
    expect(authority.requests).toEqual(['crl'])
    const env = { NOTATION_CACHE: self.path('cache-of-notation') }
    await self.expect(3, [...VERIFY, '--offline'], { env })
    await self.expect(0, VERIFY, { env })
    expect(await readdir(self.path('cache-of-notation', 'crl'))).toEqual([name])
  })

  it('refuses a certificate on it', async () => {
    const signer = await issued('listed', 'crl')
    const self = await signedBy({ signers: [signer] })
    await authority.revoke(signer, 'cessationOfOperation')
    const { stderr } = await self.expect(1, VERIFY)
    expect(stderr).toContain(`(cessationOfOperation), says the CRL ${authority.urls.crl}`)
  })
})

describe.each(['ocsp', 'crl'] as const)('verify, where the %s host misbehaves', source => {
  it.each([
    ['hang', /it did not answer within 1\.\d s/],
    ['slow', /it did not answer within 1\.\d s/],
    ['garbage', /^the (?:OCSP response|CRL)\b/],
    ['huge', /it answered with more than \d+ bytes/],
    [
      'other',
      /^the OCSP response is about another certificate$|^the CRL cannot be used: another CA issued it$/,
    ],
  ] as const)('%s: within the timeout, with the host in the message', async (behaviour, why) => {
    const [before, signer] = [await issued('before', source), await issued('victim', source)]
    const self = await signedBy({ signers: [before] })
    await self.expect(0, VERIFY)
    const key = ['-k', `file:${signer.keyPath}`, '--cert-chain', signer.chainPath]
    await makeLayout(self.path('next'), 'v1')
    await self.expect(0, ['sign', ...key, 'oci:next:v1'])
    authority.behaviour[source] = behaviour
    const started = performance.now()
    const env = { XDG_CACHE_HOME: self.path('empty-cache') }
    const { stderr } = await self.expect(3, ['verify', 'oci:next:v1', '--timeout', '3s'], { env })
    expect(performance.now() - started).toBeLessThan(8_000)
    expect(stderr).toMatch(/^unknown\[REVOCATION\]/m)
    const [, reason = ''] =
      new RegExp(`CN=victim,.+ was revoked: ${authority.urls[source]}: (.+)$`, 'm').exec(stderr) ?? []
    expect(reason, stderr).toMatch(why)
    expect(stderr).toContain('fix: retry when the authority answers')
  })

  it('hides no good signature of another', async () => {
    const self = await signedBy({ signers: [await issued('hidden', source), await issued('free')] })
    authority.behaviour[source] = 'hang'
    const { targets } = await self.json(0, [...VERIFY, '--all', '--timeout', '5s'])
    const verdicts = targets[0].signatures.map(({ verdict }: { verdict: string }) => verdict)
    expect(verdicts.toSorted()).toEqual(['unknown', 'verified'])
  })
})

it('verify takes the CRL where the OCSP responder does not answer', async () => {
  const self = await signedBy({ signers: [await issued('both', 'ocsp', 'crl')] })
  authority.behaviour.ocsp = 'garbage'
  const { targets } = await self.json(0, VERIFY)
  expect(targets[0].signatures[0].revocation[0]).toMatchObject({
    status: 'good',
    source: 'crl',
    origin: 'network',
  })
  expect(authority.requests).toEqual(['ocsp', 'crl'])
})

it('verify goes through the proxy of the environment, which resolves the name', async () => {
  await using by = await startRevocationAuthority({ host: 'ca.example' })
  await using proxy = await startForwardProxy()
  const self = await signedBy({ by, signers: [await by.issue('behind', ['ocsp', 'crl'])] })
  const { stdout } = await self.expect(0, VERIFY, { env: { HTTP_PROXY: proxy.url } })
  expect(stdout).toContain(by.urls.ocsp)
  expect(proxy.requests).toEqual([expect.stringContaining(by.urls.ocsp)])
})

it('verify believes a private authority in TLS for the host that the configuration names', async () => {
  const tls = await loopbackCertificate(await scratch('tls'))
  await using by = await startRevocationAuthority({ tls })
  const signers = [await by.issue('secure', ['ocsp'])]
  const unknown = await signedBy({ by, signers })
  expect((await unknown.expect(3, VERIFY)).stderr).toMatch(/certificate/)
  const caFile = ['--ca-file', tls.path]
  expect((await unknown.expect(2, [...VERIFY, '--offline', ...caFile])).stderr).toContain('has no effect')
  expect((await unknown.expect(2, ['list', 'oci:image:v1', ...caFile])).stderr).toContain('has no effect')
  await unknown.expect(0, [...VERIFY, ...caFile])
  const registries = { [new URL(by.urls.ocsp).host]: { caFile: tls.path } }
  const self = await signedBy({ by, signers, registries })
  const { stderr } = await self.expect(0, [...VERIFY, '-v', '--debug'])
  expect(stderr).toContain(`step: GET ${by.urls.ocsp}/`)
  expect(stderr).toMatch(/debug: GET https:.*: 200 in \d+ ms/)
})

it.each(['a FIFO', 'a link to a device', 'text'])(
  'verify takes %s in the cache for no answer',
  async kind => {
    const self = await signedBy({ signers: [await issued('cached', 'crl')] })
    const folder = self.path('.cache', 'notation', 'crl')
    await mkdir(folder, { recursive: true })
    const path = join(folder, createHash('sha256').update(authority.urls.crl).digest('hex'))
    if (kind === 'a FIFO') await succeed('mkfifo', [path])
    else if (kind === 'text') await writeFile(path, 'not a CRL')
    else await symlink('/dev/zero', path)
    const { stderr } = await self.expect(0, VERIFY)
    expect(stderr.match(/^warning: .*$/gm)).toEqual([expect.stringContaining(path)])
    expect(authority.requests).toEqual(['crl'])
  },
)

it('verify keeps CRLs that came with a signature only where a certificate is judged, and there is a cache', async () => {
  const self = await signedBy({ signers: [await issued('kept', 'crl')] })
  const keep = [...VERIFY, '--keep-revocation']
  await writeFile(self.path('key.pem'), '')
  expect((await self.expect(2, [...keep, '-k', './key.pem'])).stderr).toContain('cannot be used together')
  await self.expect(0, ['staple', 'oci:image:v1'])
  const env = { NOTATION_CACHE: self.path('inside'), XDG_CACHE_HOME: self.path('inside') }
  await self.expect(0, [...VERIFY, '--offline'], { env })
  await expect(readdir(self.path('inside', 'crl'))).rejects.toThrow('ENOENT')
  await self.expect(0, [...keep, '--offline'], { env })
  expect(await readdir(self.path('inside', 'crl'))).toHaveLength(1)
})
