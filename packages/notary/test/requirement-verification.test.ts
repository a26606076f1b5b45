import { fingerprint, SealwrightError, seal } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type ArtifactOptions,
  type ArtifactRequest,
  attachEvidence,
  attestArtifact,
  createVerifier,
  fileContent,
  notaryCose,
  notaryJws,
  type Report,
  type RevocationOptions,
  signArtifact,
  type Trust,
} from '../src/index.ts'
import { attestedBy, bundledBy, SLSA } from './attesting.ts'
import { crlOf, hosts, ocspResponse, timestamper, tokenOver } from './authorities.ts'
import { imageStore } from './image.ts'
import { DAY, makeAuthority, makeParty, NOW, type Party, type SealingOptions, sealedBy } from './party.ts'
import { all, any, atLeast } from './policy/requirements.ts'
import { certified, type RequirementTrustOptions, requirementTrust, signer } from './requirement-trust.ts'
import { storeWith } from './store-with.ts'
import { trustOf } from './trust.ts'

const VENDOR = 'C=DE,ST=Hessen,O=Acme,CN=release'
const SIGN = 'https://sigstore.dev/cosign/sign/v1'
const SLSA_TYPE = 'https://slsa.dev/provenance/v1'

let acme: Party
let vendor: Party
let alice: Party
let bob: Party
let stranger: Party
let tsa: { root: Party; signer: Party }
let secondTsa: { root: Party; signer: Party }
beforeAll(async () => {
  acme = await makeAuthority('Acme')
  vendor = await makeParty({ organisation: 'Acme', authority: acme })
  alice = await makeParty({
    organisation: 'Alice',
    certificate: { notBefore: new Date(NOW.getTime() - 300 * DAY) },
  })
  bob = await makeParty({ organisation: 'Bob', key: 'p384' })
  stranger = await makeParty({ organisation: 'Other' })
  tsa = await timestamper()
  secondTsa = await timestamper()
})

let artifacts: ArtifactStore
let image: Descriptor
beforeEach(async () => {
  ;({ artifacts, image } = await imageStore())
})

const signAs = async (
  party: Party,
  { metadata, ...options }: SealingOptions & { metadata?: Record<string, string> } = {},
) => {
  const { signature } = await signArtifact(
    { artifacts },
    'v1',
    options.binding ?? notaryJws,
    sealedBy(party, options),
    {
      metadata,
    },
  )
  return signature.digest
}

/** With a timestamp of each authority: an envelope has place for one, the others are attached to it. */
const stampedAs = async (
  party: Party,
  [first, ...others]: readonly Party[],
  { signingTime = NOW, genTime = NOW } = {},
) => {
  const attached: Uint8Array[] = []
  const { signature } = await signArtifact({ artifacts }, 'v1', notaryJws, content =>
    seal(notaryJws.envelope, content, party.signer, {
      attributes: { signingTime },
      certificates: party.chain.map(({ der }) => der),
      countersign: async ({ bytes }) => {
        for (const each of others) attached.push(await tokenOver(each, bytes, { genTime }))
        return { timestamps: [await tokenOver(first!, bytes, { genTime })] }
      },
    }),
  )
  await attachEvidence(artifacts, signature, { timestamps: attached })
}

const signers = () =>
  ({
    vendor: certified(['ca:acme'], VENDOR),
    alice: { kind: 'key', file: 'keys/alice.pem' },
    bob: { kind: 'key', fingerprint: fingerprint(bob.signer.key.publicKey) },
  }) as const

const trust = (
  require: RequirementTrustOptions['require'],
  more: Partial<RequirementTrustOptions> = {},
): Trust =>
  requirementTrust({
    require,
    signers: signers(),
    keys: { alice },
    ...more,
    stores: {
      'ca:acme': [acme.root],
      'signingAuthority:hub': [acme.root],
      'tsa:one': [tsa.root.root],
      'tsa:two': [secondTsa.root.root],
      ...more.stores,
    },
  })

interface Judging extends ArtifactOptions {
  readonly clock?: Date
  readonly revocation?: RevocationOptions
  readonly request?: Partial<ArtifactRequest>
}

async function judge(
  by: Trust,
  { clock = NOW, revocation, request, ...options }: Judging = {},
): Promise<Report> {
  const verifier = await createVerifier({ trust: by, clock: () => clock, revocation })
  return verifier.verify({ artifacts, reference: 'v1', ...request }, options)
}

describe('a requirement', () => {
  it('is met by the signatures of certificates and keys, in either envelope', async () => {
    await signAs(vendor)
    await signAs(alice, { binding: notaryCose })
    await signAs(bob)
    const report = await judge(trust(all(signer('vendor'), atLeast(2, signer('alice'), signer('bob')))))
    expect(report).toMatchObject({
      verdict: 'verified',
      policy: {
        file: 'trustpolicy.sealwright.json',
        kind: 'sealwright',
        statement: 'production',
        level: 'strict',
        required: 3,
        met: 3,
      },
      requirement: {
        kind: 'all',
        state: 'met',
        of: [
          { kind: 'signer', signer: 'vendor', state: 'met', signature: expect.stringMatching(/^sha256:/) },
          { kind: 'atLeast', count: 2, state: 'met' },
        ],
      },
    })
    expect(report.signatures.map(({ verdict }) => verdict)).toEqual(['verified', 'verified', 'verified'])
    expect(report.reason).toBeUndefined()
    expect(report.missing).toBeUndefined()
  })

  it('is denied where some of it is met, and names what is missing', async () => {
    await signAs(vendor)
    await signAs(stranger)
    const report = await judge(trust(all(signer('vendor'), signer('alice'))))
    expect(report).toMatchObject({
      verdict: 'denied',
      reason: { code: 'REQUIREMENT' },
      missing: [{ leaf: 'alice', why: 'no signature' }],
    })
    expect(report.signatures.map(({ verdict, reason }) => [verdict, reason?.code])).toEqual([
      ['verified', undefined],
      ['notVerified', 'UNTRUSTED'],
    ])
  })

  it('is not verified where nobody of it signed', async () => {
    await signAs(stranger)
    const report = await judge(trust(all(signer('vendor'), signer('alice'))))
    expect(report).toMatchObject({ verdict: 'notVerified', reason: { code: 'REQUIREMENT' } })
    expect(report.signatures[0]).toMatchObject({
      reason: { code: 'UNTRUSTED', why: 'none of the signers that the policy asks for signed it' },
    })
  })

  it('is not verified without a signature, and says what was found', async () => {
    const report = await judge(trust(signer('vendor')))
    expect(report).toMatchObject({
      verdict: 'notVerified',
      missing: [{ leaf: 'vendor', why: 'no signature' }],
      signatures: [],
      found: [],
    })
  })

  it('says what is wrong with the signature of somebody who is trusted', async () => {
    await signAs(alice, {
      signingTime: new Date(NOW.getTime() - 2 * DAY),
      expiry: new Date(NOW.getTime() - DAY),
    })
    const report = await judge(trust(signer('alice')))
    expect(report).toMatchObject({
      verdict: 'notVerified',
      missing: [{ leaf: 'alice', why: 'signed, but the signature expired at 2026-05-31T12:00:00Z' }],
    })
  })

  it('tells bytes that are not those of the digest from a missing signature', async () => {
    await signAs(alice)
    const tampered = storeWith(artifacts, {
      async *fetch(descriptor, call) {
        if (descriptor.digest === image.digest) throw new SealwrightError('INTEGRITY', 'other bytes')
        yield* artifacts.fetch(descriptor, call)
      },
    })
    const report = await judge(trust(signer('alice')), {
      request: { artifacts: tampered, signatures: artifacts },
    })
    expect(report).toMatchObject({ verdict: 'notVerified', reason: { code: 'TAMPERED' } })
  })

  it('is unknown for what nobody can judge: a signer of Sigstore, a store that is missing', async () => {
    await signAs(vendor)
    const sigstore = {
      kind: 'sigstore',
      identity: 'https://ci.example/x',
      issuer: 'https://ci.example',
      trustedRoot: 'root.json',
    } as const
    const one = await judge(trust(signer('builder'), { signers: { builder: sigstore } }))
    expect(one).toMatchObject({
      verdict: 'unknown',
      missing: [{ leaf: 'builder', why: 'certificates of Sigstore authorities are not judged yet' }],
    })
    const gone = await judge(trust(signer('gone'), { signers: { gone: certified(['ca:gone']) } }))
    expect(gone).toMatchObject({ verdict: 'unknown', missing: [{ leaf: 'gone' }] })
    expect(gone.missing![0]!.why).toContain('trust store ca:gone cannot be used')
  })

  it('holds the metadata of a leaf and of the caller', async () => {
    await signAs(alice, { metadata: { approved: 'yes' } })
    const policy = trust(signer('alice', { metadata: { approved: 'yes' } }))
    expect((await judge(policy)).verdict).toBe('verified')
    expect(await judge(policy, { metadata: { build: '1' } })).toMatchObject({
      verdict: 'denied',
      missing: [{ why: 'signed, but not signed: build=1' }],
    })
    // What the caller asks for does not replace what the policy asks for, nor the reverse.
    expect((await judge(policy, { metadata: { approved: 'no' } })).verdict).toBe('denied')
    expect((await judge(trust(signer('alice', { metadata: { approved: 'no' } })))).verdict).toBe('denied')
  })
})

describe('a statement is chosen', () => {
  const by = (policy: object, scope?: string, options: Judging = {}) =>
    judge(trust(signer('alice'), { policy }), { ...options, request: { scope, ...options.request } })
  const denied = (code: string) => ({ verdict: 'denied', reason: { code }, signatures: [] })
  const refusing: ArtifactStore = new Proxy({} as ArtifactStore, {
    get: (_, name) => {
      if (name === 'name') return 'registry.example/app'
      throw new Error(`contacted: ${String(name)}`)
    },
  })

  it('before anything is contacted, and denies by registry, expiry, or without a statement', async () => {
    const request = { artifacts: refusing }
    const registries = ['registry.acme.example', 'ghcr.io/acme/*']
    for (const scope of [
      'registry.example/app',
      'ghcr.io/acmeish/app',
      'ghcr.io/other/acme',
      'registry.acme.example.evil/app',
    ])
      expect(await by({ registries }, scope, { request }), scope).toMatchObject(denied('REGISTRY'))
    const places = ['registry.example/signatures']
    expect(
      await by({ registries }, 'registry.acme.example/app', { request: { ...request, places } }),
    ).toMatchObject(denied('REGISTRY'))
    const expires = new Date(NOW.getTime() - 1000)
    expect(await by({ expires }, 'registry.example/app', { request })).toMatchObject(denied('POLICY_EXPIRED'))
    expect(await by({ statements: [] }, 'registry.example/app', { request })).toMatchObject(
      denied('NO_STATEMENT'),
    )
  })

  it('and expires by the clock, whatever time is judged as of', async () => {
    await signAs(alice)
    const expires = new Date(NOW.getTime() - 1000)
    const at = new Date(NOW.getTime() - DAY)
    expect(await by({ expires }, undefined, { at })).toMatchObject({ reason: { code: 'POLICY_EXPIRED' } })
    // Also what it would leave to Notation's policy.
    expect(await by({ expires, statements: [], otherwise: 'notation' })).toMatchObject({ verdict: 'denied' })
    const later = new Date(NOW.getTime() + 1000)
    expect((await by({ expires: later })).verdict).toBe('verified')
  })

  it('from the allowed registries, and for targets without a repository', async () => {
    await signAs(alice)
    const registries = ['registry.acme.example', 'ghcr.io/acme/*', 'docker.io']
    for (const scope of [
      'registry.acme.example/app',
      'REGISTRY.acme.example:443/x/y',
      'ghcr.io/acme/app',
      'index.docker.io/library/app',
      undefined,
    ])
      expect((await by({ registries }, scope)).verdict, scope).toBe('verified')
  })

  it('by its exact scope, then by the longest prefix, then by "*"', async () => {
    const named = (name: string, ...scopes: string[]) => ({
      ...trust(signer('alice')).sealwright!.policy!.statements[0]!,
      name,
      scopes,
    })
    const statements = [
      named('any', '*'),
      named('prod', 'registry.example/prod/*'),
      named('deep', 'registry.example/prod/deep/*'),
      named('exact', 'registry.example/prod/deep/app', 'registry.example/prod'),
    ]
    const chosen = async (scope?: string) => (await by({ statements }, scope)).policy?.statement
    expect(await chosen('registry.example/prod/app')).toBe('prod')
    expect(await chosen('registry.example/prod/deep/other')).toBe('deep')
    expect(await chosen('registry.example/prod/deep/app')).toBe('exact')
    expect(await chosen('registry.example/prod')).toBe('exact')
    expect(await chosen('registry.example/prod/deep')).toBe('prod')
    expect(await chosen('registry.example/production')).toBe('any')
    expect(await chosen()).toBe('any')
    const [, prod] = statements
    expect(await by({ statements: [prod] })).toMatchObject(denied('NO_STATEMENT'))
  })

  it("or the target is left to Notation's policy, and the report says so", async () => {
    await signAs(vendor)
    const both: Trust = {
      ...trustOf({ stores: { 'ca:acme': [acme.root] } }),
      sealwright: trust(signer('alice'), {
        policy: { otherwise: 'notation' },
        statement: { scopes: ['registry.example/prod/*'] },
      }).sealwright,
    }
    expect(await judge(both, { request: { scope: 'registry.example/test' } })).toMatchObject({
      verdict: 'verified',
      policy: { file: 'trustpolicy.json', kind: 'notation' },
    })
    expect(await judge(both, { request: { scope: 'registry.example/prod/app' } })).toMatchObject({
      verdict: 'notVerified',
      policy: { kind: 'sealwright' },
    })
    const denying = {
      ...both,
      sealwright: {
        ...both.sealwright!,
        policy: { ...both.sealwright!.policy!, otherwise: 'deny' as const },
      },
    }
    expect(await judge(denying, { request: { scope: 'registry.example/test' } })).toMatchObject(
      denied('NO_STATEMENT'),
    )
  })

  it('and a policy with errors is never replaced by a looser one', async () => {
    await signAs(vendor)
    const faults = [{ severity: 'error', message: 'unknown member "requires"' }] as const
    const both: Trust = {
      ...trustOf({ stores: { 'ca:acme': [acme.root] } }),
      sealwright: { file: 'trustpolicy.sealwright.json', faults, keys: {} },
    }
    await expect(judge(both)).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})

describe('timestamps', () => {
  const always = { require: 'always', authorities: ['tsa:one', 'tsa:two'], atLeast: 1 } as const

  it('are demanded of certificates and of keys', async () => {
    await signAs(alice)
    await signAs(vendor)
    const policy = trust(all(signer('alice'), signer('vendor')), { statement: { timestamp: always } })
    const report = await judge(policy)
    // Trusted, and lacking only what the policy asks beyond trust.
    expect(report).toMatchObject({
      verdict: 'denied',
      missing: [{ leaf: 'alice' }, { leaf: 'vendor', why: expect.stringContaining('demands a timestamp') }],
    })
    await stampedAs(alice, [tsa.signer])
    await stampedAs(vendor, [secondTsa.signer])
    expect((await judge(policy)).verdict).toBe('verified')
  })

  it('may be demanded of several different authorities', async () => {
    const policy = trust(signer('alice'), { statement: { timestamp: { ...always, atLeast: 2 } } })
    await stampedAs(alice, [tsa.signer, tsa.signer])
    const report = await judge(policy)
    expect(report).toMatchObject({ verdict: 'denied' })
    expect(report.missing![0]!.why).toContain('of 2 authorities, and 1 vouches: tsa:one')
    await stampedAs(alice, [tsa.signer, secondTsa.signer])
    expect((await judge(policy)).verdict).toBe('verified')
  })

  it('of an authority that the statement does not name count for nothing', async () => {
    await stampedAs(alice, [secondTsa.signer])
    const timestamp = { ...always, authorities: ['tsa:one'] }
    expect((await judge(trust(signer('alice'), { statement: { timestamp } }))).verdict).toBe('denied')
    // A statement that demands them and names nobody lets nothing pass.
    const nobody = { ...always, authorities: [] }
    expect((await judge(trust(signer('alice'), { statement: { timestamp: nobody } }))).verdict).toBe('denied')
    expect((await judge(trust(signer('vendor'), { statement: { timestamp: nobody } }))).verdict).toBe(
      'notVerified',
    )
  })

  it('are looked at after the certificate expired, unless never', async () => {
    await stampedAs(vendor, [tsa.signer])
    const clock = new Date(NOW.getTime() + 60 * DAY)
    const of = (require: 'afterCertExpiry' | 'never') =>
      judge(trust(signer('vendor'), { statement: { timestamp: { ...always, require } } }), { clock })
    expect((await of('afterCertExpiry')).verdict).toBe('verified')
    expect(await of('never')).toMatchObject({
      verdict: 'notVerified',
      signatures: [{ reason: { code: 'EXPIRED' } }],
    })
  })

  it('prove that a key signed before the trust in it ended', async () => {
    const notAfter = new Date(NOW.getTime() + DAY)
    const clock = new Date(NOW.getTime() + 2 * DAY)
    const of = (require: 'afterCertExpiry' | 'never' | 'always', at = clock) =>
      judge(
        trust(signer('alice'), {
          signers: { alice: { kind: 'key', file: 'alice.pem', notAfter } },
          statement: { timestamp: { ...always, require } },
        }),
        { clock: at },
      )
    await signAs(alice)
    expect((await of('afterCertExpiry', NOW)).verdict).toBe('verified')
    expect(await of('afterCertExpiry')).toMatchObject({ verdict: 'notVerified' })
    expect(await of('never')).toMatchObject({
      verdict: 'notVerified',
      signatures: [{ reason: { code: 'EXPIRED' } }],
    })
    // A token from after the end.
    await stampedAs(alice, [tsa.signer], { genTime: clock })
    expect((await of('afterCertExpiry')).verdict).not.toBe('verified')
    await stampedAs(alice, [tsa.signer])
    expect((await of('afterCertExpiry')).verdict).toBe('verified')
    expect((await of('always')).verdict).toBe('verified')
    expect((await of('never')).verdict).toBe('notVerified')
  })
})

describe('the age of a signature', () => {
  const policy = (maxAgeMs = 30 * DAY) =>
    trust(signer('alice', { maxAgeMs }), {
      statement: { timestamp: { require: 'always', authorities: ['tsa:one'], atLeast: 1 } },
    })

  it('is not renewed by a fresh timestamp', async () => {
    const signingTime = new Date(NOW.getTime() - 40 * DAY)
    await stampedAs(alice, [tsa.signer], { signingTime, genTime: NOW })
    const report = await judge(policy())
    expect(report).toMatchObject({
      verdict: 'denied',
      signatures: [{ verdict: 'denied', reason: { code: 'AGE' } }],
    })
    expect(report.missing![0]!.why).toContain('2026-04-22T12:00:00Z, longer ago than the 30 days')
    expect((await judge(policy(41 * DAY))).verdict).toBe('verified')
  })

  it('is not escaped by a signing time that has yet to come', async () => {
    await stampedAs(alice, [tsa.signer], { signingTime: new Date(NOW.getTime() + DAY) })
    expect(await judge(policy())).toMatchObject({ verdict: 'denied' })
  })
})

describe('different principals', () => {
  const identity = (name: string) => `C=DE,ST=Hessen,O=Acme,CN=${name}`
  const person = (name: string) =>
    makeParty({ organisation: 'Acme', authority: acme, certificate: { subject: identity(name) } })
  const anyone = certified(['ca:acme'])

  it('are not one person with two certificates', async () => {
    await signAs(await person('carol'))
    await signAs(await person('carol'))
    const policy = trust(all(signer('carol'), signer('anyone')), {
      signers: { carol: certified(['ca:acme'], identity('carol')), anyone },
    })
    expect((await judge(policy)).verdict).toBe('denied')
    await signAs(await person('dave'))
    expect((await judge(policy)).verdict).toBe('verified')
  })

  it('are not one person with two certificates whose chains two stores vouch for', async () => {
    const [first, second] = [await person('carol'), await person('carol')]
    await signAs(first)
    await signAs(second)
    const policy = trust(all(signer('one'), signer('other')), {
      signers: { one: certified(['ca:acme']), other: certified(['ca:copy']) },
      stores: { 'ca:copy': [acme.root] },
    })
    expect((await judge(policy)).verdict).toBe('denied')
  })

  it('are not one key under two signers', async () => {
    await signAs(alice)
    await signAs(alice, { binding: notaryCose })
    const policy = trust(all(signer('alice'), signer('again'), signer('chained')), {
      signers: {
        alice: { kind: 'key', file: 'alice.pem' },
        again: { kind: 'key', fingerprint: fingerprint(alice.signer.key.publicKey) },
        chained: certified(['ca:alice']),
      },
      stores: { 'ca:alice': [alice.root] },
    })
    const report = await judge(policy)
    expect(report.verdict).toBe('denied')
    expect(report.policy).toMatchObject({ required: 3, met: 1 })
  })
})

describe('junk', () => {
  const junk = async (count: number) => {
    for (let index = 0; index < count; index++)
      await signAs(stranger, { signingTime: new Date(NOW.getTime() - index * 1000) })
  }

  it('beyond the limit gives unknown', async () => {
    await junk(4)
    await signAs(alice)
    const report = await judge(trust(signer('alice')), { maxSignatures: 4 })
    expect(report).toMatchObject({ verdict: 'unknown', reason: { code: 'LIMIT' } })
    expect(report.signatures).toHaveLength(4)
  })

  it('does not crowd out a signature whose listing names a certificate of a signer', async () => {
    await junk(4)
    await signAs(vendor)
    const report = await judge(trust(signer('vendor')), { maxSignatures: 1 })
    expect(report.verdict).toBe('verified')
    expect(report.signatures).toHaveLength(1)
  })

  it('of which not all was read says so where the requirement is met', async () => {
    await signAs(vendor)
    await junk(3)
    const policy = trust(any(signer('vendor'), signer('alice')))
    expect(await judge(policy, { maxSignatures: 2 })).toMatchObject({
      verdict: 'verified',
      reason: { code: 'LIMIT' },
    })
  })

  it('that the store does not hand out may be anything', async () => {
    await signAs(stranger)
    const broken = storeWith(artifacts, {
      async *fetch(descriptor, call) {
        if (descriptor.digest !== image.digest) throw new SealwrightError('UNAVAILABLE', 'the store is away')
        yield* artifacts.fetch(descriptor, call)
      },
    })
    const report = await judge(trust(signer('alice')), { request: { artifacts: broken } })
    expect(report).toMatchObject({
      verdict: 'unknown',
      missing: [{ why: expect.stringContaining('could not be read') }],
    })
  })
})

describe('revocation', () => {
  const CRL = 'http://crl.example/acme.crl'
  const revocable = (notAfter = new Date(NOW.getTime() + 30 * DAY)) =>
    makeParty({ organisation: 'Acme', authority: acme, certificate: { crlUrls: [CRL], notAfter } })
  const policy = (revocation: object, timestamp = {}) =>
    trust(signer('vendor'), {
      statement: {
        revocation: { mode: 'enforce', afterExpiry: 'proven', ...revocation },
        timestamp: { require: 'afterCertExpiry', authorities: ['tsa:one'], atLeast: 1, ...timestamp },
      },
    })
  const from = (options: Parameters<typeof crlOf>[1] = {}) => ({
    fetch: hosts({ [CRL]: () => crlOf(acme, options) }).fetch,
  })

  it('is enforced or logged', async () => {
    const party = await revocable()
    await signAs(party)
    const revocation = from({ revoked: [{ serialNumber: party.chain[0]!.serialNumber }] })
    expect(await judge(policy({}), { revocation })).toMatchObject({
      verdict: 'notVerified',
      missing: [{ why: expect.stringMatching(/^signed, but CN=.* was revoked at 2026-06-01T10:00:00Z/) }],
    })
    expect(await judge(policy({ mode: 'log' }), { revocation })).toMatchObject({
      verdict: 'verified',
      policy: { level: 'strict (revocation: log)' },
    })
  })

  it('that nobody can tell is unknown', async () => {
    await signAs(await revocable())
    expect(await judge(policy({}))).toMatchObject({ verdict: 'unknown', missing: [{ leaf: 'vendor' }] })
  })

  it('of an expired certificate needs a statement that covers it', async () => {
    const expired = new Date(NOW.getTime() + DAY)
    await stampedAs(await revocable(expired), [tsa.signer])
    const clock = new Date(NOW.getTime() + 3 * DAY)
    const later = {
      thisUpdate: new Date(clock.getTime() - 1000),
      nextUpdate: new Date(clock.getTime() + DAY),
    }
    const current = from(later)
    expect((await judge(policy({ afterExpiry: 'accept' }), { clock, revocation: current })).verdict).toBe(
      'verified',
    )
    const report = await judge(policy({}), { clock, revocation: current })
    expect(report.verdict).toBe('unknown')
    expect(report.missing![0]!.why).toContain('does not say that it covers expired ones')
    // Made before the certificate expired, and still current.
    const early = from({
      thisUpdate: new Date(NOW.getTime() - 1000),
      nextUpdate: new Date(clock.getTime() + DAY),
    })
    expect((await judge(policy({}), { clock, revocation: early })).verdict).toBe('verified')
  })

  it('of an expired certificate is proven by the archive cutoff of an OCSP answer', async () => {
    const OCSP = 'http://ocsp.example'
    const notAfter = new Date(NOW.getTime() + DAY)
    const certificate = { ocspUrls: [OCSP], notAfter }
    await stampedAs(await makeParty({ organisation: 'Acme', authority: acme, certificate }), [tsa.signer])
    const clock = new Date(NOW.getTime() + 3 * DAY)
    const verdict = async (archiveCutoff?: Date) => {
      const answer = { thisUpdate: clock, nextUpdate: new Date(clock.getTime() + DAY) }
      const { fetch } = hosts({
        [OCSP]: body =>
          ocspResponse(acme, body, archiveCutoff === undefined ? answer : { ...answer, archiveCutoff }),
      })
      return (await judge(policy({}), { clock, revocation: { fetch } })).verdict
    }
    expect(await verdict()).toBe('unknown')
    expect(await verdict(new Date(notAfter.getTime() + 1000))).toBe('unknown')
    expect(await verdict(notAfter)).toBe('verified')
  })

  it('limits the age of statements that are not fresh', async () => {
    const party = await revocable()
    const crl = await crlOf(acme, {
      thisUpdate: new Date(NOW.getTime() - 3 * DAY),
      nextUpdate: new Date(NOW.getTime() + DAY),
    })
    await signArtifact({ artifacts }, 'v1', notaryJws, content =>
      seal(notaryJws.envelope, content, party.signer, {
        attributes: { signingTime: NOW },
        certificates: party.chain.map(({ der }) => der),
        countersign: async () => ({ stapled: { crls: [crl] } }),
      }),
    )
    expect((await judge(policy({ maxAgeMs: 4 * DAY }))).verdict).toBe('verified')
    const report = await judge(policy({ maxAgeMs: 2 * DAY }))
    expect(report.verdict).toBe('unknown')
    expect(report.missing![0]!.why).toContain('older than the policy allows')
  })
})

describe('attestations', () => {
  const leaf = (more: object = {}) =>
    ({ kind: 'attestation', predicateType: SLSA_TYPE, by: ['alice', 'vendor'], ...more }) as const

  it('meet a leaf by key or certificate, beside signatures of the same principal', async () => {
    await signAs(alice)
    await attestedBy(alice, artifacts, image)
    expect(await judge(trust(all(signer('alice'), leaf())))).toMatchObject({
      verdict: 'verified',
      attestations: { required: [SLSA_TYPE], met: [SLSA_TYPE], judged: [{ verdict: 'verified' }] },
    })
    ;({ artifacts, image } = await imageStore())
    await attestedBy(vendor, artifacts, image, { chain: true })
    expect((await judge(trust(leaf()))).verdict).toBe('verified')
  })

  it('of somebody else, or of another type do not', async () => {
    await attestedBy(stranger, artifacts, image)
    await attestedBy(alice, artifacts, image, {
      type: 'https://example.org/scan/v1',
      predicate: { result: 'failed' },
    })
    expect(await judge(trust(leaf()))).toMatchObject({ verdict: 'notVerified' })
  })

  it('are no signature, unless they are the signature of cosign', async () => {
    await attestedBy(alice, artifacts, image)
    await attestedBy(alice, artifacts, image, {
      type: 'https://example.org/scan/v1',
      predicate: { result: 'failed' },
    })
    expect(await judge(trust(signer('alice')))).toMatchObject({
      verdict: 'notVerified',
      missing: [{ leaf: 'alice', why: 'no signature' }],
    })
    await attestedBy(alice, artifacts, image, { type: SIGN, predicate: {} })
    expect((await judge(trust(signer('alice')))).verdict).toBe('verified')
    // It does not say when it was made, and has no metadata.
    expect(await judge(trust(signer('alice', { maxAgeMs: DAY })))).toMatchObject({ verdict: 'denied' })
    expect(await judge(trust(signer('alice', { metadata: { a: 'b' } })))).toMatchObject({ verdict: 'denied' })
  })

  it('meet a leaf whose condition is true of them, signer and subject included', async () => {
    await attestedBy(alice, artifacts, image)
    const where = `predicate.runDetails.builder.id == "ci" && signer.name == "alice" && signer.fingerprint == "${fingerprint(alice.signer.key.publicKey)}" && subject.exists(s, s.digest.sha256 == "${image.digest.slice(7)}")`
    expect((await judge(trust(leaf({ where })))).verdict).toBe('verified')
    const report = await judge(trust(leaf({ where: 'predicate.runDetails.builder.id == "other"' })))
    expect(report).toMatchObject({
      verdict: 'denied',
      missing: [{ why: 'attested, but the condition is false' }],
      attestations: { judged: [{ verdict: 'notVerified', reason: { code: 'ATTESTATION' } }] },
    })
    const faulty = await judge(trust(leaf({ where: 'predicate.missing.x == 1' })))
    expect(faulty.missing![0]!.why).toContain('the condition has no value: field not found: missing')
  })

  it('whose predicate is too large for a condition, or makes it loop, do not meet it', async () => {
    const large = { ...SLSA, padding: 'a'.repeat(1024 * 1024) }
    await attestedBy(alice, artifacts, image, { predicate: large })
    const big = await judge(trust(leaf({ where: 'predicate.runDetails.builder.id == "ci"' })))
    expect(big).toMatchObject({
      verdict: 'denied',
      missing: [{ why: expect.stringContaining('larger than 1 MiB') }],
    })
    // Without a condition it counts.
    expect((await judge(trust(leaf()))).verdict).toBe('verified')
    ;({ artifacts, image } = await imageStore())
    await attestedBy(alice, artifacts, image, {
      predicate: { ...SLSA, list: Array.from({ length: 300 }, () => 0) },
    })
    const where = `${'predicate.list.all(a, '.repeat(4)}predicate.list[0] == 0.0${')'.repeat(4)}`
    const slow = await judge(trust(leaf({ where })))
    expect(slow).toMatchObject({
      verdict: 'denied',
      missing: [{ why: expect.stringContaining('longer than 200 ms') }],
    })
  })

  it('tell their age by what the predicate says', async () => {
    const runDetails = { ...SLSA.runDetails, metadata: { finishedOn: '2026-05-01T00:00:00Z' } }
    await attestedBy(alice, artifacts, image, { predicate: { ...SLSA, runDetails } })
    expect((await judge(trust(leaf({ maxAgeMs: 40 * DAY })))).verdict).toBe('verified')
    expect((await judge(trust(leaf({ maxAgeMs: 20 * DAY })))).verdict).toBe('denied')
    ;({ artifacts, image } = await imageStore())
    await attestedBy(alice, artifacts, image)
    expect((await judge(trust(leaf({ maxAgeMs: 40 * DAY })))).verdict).toBe('denied')
  })

  it('of a verification count if they passed, name the target, and are of a verifier that is named', async () => {
    const summary = (more: object = {}) => ({
      verifier: { id: 'https://verifier.example' },
      timeVerified: '2026-05-30T00:00:00Z',
      resourceUri: `registry.example/app@${image.digest}`,
      policy: { uri: 'p' },
      verificationResult: 'PASSED',
      ...more,
    })
    const verdict = async (predicate: object, verifiers = ['https://verifier.example']) => {
      ;({ artifacts, image } = await imageStore())
      await attestedBy(alice, artifacts, image, { type: 'vsa', predicate })
      const vsa = leaf({ predicateType: 'https://slsa.dev/verification_summary/v1', verifiers })
      return (await judge(trust(vsa), { request: { scope: 'registry.example/app' } })).verdict
    }
    expect(await verdict(summary())).toBe('verified')
    expect(await verdict(summary({ verificationResult: 'FAILED' }))).toBe('notVerified')
    expect(await verdict(summary({ resourceUri: 'registry.example/other' }))).toBe('notVerified')
    expect(await verdict(summary(), ['https://other.example'])).toBe('notVerified')
  })

  it('that the caller demands are by a signer of the statement', async () => {
    await signAs(alice)
    const attestations = [SLSA_TYPE]
    expect(await judge(trust(signer('alice')), { attestations })).toMatchObject({ verdict: 'denied' })
    await attestedBy(stranger, artifacts, image)
    expect(await judge(trust(signer('alice')), { attestations })).toMatchObject({ verdict: 'denied' })
    await attestedBy(alice, artifacts, image)
    expect(await judge(trust(signer('alice')), { attestations })).toMatchObject({ verdict: 'verified' })
  })

  it('of a key that is named by its fingerprint alone cannot be judged', async () => {
    await attestedBy(bob, artifacts, image)
    const report = await judge(trust(leaf({ by: ['bob'] })))
    expect(report).toMatchObject({ verdict: 'notVerified' })
    expect(report.attestations!.judged[0]!.reason!.why).toContain('keyFile')
  })

  it('beyond the limit give unknown', async () => {
    for (const id of ['a', 'b', 'c'])
      await attestedBy(stranger, artifacts, image, {
        predicate: { ...SLSA, runDetails: { builder: { id } } },
      })
    await attestedBy(alice, artifacts, image)
    expect(await judge(trust(leaf()), { maxSignatures: 3 })).toMatchObject({ verdict: 'unknown' })
  })

  it('that the store does not hand out may be anything', async () => {
    await attestedBy(stranger, artifacts, image)
    const broken = storeWith(artifacts, {
      async *fetch(descriptor, call) {
        if (descriptor.digest !== image.digest) throw new SealwrightError('UNAVAILABLE', 'the store is away')
        yield* artifacts.fetch(descriptor, call)
      },
    })
    const report = await judge(trust(leaf()), { request: { artifacts: broken } })
    expect(report).toMatchObject({ verdict: 'unknown' })
    expect(report.missing![0]!.why).toContain('the store is away')
  })

  it('with a timestamp are demanded of keys too', async () => {
    const statement = { timestamp: { require: 'always', authorities: ['tsa:one'], atLeast: 1 } } as const
    await attestedBy(alice, artifacts, image)
    expect((await judge(trust(leaf(), { statement }))).verdict).toBe('denied')
    await attestArtifact(
      { artifacts },
      image,
      { predicateType: SLSA_TYPE, predicate: JSON.stringify(SLSA) },
      bundledBy(alice, false, tsa.signer),
      { publicKey: alice.signer.key.publicKey },
    )
    expect((await judge(trust(leaf(), { statement }))).verdict).toBe('verified')
  })
})

describe('a file', () => {
  const content = Buffer.from('a file')
  const sealed = async (party: Party, options: SealingOptions = {}) => {
    const made = await fileContent(content, { algorithm: party.signer.algorithm.id })
    return sealedBy(party, options)(made)
  }
  const files = { scopes: [], files: true, default: true }

  it('needs the signatures of several, of different algorithms, and is read once', async () => {
    const verifier = await createVerifier({
      trust: trust(all(signer('alice'), signer('bob')), { statement: files }),
      clock: () => NOW,
    })
    let reads = 0
    const read = async function* () {
      reads++
      yield content
    }
    const envelope = [await sealed(alice), await sealed(bob, { binding: notaryCose })]
    const report = await verifier.verifyFile({ content: read(), envelope, name: 'app.tgz' })
    expect(report).toMatchObject({
      reference: 'app.tgz',
      resolved: expect.stringMatching(/^app\.tgz@sha256:[0-9a-f]{64}$/),
      verdict: 'verified',
      policy: { kind: 'sealwright', required: 2, met: 2 },
    })
    expect(reads).toBe(1)
    const [first] = envelope
    expect(await verifier.verifyFile({ content, envelope: first! })).toMatchObject({
      verdict: 'denied',
      missing: [{ leaf: 'bob', why: 'no signature' }],
    })
    expect(await verifier.verifyFile({ content: Buffer.from('other'), envelope })).toMatchObject({
      verdict: 'notVerified',
    })
  })

  it('is judged by the statement that is named, else by the default one', async () => {
    const [base] = trust(signer('alice'), { statement: files }).sealwright!.policy!.statements
    const statements = [
      { ...base!, name: 'alice', default: false },
      { ...base!, name: 'bob', require: signer('bob') },
      { ...base!, name: 'images', files: false, default: false, scopes: ['*'] },
    ]
    const by = (more: object, statement?: string) =>
      createVerifier({
        trust: trust(signer('alice'), { policy: { statements, ...more } }),
        clock: () => NOW,
      }).then(async verifier => verifier.verifyFile({ content, envelope: await sealed(alice), statement }))
    expect((await by({}, 'alice')).verdict).toBe('verified')
    expect(await by({})).toMatchObject({ verdict: 'notVerified', policy: { statement: 'bob' } })
    // A statement on artifacts is not one on files, and a typo does not fall to the default.
    for (const name of ['images', 'allice'])
      expect(await by({}, name)).toMatchObject({ verdict: 'denied', reason: { code: 'NO_STATEMENT' } })
  })
})
