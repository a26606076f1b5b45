import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Identity } from '../../../../test/services/certificates.ts'
import {
  type RevocationAuthority,
  startRevocationAuthority,
} from '../../../../test/services/revocation-authority.ts'
import { startTimestampAuthority } from '../../../../test/services/timestamp-authority.ts'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'
import { registryWith } from '../registry-with.ts'
import { layoutShelf, MANIFEST } from '../shelf.ts'

vi.setConfig({ testTimeout: 120_000 })

let authority: RevocationAuthority
beforeAll(async () => {
  authority = await startRevocationAuthority()
})
afterAll(() => authority[Symbol.asyncDispose]())

type Sources = Parameters<RevocationAuthority['issue']>[1]

const issued = (name: string, ...sources: Sources): Promise<Identity> => authority.issue(name, sources)
const keyOf = ({ keyPath, chainPath }: Identity) => ['-k', `file:${keyPath}`, '--cert-chain', chainPath]
const IMAGE = 'oci:image:v1'
/** A machine on which nothing was asked before, and nothing can be kept. */
const ELSEWHERE = { XDG_CACHE_HOME: '/dev/null' }

/** A program that trusts the authority everywhere, and an image in a layout. */
async function trusting(trustStores = ['ca:revoking']): Promise<Program> {
  authority.behaviour.ocsp = 'good'
  authority.behaviour.crl = 'good'
  const self = await program()
  await mkdir(self.path('config'), { recursive: true })
  await writeFile(self.config, JSON.stringify({ revocation: { privateHosts: ['127.0.0.1'] } }))
  await self.expect(0, ['cert', 'add', 'ca:revoking', authority.root.certificatePath])
  const statement = {
    name: 'all',
    registryScopes: ['*'],
    trustStores,
    trustedIdentities: ['*'],
    signatureVerification: { level: 'strict' },
  }
  const policy = JSON.stringify({ version: '1.0', trustPolicies: [statement] })
  await writeFile(join(self.trust, 'trustpolicy.oci.json'), policy)
  await makeLayout(self.path('image'), 'v1')
  authority.requests.length = 0
  return self
}

describe('sign --staple', () => {
  it.each(['jws', 'cose'])(
    'puts evidence into the %s, and it is verified offline without a request',
    async format => {
      const self = await trusting()
      const signer = await issued('stapled', 'ocsp', 'crl')
      const sign = ['sign', '--staple', '--format', format, ...keyOf(signer), IMAGE]
      const { targets } = await self.json(0, sign)
      expect(targets[0].signature.stapled).toMatchObject({
        ocsp: 1,
        crls: 1,
        left: 0,
        certificates: [
          { status: 'good', source: 'ocsp', url: authority.urls.ocsp },
          { status: 'good', source: 'crl', url: authority.urls.crl },
        ],
      })
      expect(authority.requests.toSorted()).toEqual(['crl', 'ocsp'])
      const { stdout } = await self.expect(0, ['verify', '--offline', IMAGE], { env: ELSEWHERE })
      expect(stdout).toMatch(/ocsp {5}CN=stapled,.+ {2}not revoked {2}as of \S+ {2}came with the signature/)
      expect(authority.requests).toHaveLength(2)
    },
  )

  it('says in text what was stapled', async () => {
    const self = await trusting()
    const { stdout } = await self.expect(0, [
      'sign',
      '--staple',
      ...keyOf(await issued('text', 'crl')),
      IMAGE,
    ])
    expect(stdout).toMatch(/^ {2}stapled {5}1 CRL$/m)
  })

  it('asks for a signer once in a run, and nobody where an equal signature exists', async () => {
    const self = await trusting()
    await makeLayout(self.path('other'), 'v2')
    const key = keyOf(await issued('many', 'ocsp'))
    await self.expect(0, ['sign', ...key, IMAGE])
    const { stderr } = await self.expect(0, ['sign', '--staple', ...key, IMAGE])
    expect(stderr).toContain(
      'note: the equal signature has nothing stapled; attach evidence to it: sealwright staple TARGET',
    )
    expect(authority.requests).toEqual([])
    await self.expect(0, ['sign', '--again', '--staple', ...key, IMAGE, 'oci:other:v2'])
    expect(authority.requests).toEqual(['ocsp'])
  })

  it('staples to the signature of a file', async () => {
    const self = await trusting()
    await writeFile(self.path('f'), 'a release')
    await self.expect(0, ['sign', '--staple', ...keyOf(await issued('file', 'ocsp')), './f'])
    const { header } = JSON.parse(await readFile(self.path('f.jws.sig'), 'utf8'))
    expect(header.etsiU).toHaveLength(1)
  })

  it('signs nothing with a certificate that was revoked', async () => {
    const self = await trusting()
    const signer = await issued('gone', 'ocsp')
    await authority.revoke(signer)
    const { error } = await self.json(2, ['sign', '--staple', ...keyOf(signer), IMAGE])
    expect(error.message).toMatch(/^the certificate CN=gone,.+ was revoked$/)
    expect(error.why).toContain('nothing was signed')
    expect((await self.json(0, ['list', IMAGE])).referrers).toEqual([])
  })

  it.each(['hang', 'garbage', 'huge'] as const)(
    'stores the signature where the hosts %s, and warns of what could not be had',
    async behaviour => {
      const self = await trusting()
      const signer = await issued('unlucky', 'ocsp', 'crl')
      authority.behaviour.ocsp = behaviour
      authority.behaviour.crl = behaviour
      const { stderr } = await self.expect(0, [
        'sign',
        '--staple',
        '--timeout',
        '6s',
        ...keyOf(signer),
        IMAGE,
      ])
      expect(stderr).toMatch(/^warning: no evidence on CN=unlucky,.+: http/m)
      expect((await self.json(0, ['list', IMAGE])).referrers).toHaveLength(1)
    },
  )

  it('takes the caches alone with --offline', async () => {
    const self = await trusting()
    const key = keyOf(await issued('cached', 'crl'))
    await self.expect(0, ['sign', ...key, IMAGE])
    await self.expect(0, ['verify', IMAGE])
    authority.requests.length = 0
    const { targets } = await self.json(0, ['sign', '--again', '--staple', '--offline', ...key, IMAGE])
    expect(targets[0].signature.stapled).toMatchObject({ crls: 1, certificates: [{ origin: 'cache' }] })
    expect(authority.requests).toEqual([])
  })

  it('is refused for attestations, with the reason', async () => {
    const self = await trusting()
    const attest = ['attest', '--staple', '--type', 'slsa', '--predicate', 'p.json', IMAGE]
    const { error } = await self.json(2, attest)
    expect(error.why).toContain('bundle')
  })
})

describe('staple', () => {
  it('attaches evidence to the signatures of anybody, and says when there is nothing to do', async () => {
    const self = await trusting()
    await self.expect(0, ['sign', ...keyOf(await issued('one', 'crl')), IMAGE])
    await self.expect(0, ['sign', ...keyOf(await issued('two')), IMAGE])
    const { signatures } = await self.json(0, ['staple', IMAGE])
    expect(signatures.map(({ outcome }: { outcome: string }) => outcome).toSorted()).toEqual([
      'attached',
      'nothing',
    ])
    const attached = signatures.find(({ outcome }: { outcome: string }) => outcome === 'attached')
    expect(attached).toMatchObject({
      evidence: expect.stringMatching(/^sha256:/),
      certificates: [
        { status: 'good', source: 'crl', url: authority.urls.crl, nextUpdate: expect.any(String) },
      ],
      error: null,
    })
    const { targets } = await self.json(0, ['verify', '--offline', '--all', IMAGE], { env: ELSEWHERE })
    const verdicts = targets[0].signatures.map(({ verdict }: { verdict: string }) => verdict)
    expect(verdicts).toEqual(['verified', 'verified'])
  })

  it('does nothing where nothing is signed, and where all is attached', async () => {
    const self = await trusting()
    const nothing = await self.expect(0, ['staple', IMAGE])
    expect(nothing.stdout).toContain('nothing to do: no Notary Project signature: oci:image@sha256:')
    await self.expect(0, ['sign', ...keyOf(await issued('again', 'crl')), IMAGE])
    await authority.keepCrl()
    const first = await self.expect(0, ['staple', IMAGE])
    expect(first.stdout).toMatch(/^stapled: oci:image@sha256:/m)
    expect(first.stdout).toMatch(/crl {6}CN=again,.+ not revoked {2}as of \S+ {2}http\S+ {2}until \S+Z$/m)
    const again = await self.expect(0, ['staple', IMAGE])
    expect(again.stdout).toMatch(/^nothing to do: all evidence is attached already: /)
  })

  it('works in a registry, with and without its API for referrers', async () => {
    for (const referrersApi of [true, false]) {
      const self = await trusting()
      const { reference } = await registryWith(self, { referrersApi })
      await self.expect(0, ['sign', ...keyOf(await issued('remote', 'ocsp')), reference])
      const { signatures } = await self.json(0, ['staple', reference])
      expect(signatures).toMatchObject([{ outcome: 'attached' }])
    }
  })

  it('reports a revoked signer and one that cannot be told, and staples the others', async () => {
    const self = await trusting()
    const revoked = await issued('revoked', 'crl')
    await self.expect(0, ['sign', ...keyOf(revoked), IMAGE])
    await self.expect(0, ['sign', ...keyOf(await issued('silent', 'ocsp')), IMAGE])
    await self.expect(0, ['sign', ...keyOf(await issued('fine', 'crl')), IMAGE])
    await authority.revoke(revoked)
    authority.behaviour.ocsp = 'hang'
    const { stdout, stderr } = await self.expect(1, ['staple', IMAGE, '--timeout', '10s'])
    expect(stdout).toMatch(/^stapled: /m)
    expect(stdout).toMatch(/CN=revoked,.+ {2}revoked \S+ \(keyCompromise\)/)
    expect(stderr).toMatch(/^warning: signature sha256:\S+: no evidence on CN=revoked,.+: it was revoked at/m)
    expect(stderr).toMatch(/^warning: signature sha256:\S+: no evidence on CN=silent,.+: http/m)
    const { signatures } = await self.json(1, ['staple', IMAGE, '--timeout', '10s'])
    const outcomes = signatures.map(({ outcome }: { outcome: string }) => outcome)
    expect(outcomes.toSorted()).toEqual(expect.arrayContaining(['nothing', 'nothing']))
  })

  it('ends with 3 where evidence could not be had, and with 5 where the registry refuses it', async () => {
    const self = await trusting()
    const { reference, fake } = await registryWith(self)
    await self.expect(0, ['sign', ...keyOf(await issued('closed', 'ocsp')), reference])
    authority.behaviour.ocsp = 'garbage'
    await self.expect(3, ['staple', reference])
    authority.behaviour.ocsp = 'good'
    fake.faults.push({ method: 'PUT', path: '/manifests/', answer: { status: 403 } })
    const { signatures, error } = await self.json(5, ['staple', reference])
    expect(signatures).toMatchObject([{ outcome: 'failed', error: { code: 'ACCESS_DENIED' } }])
    expect(error.code).toBe('ACCESS_DENIED')
  })

  it('asks nobody with --offline, and takes what is cached', async () => {
    const self = await trusting()
    await self.expect(0, ['sign', ...keyOf(await issued('kept', 'crl')), IMAGE])
    await self.expect(3, ['staple', '--offline', IMAGE], { env: ELSEWHERE })
    await self.expect(0, ['verify', IMAGE])
    authority.requests.length = 0
    expect((await self.json(0, ['staple', '--offline', IMAGE])).signatures).toMatchObject([
      { outcome: 'attached', certificates: [{ origin: 'cache' }] },
    ])
    expect(authority.requests).toEqual([])
  })

  it.each([
    [['staple', './image.tgz'], 'staple while signing'],
    [['staple', 'oci-archive:-'], 'copy oci-archive:- TO --revocation'],
  ])('refuses %j with the fix', async (args, fix) => {
    const { error } = await (await trusting()).json(2, args)
    expect(error.fix).toContain(fix)
  })
})

describe('staple --timestamp', () => {
  it('attaches a timestamp once, which a policy that demands one accepts', async () => {
    const self = await trusting(['ca:revoking', 'tsa:time'])
    await self.expect(0, ['cert', 'add', 'tsa:time', authority.root.certificatePath])
    await self.expect(0, ['sign', ...keyOf(await issued('late')), IMAGE])
    // A token that may be a second off must lie within certificates that were made just now.
    await setTimeout(2500)
    await self.expect(1, ['verify', IMAGE])
    await using tsa = await startTimestampAuthority({ ca: authority })
    const dead = ['--timestamp', 'http://127.0.0.1:1']
    const { error } = await self.json(3, ['staple', ...dead, IMAGE])
    expect(error.message).toBe('no timestamp could be had')
    const staple = ['staple', ...dead, '--timestamp', tsa.url, IMAGE]
    expect((await self.json(0, staple)).signatures).toMatchObject([{ outcome: 'attached' }])
    await self.expect(0, ['verify', IMAGE])
    const timestamps = async () =>
      (await self.json(0, ['inspect', IMAGE])).signatures[0].evidence.filter(
        ({ kind }: { kind: string }) => kind === 'timestamp',
      )
    expect(await timestamps()).toHaveLength(1)
    await self.expect(0, staple)
    expect(await timestamps()).toHaveLength(1)
  })
})

describe('evidence on the authority of a timestamp', () => {
  it.each(['signature', 'attestation'])('comes with the %s', async kind => {
    const self = await trusting(['ca:revoking', 'tsa:time'])
    await self.expect(0, ['cert', 'add', 'tsa:time', authority.root.certificatePath])
    // A token that may be a second off must lie within certificates that were made just now.
    await setTimeout(2500)
    await using tsa = await startTimestampAuthority({ ca: authority })
    const timestamped = ['--timestamp', tsa.url, ...keyOf(await issued('timed', 'ocsp'))]
    const { targets } = await self.json(0, ['sign', '--staple', ...timestamped, IMAGE])
    expect(targets[0].signature.stapled).toMatchObject({
      ocsp: 1,
      crls: 1,
      certificates: [{ source: 'ocsp' }, { source: 'crl', subject: expect.stringContaining('CN=tsa,') }],
    })
    const type = 'https://example.org/review/v1'
    await writeFile(self.path('p.json'), '{}')
    if (kind === 'attestation')
      await self.expect(0, ['attest', '--type', type, '--predicate', 'p.json', ...timestamped, IMAGE])
    const { revocation } = await self.json(0, ['copy', '--revocation', IMAGE, 'oci:inside'])
    expect(revocation.signatures.map((each: { kind: string }) => each.kind)).toContain(kind)
    for (const { certificates } of revocation.signatures)
      expect(certificates.map(({ status }: { status: string }) => status)).toEqual(['good', 'good'])
    authority.requests.length = 0
    const wanted = kind === 'attestation' ? ['--attestation', type] : []
    await self.expect(0, ['verify', '--offline', ...wanted, 'oci:inside'], { env: ELSEWHERE })
    expect(authority.requests).toEqual([])
  })
})

describe('evidence is shown', () => {
  it('by inspect: what it is, about whom, and until when', async () => {
    const self = await trusting()
    const key = keyOf(await issued('shown', 'ocsp', 'crl'))
    await self.expect(0, ['sign', '--staple', ...key, IMAGE])
    await self.expect(0, ['staple', IMAGE])
    const { signatures } = await self.json(0, ['inspect', IMAGE])
    const times = { from: expect.stringMatching(/Z$/), until: expect.stringMatching(/Z$/) }
    const [ocsp, crl] = [
      { kind: 'ocsp', about: expect.stringMatching(/^CN=shown,/), ...times },
      { kind: 'crl', about: expect.stringContaining('revoking-root'), ...times },
    ]
    expect(signatures[0].evidence).toMatchObject(
      [ocsp, crl, ocsp, crl].map((each, index) => ({ ...each, place: index < 2 ? 'stapled' : 'attached' })),
    )
    const { stdout } = await self.expect(0, ['inspect', IMAGE])
    expect(stdout).toMatch(/^ {4}evidence {3}ocsp {7}CN=shown,\S+.* \S+Z {2}until \S+Z {2}attached$/m)
    await writeFile(self.path('f'), 'a release')
    await self.expect(0, ['sign', '--staple', ...key, './f'])
    const file = await self.json(0, ['inspect', './f.jws.sig'])
    expect(file.signatures[0].evidence).toMatchObject([ocsp, crl])
  })

  it('by list, as a referrer of the signature', async () => {
    const self = await trusting()
    await self.expect(0, ['sign', ...keyOf(await issued('listed', 'crl')), IMAGE])
    await self.expect(0, ['staple', IMAGE])
    const { referrers } = await self.json(0, ['list', '--type', 'evidence', IMAGE])
    expect(referrers).toMatchObject([{ kind: 'signature', referrers: [{ kind: 'evidence' }] }])
  })

  it('though it is junk, huge, or about another: it is named, and hides nothing', async () => {
    const self = await trusting()
    const shelf = await layoutShelf(self, 'hostile')
    const key = keyOf(await issued('hostile', 'crl'))
    await self.expect(0, ['sign', '--staple', ...key, shelf.reference])
    const [signature] = (await self.json(0, ['list', shelf.reference])).referrers
    const subject = { mediaType: MANIFEST, digest: signature.digest, size: signature.size }
    const config = await shelf.blob('application/vnd.oci.empty.v1+json', '{}')
    const artifactType = 'application/vnd.dev.sealwright.evidence.v1'
    const attach = (members: object) =>
      shelf.manifest({ schemaVersion: 2, mediaType: MANIFEST, artifactType, config, subject, ...members })
    const junk = await shelf.blob('application/pkix-crl', 'junk')
    await attach({
      layers: [
        junk,
        await shelf.blob('application/ocsp-response', 'other junk'),
        await shelf.blob('text/plain', 'x'),
      ],
    })
    await attach({ layers: [{ ...junk, digest: `sha256:${'0'.repeat(64)}`, size: 2 ** 40 }] })
    await attach({ layers: [junk], subject: shelf.image })
    const { stdout, stderr } = await self.expect(0, ['inspect', shelf.reference])
    expect(stdout).toMatch(/evidence {3}crl .*revoking-root.* {2}stapled$/m)
    expect(stdout).toMatch(
      /evidence {3}ocsp {7}about a certificate that the signature does not carry {2}attached$/m,
    )
    expect(stderr).toMatch(/^warning: evidence of sha256:\S+: .* layer that is not evidence$/m)
    await self.expect(0, ['verify', '--offline', shelf.reference], { env: ELSEWHERE })
    expect((await self.json(0, ['staple', shelf.reference])).signatures).toMatchObject([
      { outcome: 'attached' },
    ])
    await self.expect(0, ['verify', '--offline', shelf.reference], { env: ELSEWHERE })
    await self.expect(0, ['list', shelf.reference])
  })

  it('by two who staple at the same time', async () => {
    const self = await trusting()
    const { reference } = await registryWith(self, { referrersApi: false })
    await self.expect(0, ['sign', ...keyOf(await issued('twice', 'ocsp')), reference])
    const runs = await Promise.all([1, 2, 3].map(() => self.run(['staple', reference])))
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
    expect((await self.json(0, ['inspect', reference])).signatures[0].evidence.length).toBeGreaterThan(0)
    await self.expect(0, ['verify', reference])
  })
})

describe('copy --revocation', () => {
  it.each(['oci:inside', 'oci-archive:inside.tar'])(
    'adds evidence to %s, which is verified offline without a request',
    async destination => {
      const self = await trusting()
      await self.expect(0, ['sign', ...keyOf(await issued('packed', 'ocsp', 'crl')), IMAGE])
      const before = await self.json(0, ['list', IMAGE])
      const copied = await self.json(0, ['copy', '--revocation', '--verify', IMAGE, destination])
      expect(copied.revocation.signatures).toMatchObject([
        { outcome: 'attached', certificates: [{ source: 'ocsp' }, { source: 'crl' }] },
      ])
      expect((await self.json(0, ['list', IMAGE])).referrers).toEqual(before.referrers)
      authority.requests.length = 0
      const offline = ['verify', '--offline', '--scope', 'registry.example/app', destination]
      const { targets } = await self.json(0, offline, { env: ELSEWHERE })
      expect(targets[0].signatures[0].revocation).toMatchObject([{ status: 'good', origin: 'carried' }])
      await self.json(0, ['copy', '--revocation', destination, 'oci:further:v1'], { env: ELSEWHERE })
      expect(authority.requests.length).toBeGreaterThan(0)
    },
  )

  it('copies into a registry, and again adds nothing while the statements are the same', async () => {
    const self = await trusting()
    const { fake } = await registryWith(self)
    await self.expect(0, ['sign', ...keyOf(await issued('pushed', 'crl')), IMAGE])
    await authority.keepCrl()
    const to = `${fake.host}/inside:v1`
    const first = await self.json(0, ['copy', '--revocation', IMAGE, to])
    expect(first.copied.length).toBeGreaterThan(5)
    const again = await self.json(0, ['copy', '--revocation', IMAGE, to])
    expect(again.copied).toEqual([])
  })

  it('copies all, and ends with 3, where evidence could not be had', async () => {
    const self = await trusting()
    await self.expect(0, ['sign', ...keyOf(await issued('absent', 'crl')), IMAGE])
    authority.behaviour.crl = 'garbage'
    const { stdout, stderr } = await self.expect(3, ['copy', '--revocation', IMAGE, 'oci:inside'])
    expect(stdout).toMatch(/^copied: /)
    expect(stderr).toMatch(/^warning: signature sha256:\S+: no evidence on CN=absent,/m)
    expect((await self.json(0, ['list', 'oci:inside'])).referrers).toHaveLength(1)
  })

  it('writes nothing with --dry-run, and streams to stdout', async () => {
    const self = await trusting()
    await self.expect(0, ['sign', ...keyOf(await issued('streamed', 'crl')), IMAGE])
    const planned = await self.json(0, ['copy', '--revocation', '--dry-run', IMAGE, 'oci:inside'])
    expect(planned.copied.map(({ mediaType }: { mediaType: string }) => mediaType)).toContain(
      'application/pkix-crl',
    )
    await self.expect(2, ['list', 'oci:inside'])
    const { bytes } = await self.expect(0, ['copy', '--revocation', IMAGE, 'oci-archive:-'])
    const options = { stdin: bytes, env: ELSEWHERE }
    await self.expect(0, ['verify', '--offline', 'oci-archive:-'], options)
    await self.expect(0, ['copy', '--revocation', 'oci-archive:-', 'oci:inside'], { stdin: bytes })
  })

  it('has no effect where no signature is copied', async () => {
    const self = await trusting()
    const { error } = await self.json(2, ['copy', '--revocation', '--only', 'sbom', IMAGE, 'oci:inside'])
    expect(error.fix).toContain('--only signature')
  })
})
