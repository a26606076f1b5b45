import { SealwrightError } from '@sealwright/core'
import { type ArtifactStore, type Descriptor, memory } from '@sealwright/oci'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type ArtifactOptions,
  createVerifier,
  type Level,
  notaryCose,
  notaryJws,
  type Report,
  signArtifact,
  type Trust,
  trustAnchors,
  trustKey,
} from '../src/index.ts'
import { attachDocument, imageStore } from './image.ts'
import { DAY, makeAuthority, makeParty, NOW, type Party, type SealingOptions, sealedBy } from './party.ts'
import { signatureStore } from './signature-store.ts'
import { trustOf } from './trust.ts'

let authority: Party
let vendor: Party
let stranger: Party
beforeAll(async () => {
  authority = await makeAuthority('Acme')
  vendor = await makeParty({ organisation: 'Acme', authority })
  stranger = await makeParty({ organisation: 'Other' })
})

const acme = (statement: Parameters<typeof trustOf>[0]['statement'] = {}): Trust =>
  trustOf({
    statement,
    stores: {
      'ca:acme': [authority.root],
      'signingAuthority:acme': [authority.root],
      'tsa:acme': [authority.root],
    },
  })

async function signed(
  by: Party = vendor,
  options: SealingOptions = {},
): Promise<{ artifacts: ArtifactStore; image: Descriptor }> {
  const { artifacts, image } = await imageStore()
  await signArtifact({ artifacts }, 'v1', options.binding ?? notaryJws, sealedBy(by, options), {
    metadata: { build: '42' },
  })
  return { artifacts, image }
}

async function verify(
  artifacts: ArtifactStore,
  trust: Trust,
  options: ArtifactOptions & { scope?: string } = {},
  now = NOW,
): Promise<Report> {
  const { scope, ...rest } = options
  const verifier = await createVerifier({ trust, clock: () => now })
  return verifier.verify({ artifacts, reference: 'v1', ...(scope === undefined ? {} : { scope }) }, rest)
}

const outcomes = ({ signatures }: Report): Record<string, string> =>
  Object.fromEntries(signatures[0]!.checks.map(({ check, outcome }) => [check, outcome]))

describe('a report', () => {
  it.each([notaryJws, notaryCose])(
    'says of a good $name signature who signed, what, when, and every check',
    async binding => {
      const { artifacts, image } = await signed(vendor, { binding, expiry: new Date(NOW.getTime() + DAY) })
      const report = await verify(artifacts, acme())
      expect(report).toEqual({
        reference: 'memory:v1',
        resolved: `memory@${image.digest}`,
        verdict: 'verified',
        policy: {
          file: 'trustpolicy.json',
          kind: 'notation',
          statement: 'prod',
          level: 'strict',
          required: 1,
          met: 1,
        },
        signatures: [
          {
            digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
            format: binding.name,
            verdict: 'verified',
            signed: {
              scheme: 'notary.x509',
              signingTime: '2026-06-01T12:00:00Z',
              expiry: '2026-06-02T12:00:00Z',
              metadata: { build: '42' },
            },
            signer: {
              subject: 'CN=release,O=Acme,ST=Hessen,C=DE',
              fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
              spkiSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
              trustStore: 'ca:acme',
            },
            time: { used: '2026-06-01T12:00:00Z', source: 'clock' },
            revocation: [
              {
                subject: 'CN=release,O=Acme,ST=Hessen,C=DE',
                fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
                status: 'notRevocable',
              },
            ],
            checks: [
              { check: 'integrity', outcome: 'passed', detail: 'ES256 holds' },
              { check: 'attributes', outcome: 'passed' },
              { check: 'authenticity', outcome: 'passed', detail: 'ca:acme holds its chain' },
              { check: 'expiry', outcome: 'passed', detail: 'until 2026-06-02T12:00:00Z' },
              {
                check: 'authenticTimestamp',
                outcome: 'passed',
                detail: 'every certificate valid at this time',
              },
              { check: 'revocation', outcome: 'passed', detail: expect.stringContaining('non-revokable') },
              { check: 'artifact', outcome: 'passed' },
              { check: 'metadata', outcome: 'notConfigured', detail: 'none asked for' },
            ],
          },
        ],
        found: [],
      })
    },
  )

  it('is plain data: JSON holds all of it', async () => {
    const { artifacts } = await signed()
    const report = await verify(artifacts, acme())
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  it('names what else was found where there is no signature', async () => {
    const { artifacts, image } = await imageStore()
    await attachDocument(artifacts, image, { artifactType: 'application/spdx+json' })
    await attachDocument(artifacts, image, { artifactType: 'application/spdx+json', annotations: { n: '2' } })
    const report = await verify(artifacts, acme())
    expect(report).toMatchObject({ verdict: 'notVerified', reason: { code: 'UNSIGNED' }, signatures: [] })
    expect(report.found).toEqual([{ artifactType: 'application/spdx+json', count: 2 }])
  })
})

describe('the policy', () => {
  it('denies a target that no statement covers', async () => {
    const { artifacts } = await signed()
    const trust = acme({ registryScopes: ['registry.example/app'] })
    expect(await verify(artifacts, trust, { scope: 'registry.example/other' })).toMatchObject({
      verdict: 'denied',
      reason: { code: 'NO_STATEMENT' },
    })
    expect(await verify(artifacts, trust)).toMatchObject({ verdict: 'denied' })
    expect(await verify(artifacts, trust, { scope: 'registry.example/app' })).toMatchObject({
      verdict: 'verified',
    })
  })

  it('skips without asking the store for anything', async () => {
    const trust = trustOf({
      statement: { signatureVerification: { level: 'skip' }, trustStores: [], trustedIdentities: [] },
    })
    const untouched = new Proxy(memory(), {
      get: (store, name) => {
        if (name !== 'name') throw new Error(`asked for ${String(name)}`)
        return store.name
      },
    })
    expect(await verify(untouched, trust)).toMatchObject({
      verdict: 'skipped',
      policy: { level: 'skip' },
      signatures: [],
    })
  })

  it('is needed: without one, and with a faulty one, nothing is judged', async () => {
    const { artifacts } = await signed()
    await expect(verify(artifacts, { source: '/trust', stores: {} })).rejects.toMatchObject({
      code: 'VALIDATION',
      fix: 'write a policy with the trusted identities',
      remedy: { step: 'createPolicy', kind: 'oci' },
    })
    const faults = [{ severity: 'error', message: 'there is no statement', line: 2, column: 3 }] as const
    await expect(
      verify(artifacts, { source: '/trust', stores: {}, oci: { file: 'p.json', faults } }),
    ).rejects.toMatchObject({ code: 'VALIDATION', why: 'line 2, column 3: there is no statement' })
  })

  it('cannot tell anything by a store that is missing, or cannot be used', async () => {
    const { artifacts } = await signed()
    await expect(verify(artifacts, trustOf({}))).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'trust store ca:acme cannot be used',
      why: 'it does not exist',
    })
    const broken = (code?: 'ACCESS_DENIED', level: Level = 'strict') => ({
      ...trustOf({ statement: { signatureVerification: { level } } }),
      stores: { 'ca:acme': { fault: 'zz.txt: no certificate', ...(code && { code }) } },
    })
    await expect(verify(artifacts, broken())).rejects.toMatchObject({
      code: 'VALIDATION',
      why: 'zz.txt: no certificate',
    })
    await expect(verify(artifacts, broken('ACCESS_DENIED'))).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    const audited = await verify(artifacts, broken('ACCESS_DENIED', 'audit'))
    expect(audited.verdict).toBe('verified')
    expect(audited.signatures[0]!.checks).toContainEqual({
      check: 'authenticity',
      outcome: 'unknown',
      detail: 'trust store ca:acme cannot be used: zz.txt: no certificate',
    })
  })

  it('is not stopped by a broken store that it does not name', async () => {
    const { artifacts } = await signed()
    const trust = acme()
    const stores = { ...trust.stores, 'ca:other': { fault: 'zz.txt: no certificate' } }
    expect((await verify(artifacts, { ...trust, stores })).verdict).toBe('verified')
  })

  it('gives both findings where the failure of trust is only logged', async () => {
    const { artifacts } = await signed(stranger)
    const trust = acme({
      signatureVerification: { level: 'audit' },
      trustedIdentities: ['x509.subject: C=DE, ST=Hessen, O=Acme'],
    })
    const report = await verify(artifacts, trust)
    expect(report.verdict).toBe('verified')
    expect(report.policy?.level).toBe('audit')
    const { outcome, detail } = report.signatures[0]!.checks.find(({ check }) => check === 'authenticity')!
    expect(outcome).toBe('logged')
    expect(detail).toMatch(
      /root sha256:[0-9a-f]{64} is not in ca:acme \(1 certificate\); the subject is not among/,
    )
  })

  it('says in the level what is overridden', async () => {
    const { artifacts } = await signed()
    const report = await verify(
      artifacts,
      acme({ signatureVerification: { level: 'strict', override: { revocation: 'skip' } } }),
    )
    expect(report.policy?.level).toBe('strict (revocation: skip)')
    expect(outcomes(report).revocation).toBe('skipped')
  })

  it('trusts a subject by its attributes, whatever their order', async () => {
    const { artifacts } = await signed()
    const by = async (identity: string) =>
      (await verify(artifacts, acme({ trustedIdentities: [identity] }))).verdict
    expect(await by('x509.subject: C=DE, ST=Hessen, O=Acme')).toBe('verified')
    expect(await by('x509.subject: O=Acme,S=Hessen,C=DE,CN=release')).toBe('verified')
    expect(await by('x509.subject: C=DE, ST=Hessen, O=Acme, OU=x')).toBe('notVerified')
    expect(await by('other.kind: C=DE, ST=Hessen, O=Acme')).toBe('notVerified')
  })
})

describe('a signature is not verified', () => {
  it('by a stranger', async () => {
    const { artifacts } = await signed(stranger)
    const report = await verify(artifacts, acme())
    expect(report).toMatchObject({ verdict: 'notVerified', reason: { code: 'UNTRUSTED' } })
    expect(report.signatures[0]!.signer).not.toHaveProperty('trustStore')
    expect(report.signatures[0]!.checks.slice(3).map(({ outcome }) => outcome)).toEqual(
      Array(5).fill('skipped'),
    )
  })

  it('once it has expired, to the second', async () => {
    const expiry = new Date(NOW.getTime() + DAY)
    const { artifacts } = await signed(vendor, { expiry })
    expect((await verify(artifacts, acme(), {}, new Date(expiry.getTime() - 1))).verdict).toBe('verified')
    expect(await verify(artifacts, acme(), {}, expiry)).toMatchObject({
      verdict: 'notVerified',
      reason: { code: 'EXPIRED' },
    })
  })

  it('once its certificate has expired, without a timestamp', async () => {
    const { artifacts } = await signed()
    const later = new Date(NOW.getTime() + 31 * DAY)
    const report = await verify(artifacts, acme(), {}, later)
    expect(report).toMatchObject({ verdict: 'notVerified', reason: { code: 'EXPIRED' } })
    expect(outcomes(report)).toMatchObject({ expiry: 'passed', authenticTimestamp: 'failed' })
  })

  it('over another artifact', async () => {
    const envelope = await sealedBy(vendor)({
      mediaType: 'text/plain',
      digest: `sha256:${'0'.repeat(64)}`,
      size: 1,
    })
    const subject = { mediaType: 'text/plain', digest: `sha256:${'1'.repeat(64)}`, size: 1 }
    const report = await verify(signatureStore(subject, [envelope]), acme())
    expect(report).toMatchObject({ verdict: 'notVerified', reason: { code: 'TAMPERED' } })
    expect(outcomes(report).artifact).toBe('failed')
  })

  it('with a critical attribute that nobody understands', async () => {
    const attribute = { key: 'com.example.a', value: 'x', critical: true }
    const { artifacts } = await signed(vendor, { extended: [attribute] })
    expect(await verify(artifacts, acme())).toMatchObject({
      verdict: 'notVerified',
      reason: { code: 'UNSUPPORTED', why: expect.stringContaining('com.example.a') },
    })
    const { artifacts: other } = await signed(vendor, { extended: [{ ...attribute, critical: false }] })
    expect((await verify(other, acme())).verdict).toBe('verified')
  })

  it('but denied, without the metadata that was asked for', async () => {
    const { artifacts } = await signed()
    expect((await verify(artifacts, acme(), { metadata: { build: '42' } })).verdict).toBe('verified')
    expect(await verify(artifacts, acme(), { metadata: { build: '43' } })).toMatchObject({
      verdict: 'denied',
      reason: { code: 'METADATA', why: 'not signed: build=43' },
    })
    expect((await verify(artifacts, acme(), { metadata: { __proto__x: '' } })).verdict).toBe('denied')
  })
})

describe('what is not known is unknown, never verified', () => {
  it('where a verification plug-in is demanded', async () => {
    const extended = [{ key: 'io.cncf.notary.verificationPlugin', value: 'acme-checks', critical: true }]
    const { artifacts } = await signed(vendor, { extended })
    expect(await verify(artifacts, acme())).toMatchObject({
      verdict: 'unknown',
      reason: { code: 'UNSUPPORTED', why: expect.stringContaining('acme-checks') },
    })
  })

  it('and what a signature has in excess is not told at length', async () => {
    const excesses = [
      [{ key: 'io.cncf.notary.verificationPlugin', value: 'x'.repeat(1500), critical: true }],
      Array.from({ length: 30 }, (_, index) => ({
        key: `io.example.${'x'.repeat(30)}${index}`,
        value: 1,
        critical: true,
      })),
    ]
    for (const extended of excesses) {
      const { artifacts } = await signed(vendor, { extended })
      const { verdict, reason, signatures } = await verify(artifacts, acme())
      expect(verdict).not.toBe('verified')
      expect(reason?.code).toBe('UNSUPPORTED')
      expect(reason?.why).toMatch(/…$/)
      expect(JSON.stringify(signatures).length).toBeLessThan(10_000)
    }
  })

  it('where a certificate names a source of revocation', async () => {
    const revocable = await makeParty({
      organisation: 'Acme',
      authority,
      certificate: { ocspUrls: ['http://ocsp.example'] },
    })
    const { artifacts } = await signed(revocable)
    expect(await verify(artifacts, acme())).toMatchObject({
      verdict: 'unknown',
      reason: { code: 'REVOCATION', why: expect.stringContaining('http://ocsp.example') },
    })
    const logged = await verify(artifacts, acme({ signatureVerification: { level: 'permissive' } }))
    expect(logged.verdict).toBe('verified')
    expect(outcomes(logged).revocation).toBe('unknown')
    const skipped = await verify(
      artifacts,
      acme({ signatureVerification: { level: 'strict', override: { revocation: 'skip' } } }),
    )
    expect(skipped.verdict).toBe('verified')
  })

  it('where an intermediate does', async () => {
    const between = await makeParty({
      organisation: 'Between',
      authority,
      certificate: { ca: true, crlUrls: ['http://crl.example/a.crl'] },
    })
    const leaf = await makeParty({ organisation: 'Acme', authority: { ...between, root: between.chain[0]! } })
    const { artifacts } = await signed(leaf)
    expect((await verify(artifacts, acme())).reason).toMatchObject({ code: 'REVOCATION' })
  })

  it('where the policy demands a timestamp; without one it fails', async () => {
    const { artifacts } = await signed()
    const trustStores = ['ca:acme', 'tsa:acme']
    expect(await verify(artifacts, acme({ trustStores }))).toMatchObject({
      verdict: 'notVerified',
      reason: { code: 'TIMESTAMP' },
    })
    const verifyTimestamp = 'afterCertExpiry'
    const lenient = acme({ trustStores, signatureVerification: { level: 'strict', verifyTimestamp } })
    expect((await verify(artifacts, lenient)).verdict).toBe('verified')
    expect((await verify(artifacts, lenient, {}, new Date(NOW.getTime() + 31 * DAY))).reason).toMatchObject({
      code: 'TIMESTAMP',
    })
  })

  it('beyond the number of signatures that may be tried', async () => {
    const { artifacts, image } = await signed(stranger)
    await signArtifact({ artifacts }, image.digest, notaryCose, sealedBy(stranger, { binding: notaryCose }))
    expect((await verify(artifacts, acme(), { maxSignatures: 2 })).reason).toMatchObject({
      code: 'UNTRUSTED',
    })
    const cut = await verify(artifacts, acme(), { maxSignatures: 1 })
    expect(cut).toMatchObject({ verdict: 'unknown', reason: { code: 'LIMIT' } })
    expect(cut.signatures).toHaveLength(1)
    await expect(verify(artifacts, acme(), { maxSignatures: 0 })).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })
})

describe('time', () => {
  it('is the authority’s own under the signing authority scheme', async () => {
    const scheme = { signingScheme: 'notary.x509.signingAuthority' } as const
    const { artifacts } = await signed(vendor, scheme)
    const later = new Date(NOW.getTime() + 400 * DAY)
    const report = await verify(artifacts, acme({ trustStores: ['signingAuthority:acme'] }), {}, later)
    expect(report.verdict).toBe('verified')
    expect(report.signatures[0]!.time).toEqual({
      used: '2026-06-01T12:00:00Z',
      source: 'authenticSigningTime',
    })
    expect((await verify(artifacts, acme())).reason).toMatchObject({
      code: 'UNTRUSTED',
      why: expect.stringContaining('signingAuthority'),
    })
  })

  it('can be given, and the report says so', async () => {
    const { artifacts } = await signed()
    const later = new Date(NOW.getTime() + 400 * DAY)
    const report = await verify(artifacts, acme(), { at: NOW }, later)
    expect(report).toMatchObject({ verdict: 'verified', at: '2026-06-01T12:00:00Z' })
    expect(report.signatures[0]!.time?.source).toBe('given')
  })
})

describe('trust for one run', () => {
  it('in an anchor takes the place of a policy', async () => {
    const { artifacts } = await signed()
    const certificates = [authority.root.der]
    const report = await verify(artifacts, trustAnchors({ certificates, source: '--trusted-cert root.pem' }))
    expect(report).toMatchObject({
      verdict: 'verified',
      policy: { file: '--trusted-cert root.pem', level: 'strict' },
    })
    expect(
      (await verify(artifacts, trustAnchors({ certificates, identity: 'C=DE,ST=Hessen,O=Acme' }))).verdict,
    ).toBe('verified')
    expect(
      (await verify(artifacts, trustAnchors({ certificates, identity: 'C=DE,ST=Hessen,O=Evil' }))).verdict,
    ).toBe('notVerified')
  })

  it('refuses anchors and names that a policy would refuse', async () => {
    expect(() => trustAnchors({ certificates: [vendor.chain[0]!.der] })).toThrow(
      /neither a certificate authority/,
    )
    expect(() => trustAnchors({ certificates: [] })).toThrow(/no certificate/)
    expect(() => trustAnchors({ certificates: [authority.root.der], identity: 'CN=release' })).toThrow(
      /not a name/,
    )
  })

  it('in a key takes no account of what certificates say', async () => {
    const revocable = await makeParty({
      organisation: 'Acme',
      certificate: { ocspUrls: ['http://ocsp.example'] },
    })
    const { artifacts } = await signed(revocable, { expiry: new Date(NOW.getTime() + 60 * DAY) })
    const later = new Date(NOW.getTime() + 40 * DAY)
    const report = await verify(artifacts, trustKey(revocable.signer.key.publicKey), {}, later)
    expect(report.verdict).toBe('verified')
    expect(outcomes(report)).toMatchObject({
      authenticTimestamp: 'notConfigured',
      revocation: 'notConfigured',
      expiry: 'passed',
    })
    expect((await verify(artifacts, trustKey(vendor.signer.key.publicKey))).reason?.code).toBe('UNTRUSTED')
    const expired = new Date(NOW.getTime() + 61 * DAY)
    expect(
      (await verify(artifacts, trustKey(revocable.signer.key.publicKey), {}, expired)).reason?.code,
    ).toBe('EXPIRED')
  })
})

describe('several signatures', () => {
  it('are tried until one is verified, or all', async () => {
    const { artifacts } = await signed(stranger)
    await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(vendor))
    await signArtifact({ artifacts }, 'v1', notaryCose, sealedBy(vendor, { binding: notaryCose }))
    const some = await verify(artifacts, acme())
    expect(some.verdict).toBe('verified')
    expect(some.signatures.filter(({ verdict }) => verdict === 'verified')).toHaveLength(1)
    const all = await verify(artifacts, acme(), { all: true })
    expect(all.signatures.map(({ verdict }) => verdict).toSorted()).toEqual([
      'notVerified',
      'verified',
      'verified',
    ])
    expect(all.policy).toMatchObject({ required: 1, met: 2 })
    expect(all).not.toHaveProperty('reason')
    const cut = await verify(artifacts, acme(), { all: true, maxSignatures: 2 })
    expect(cut).toMatchObject({ verdict: 'verified', reason: { code: 'LIMIT' } })
  })
})

describe('a store', () => {
  /** The store with one method in place of its own. */
  const altered = (store: ArtifactStore, change: Partial<ArtifactStore>): ArtifactStore => ({
    name: store.name,
    resolve: reference => store.resolve(reference),
    fetch: descriptor => store.fetch(descriptor),
    exists: descriptor => store.exists(descriptor),
    push: (descriptor, content) => store.push(descriptor, content),
    tag: (descriptor, tag) => store.tag(descriptor, tag),
    referrers: (subject, query) => store.referrers(subject, query),
    delete: descriptor => store.delete(descriptor),
    ...change,
  })
  const failing = (
    store: ArtifactStore,
    code: 'INTEGRITY' | 'NOT_FOUND' | 'UNAVAILABLE',
    mediaType: string,
  ): ArtifactStore =>
    altered(store, {
      async *fetch(descriptor) {
        if (descriptor.mediaType === mediaType) throw new SealwrightError(code, 'injected')
        yield* store.fetch(descriptor)
      },
    })

  it('that changed an envelope, or lost it, gives an answer', async () => {
    const { artifacts } = await signed()
    const jose = 'application/jose+json'
    expect((await verify(failing(artifacts, 'INTEGRITY', jose), acme())).reason?.code).toBe('TAMPERED')
    expect((await verify(failing(artifacts, 'NOT_FOUND', jose), acme())).reason?.code).toBe('MISSING')
  })

  it('that changed the artifact itself does too', async () => {
    const { artifacts, image } = await signed()
    expect(await verify(failing(artifacts, 'INTEGRITY', image.mediaType), acme())).toMatchObject({
      verdict: 'notVerified',
      reason: { code: 'TAMPERED' },
      resolved: `memory@${image.digest}`,
    })
  })

  it('that does not answer gives none, unless another signature is verified', async () => {
    const { artifacts } = await signed()
    const silent = failing(artifacts, 'UNAVAILABLE', 'application/jose+json')
    await expect(verify(silent, acme())).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await signArtifact({ artifacts }, 'v1', notaryCose, sealedBy(vendor, { binding: notaryCose }))
    const report = await verify(silent, acme(), { all: true })
    expect(report.verdict).toBe('verified')
    expect(report.signatures.map(({ verdict }) => verdict).toSorted()).toEqual(['unknown', 'verified'])
  })

  it('that does not know the target is an error', async () => {
    await expect(verify(memory(), acme())).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('that lists something else as a signature is not believed', async () => {
    const { artifacts, image } = await imageStore()
    await attachDocument(artifacts, image, {
      artifactType: 'application/vnd.cncf.notary.signature',
      config: {
        mediaType: 'application/vnd.example.config',
        digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        size: 2,
      },
    })
    expect((await verify(artifacts, acme())).reason?.code).toBe('UNSIGNED')
  })

  it('may be given up on', async () => {
    const { artifacts } = await signed()
    const slow = altered(artifacts, { resolve: () => new Promise(() => {}) })
    await expect(verify(slow, acme(), { timeoutMs: 5 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await expect(verify(slow, acme(), { signal: AbortSignal.timeout(5) })).rejects.toMatchObject({
      code: 'TIMEOUT',
    })
    await expect(verify(artifacts, acme(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })
})
