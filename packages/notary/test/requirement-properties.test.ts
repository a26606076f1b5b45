import { type Envelope, fingerprint } from '@sealwright/core'
import { type Descriptor, memory } from '@sealwright/oci'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { createVerifier, notaryJws, type Report, signArtifact, type Trust } from '../src/index.ts'
import type { PolicySigner, Requirement } from '../src/policy/policy.ts'
import type { LeafCandidate, LeafFindings } from '../src/policy/requirement-report.ts'
import { pushImage } from './image.ts'
import { DAY, makeAuthority, makeParty, NOW, type Party, sealedBy } from './party.ts'
import { candidate, isSatisfiable, leavesOf, tree } from './policy/requirements.ts'
import { certified, requirementTrust } from './requirement-trust.ts'
import { signatureStore } from './signature-store.ts'

/** Each run makes stores and checks signatures: some milliseconds. */
const runs = Math.ceil(numRuns / 10)

const VENDOR = 'C=DE,ST=Hessen,O=Vendor,CN=release'
const RELEASE = 'C=DE,ST=Hessen,O=Release,CN=release'

/** Who signs, and what makes them the same principal: their key, and their subject under a store that is trusted. */
interface Signer {
  readonly party: Party
  /** Names of signers of the policy that this is. */
  readonly is: readonly string[]
  /** By the signer of the policy, since a bare key has no subject. */
  readonly marks: (by: string) => readonly string[]
}

/** How a signature is made: `expired` and `otherImage` never count. */
const KINDS = ['good', 'good', 'good', 'expired', 'otherImage'] as const
type Kind = (typeof KINDS)[number]

const NAMES = ['vendor', 'release', 'anybody', 'bare', 'pinned'] as const

let people: Readonly<Record<string, Signer>>
let trust: (requirement: Requirement, without?: string) => Trust
/** Signatures of the image, made once: by whom, of what kind. */
const envelopes = new Map<string, Envelope>()
let image: Descriptor
beforeAll(async () => {
  const acme = await makeAuthority('Acme')
  const issued = (organisation: string, key?: Party) => {
    const certificate = key === undefined ? {} : { publicKey: key.signer.key.publicKey }
    return makeParty({ organisation, authority: acme, certificate })
  }
  const vendor = await issued('Vendor')
  const renewed = await issued('Vendor')
  const release = await issued('Release')
  // The key of the vendor under another name.
  const alias: Party = { ...(await issued('Release', vendor)), signer: vendor.signer }
  const bare = await makeParty({ organisation: 'Bare' })
  const stranger = await makeParty({ organisation: 'Vendor' })
  const isBare = (by: string) => by === 'bare' || by === 'pinned'
  const marks = (key: string, subject: string) => (by: string) => [
    `key:${key}`,
    ...(isBare(by) ? [] : [`subject:${subject}`]),
  ]
  people = {
    vendor: { party: vendor, is: ['vendor', 'anybody', 'pinned'], marks: marks('1', 'vendor') },
    renewed: { party: renewed, is: ['vendor', 'anybody'], marks: marks('2', 'vendor') },
    release: { party: release, is: ['release', 'anybody'], marks: marks('3', 'release') },
    alias: { party: alias, is: ['release', 'anybody', 'pinned'], marks: marks('1', 'release') },
    bare: { party: bare, is: ['bare'], marks: marks('4', '') },
    stranger: { party: stranger, is: [], marks: marks('5', 'vendor') },
  }
  const signers: Readonly<Record<string, PolicySigner>> = {
    vendor: certified(['ca:acme'], VENDOR),
    release: certified(['ca:acme'], RELEASE),
    anybody: certified(['ca:acme']),
    bare: { kind: 'key', file: 'keys/bare.pem' },
    pinned: { kind: 'key', fingerprint: fingerprint(vendor.signer.key.publicKey) },
  }
  trust = (require, without) => {
    // A signer that is no longer trusted: their place in the policy is that of somebody who never signed.
    const nobody = { kind: 'key', fingerprint: `sha256:${'0'.repeat(64)}` } as const
    return requirementTrust({
      require,
      signers: without === undefined ? signers : { ...signers, [without]: nobody },
      keys: without === 'bare' ? {} : { bare },
      stores: { 'ca:acme': [acme.root] },
    })
  }
  const artifacts = memory()
  image = await pushImage(artifacts, 'v1')
  await pushImage(artifacts, 'v2')
  for (const [name, { party }] of Object.entries(people))
    for (const kind of new Set(KINDS)) {
      const signingTime = new Date(NOW.getTime() - 10 * DAY)
      const expiry = kind === 'expired' ? new Date(NOW.getTime() - DAY) : undefined
      const seal = sealedBy(party, { signingTime, expiry })
      await signArtifact({ artifacts }, kind === 'otherImage' ? 'v2' : 'v1', notaryJws, async content => {
        const envelope = await seal(content)
        envelopes.set(`${name} ${kind}`, envelope)
        return envelope
      })
    }
})

interface Signed {
  readonly by: string
  readonly kind: Kind
}

async function judge(
  by: Trust,
  signatures: readonly Signed[],
  options: { readonly all?: boolean } = {},
): Promise<Report> {
  const verifier = await createVerifier({ trust: by, clock: () => NOW })
  const artifacts = signatureStore(
    image,
    signatures.map(({ by: name, kind }) => envelopes.get(`${name} ${kind}`)!),
  )
  return verifier.verify({ artifacts, reference: 'v1' }, options)
}

/** What the rule says, without a verifier. */
function expectedFindings(requirement: Requirement, signatures: readonly Signed[]): LeafFindings {
  const candidatesOf = (name: string): readonly LeafCandidate[] =>
    signatures
      .filter(({ by, kind }) => kind === 'good' && people[by]!.is.includes(name))
      .map(({ by }) => candidate('met', people[by]!.marks(name)))
  return new Map(
    leavesOf(requirement).map(leaf => [
      leaf,
      { candidates: candidatesOf(leaf.kind === 'signer' ? leaf.signer : '') },
    ]),
  )
}

const requirement = fc.constantFrom(
  'vendor',
  'all(vendor, release)',
  'all(vendor, anybody)',
  'all(vendor, release, anybody)',
  '2(vendor, release, anybody, bare)',
  '3(vendor, release, anybody, bare, pinned)',
  'all(pinned, release)',
  'all(pinned, anybody)',
  'any(all(vendor, bare), all(release, pinned))',
  'all(bare, any(vendor, pinned), anybody)',
)

const signed: fc.Arbitrary<Signed> = fc.record({
  by: fc.constantFrom('vendor', 'renewed', 'release', 'alias', 'bare', 'stranger'),
  kind: fc.constantFrom(...KINDS),
})
const signatures = fc.array(signed, { maxLength: 6 })

describe('the verifier, under a policy of Sealwright', () => {
  it('says what the rule says, tried out', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(requirement, signatures, async (text, made) => {
        const require = tree(text)
        const report = await judge(trust(require), made)
        const findings = expectedFindings(require, made)
        const isMet = [...findings.values()].some(({ candidates }) => candidates.length > 0)
        const expected = isSatisfiable(require, findings, ['met'])
          ? 'verified'
          : isMet
            ? 'denied'
            : 'notVerified'
        expect(report.verdict).toBe(expected)
        seen.add(report.verdict)
      }),
      { numRuns: runs },
    )
    expect([...seen].sort()).toEqual(['denied', 'notVerified', 'verified'])
  })

  it('says the same in any order of signatures, and whether it stops early or not', async () => {
    await fc.assert(
      fc.asyncProperty(requirement, signatures, async (text, made) => {
        const by = trust(tree(text))
        const { verdict, missing } = await judge(by, made)
        const other = await judge(by, made.toReversed(), { all: true })
        expect(other.verdict).toBe(verdict)
        expect(other.missing?.map(({ leaf }) => leaf)).toEqual(missing?.map(({ leaf }) => leaf))
      }),
      { numRuns: runs },
    )
  })

  it('never says no for one signature more', async () => {
    await fc.assert(
      fc.asyncProperty(requirement, signatures, signed, async (text, made, more) => {
        const by = trust(tree(text))
        if ((await judge(by, made)).verdict !== 'verified') return
        expect((await judge(by, [more, ...made])).verdict).toBe('verified')
      }),
      { numRuns: runs },
    )
  })

  it('never says yes for one trusted signer less', async () => {
    await fc.assert(
      fc.asyncProperty(requirement, signatures, fc.constantFrom(...NAMES), async (text, made, without) => {
        const require = tree(text)
        if ((await judge(trust(require), made)).verdict === 'verified') return
        expect((await judge(trust(require, without), made)).verdict).not.toBe('verified')
      }),
      { numRuns: runs },
    )
  })

  it('never counts two signatures of one key or one person twice', async () => {
    for (const [text, made] of [
      ['all(vendor, anybody)', ['vendor', 'vendor']],
      ['all(vendor, anybody)', ['vendor', 'renewed']],
      ['all(vendor, release)', ['vendor', 'alias']],
      ['all(pinned, release)', ['vendor', 'alias']],
      ['all(pinned, anybody)', ['vendor', 'alias']],
    ] as const) {
      const report = await judge(
        trust(tree(text)),
        made.map(by => ({ by, kind: 'good' })),
      )
      expect(report).toMatchObject({ verdict: 'denied', reason: { code: 'REQUIREMENT' } })
      expect(report.missing).toHaveLength(1)
    }
    const two = ['vendor', 'renewed', 'release'].map(by => ({ by, kind: 'good' }) as const)
    expect((await judge(trust(tree('all(vendor, anybody)')), two)).verdict).toBe('verified')
  })
})
