import { createVerifier, notaryCose, notaryJws } from '@sealwright/notary'
import { expect, test } from 'vitest'
import { shared } from '../services/shared.ts'
import {
  SITUATIONS,
  type Situation,
  signIn,
  titleOf,
  trustWorld,
  type Verification,
} from './lasting-situations.ts'

// Policies by chains, revocation, times and timestamps: notation and we say the same, or differ for a reason that is known.

const POLICIES: Readonly<Record<string, Verification>> = {
  strict: { level: 'strict' },
  permissive: { level: 'permissive' },
  audit: { level: 'audit' },
  'timestamp-after-expiry': { level: 'strict', verifyTimestamp: 'afterCertExpiry' },
  'no-tsa': { level: 'strict', timestamps: false },
  'revocation-logged': { level: 'strict', override: { revocation: 'log' } },
  'revocation-skipped': { level: 'strict', override: { revocation: 'skip' } },
  'timestamp-logged': { level: 'strict', override: { authenticTimestamp: 'log' } },
  'revocation-enforced': { level: 'audit', override: { revocation: 'enforce' } },
}

/** Where notation accepts and we refuse, with the sentence of the specification. */
const DIFFERENCES: readonly { readonly of: (situation: Situation) => boolean; readonly because: string }[] = [
  {
    of: ({ timestamp }) => timestamp === 'timestamp from the future',
    because:
      'RFC 3161, section 1: "assertions of proof that a datum existed before a particular time"; a time to come proves nothing',
  },
  {
    of: ({ revocation }) => revocation === 'OCSP from the future',
    because:
      'RFC 6960, section 4.2.2.1: responses "whose thisUpdate time is later than the local system time SHOULD be considered unreliable"',
  },
  {
    of: ({ revocation }) => revocation === 'OCSP by a delegate for code signing',
    because:
      'RFC 6960, section 4.2.2.2: "delegation SHALL be designated by the inclusion of id-kp-OCSPSigning in an extended key usage certificate extension"',
  },
  {
    of: ({ revocation }) => revocation === 'CRL from the future',
    because:
      'RFC 5280, section 5.1.2.4: "This field indicates the issue date of this CRL", and it is not issued yet',
  },
]

const isNightly = process.env.SEALWRIGHT_SLOW_TESTS !== undefined
/** Each situation under `strict` and three others in turn; all in a nightly run. */
const policiesOf = (index: number): readonly string[] => {
  const [strict, ...others] = Object.keys(POLICIES)
  return [strict!, ...others.filter((_, at) => isNightly || (at + index) % others.length < 3)]
}

const seen = new Set<string>()
let situations = 0
const count = { accepted: 0, refused: 0 }

const world = shared(context => trustWorld(context, POLICIES))

test.for(SITUATIONS.map((situation, index) => ({ situation, index, title: titleOf(situation) })))(
  '$title',
  { timeout: 900_000 },
  async ({ situation, index }, context) => {
    const trusting = await world(context)
    const { notation, trust } = trusting
    const place = await signIn(trusting, situation, index % 2 === 0 ? notaryJws : notaryCose)
    const verifier = await createVerifier({ trust, revocation: { fetch, privateHosts: ['127.0.0.1'] } })
    for (const policy of policiesOf(index)) {
      const scope = `local/${policy}`
      const theirs = await notation.run(['verify', '--oci-layout', '--scope', scope, place.target])
      const ours = await verifier.verify({ ...place, reference: place.image.digest, scope })
      const accepted = { notation: theirs.code === 0, us: ours.verdict === 'verified' }
      situations++
      count[accepted.notation ? 'accepted' : 'refused']++
      if (accepted.notation === accepted.us) continue
      const difference = accepted.notation ? DIFFERENCES.find(each => each.of(situation)) : undefined
      expect(difference, JSON.stringify({ policy, accepted, theirs, ours }, null, 2)).toBeDefined()
      seen.add(difference!.because)
    }
  },
)

test('there are enough situations of both kinds, and every difference was seen', () => {
  expect(situations).toBeGreaterThanOrEqual(150)
  expect(count.accepted).toBeGreaterThan(100)
  expect(count.refused).toBeGreaterThan(100)
  expect([...seen].toSorted()).toEqual(DIFFERENCES.map(({ because }) => because).toSorted())
})
