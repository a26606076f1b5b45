import { expect, test } from 'vitest'
import { type Identity, makeAuthority, makeLeaf, x509Time } from '../services/certificates.ts'
import { notationHome, type TrustPolicyStatement, trustEverywhere } from '../services/notation.ts'
import { scratch } from '../services/scratch.ts'
import { freePort } from '../services/server.ts'
import { shared } from '../services/shared.ts'
import { attachToLayout, type Claims, forge, goodClaims } from './forge.ts'
import { verifyOurselves } from './ours.ts'
import { inLayout } from './places.ts'

// What each verification level of a trust policy lets pass: notation and we must say the same.

const world = shared(async context => {
  const directory = await scratch('levels')
  const root = await makeAuthority(directory, 'root')
  const stranger = await makeAuthority(directory, 'stranger')
  const nobody = `http://127.0.0.1:${await freePort()}/ocsp`
  const identities: Record<Signer, Identity> = {
    trusted: await makeLeaf(directory, 'trusted', root, { type: 'EC-P256' }),
    foreign: await makeLeaf(directory, 'foreign', stranger, { type: 'EC-P256' }),
    expired: await makeLeaf(directory, 'expired', root, {
      type: 'EC-P256',
      notBefore: x509Time(-9),
      notAfter: x509Time(-1),
    }),
    revocable: await makeLeaf(directory, 'revocable', root, {
      type: 'EC-P256',
      extensions: ['keyUsage=critical,digitalSignature', `authorityInfoAccess=OCSP;URI:${nobody}`],
    }),
  }
  const notation = await notationHome(context, { trust: { acme: [root.certificatePath] } })
  return { ...notation, identities }
})

type Signer = 'trusted' | 'foreign' | 'expired' | 'revocable'

const PAST = {
  signingTime: new Date(Date.now() - 7_200_000),
  expiry: new Date(Date.now() - 3_600_000),
  crit: ['io.cncf.notary.signingScheme', 'io.cncf.notary.expiry'],
}
const CN_OTHER = ['x509.subject: C=US, ST=WA, O=Sealwright Test, CN=other']

interface Situation {
  readonly title: string
  readonly signer: Signer
  readonly claims?: Partial<Claims>
  readonly tampered?: true
  readonly unsigned?: true
  readonly identities?: readonly string[]
  /** The levels, and the checks set to `log` at level strict, under which it passes. */
  readonly passes: readonly string[]
}

const LEVELS = ['strict', 'permissive', 'audit', 'skip']
const OVERRIDES = ['authenticity', 'expiry', 'authenticTimestamp', 'revocation']

const SITUATIONS: readonly Situation[] = [
  { title: 'a good signature', signer: 'trusted', passes: [...LEVELS, ...OVERRIDES] },
  { title: 'no signature at all', signer: 'trusted', unsigned: true, passes: ['skip'] },
  { title: 'a signature that does not hold', signer: 'trusted', tampered: true, passes: ['skip'] },
  { title: 'a foreign root', signer: 'foreign', passes: ['audit', 'skip', 'authenticity'] },
  {
    title: 'another identity',
    signer: 'trusted',
    identities: CN_OTHER,
    passes: ['audit', 'skip', 'authenticity'],
  },
  {
    title: 'an expired signature',
    signer: 'trusted',
    claims: PAST,
    passes: ['permissive', 'audit', 'skip', 'expiry'],
  },
  {
    title: 'an expired certificate',
    signer: 'expired',
    passes: ['permissive', 'audit', 'skip', 'authenticTimestamp'],
  },
  {
    title: 'a revocation that nobody can tell of',
    signer: 'revocable',
    passes: ['permissive', 'audit', 'skip', 'revocation'],
  },
]

const CASES = SITUATIONS.flatMap(situation => [
  ...LEVELS.map(name => ({ ...situation, name, rule: `level ${name}`, verification: { level: name } })),
  ...OVERRIDES.map(name => ({
    ...situation,
    name,
    rule: `${name} only logged`,
    verification: { level: 'strict', override: { [name]: 'log' } },
  })),
])

test.for(CASES)(
  'notation and we judge $title alike under $rule',
  { timeout: 900_000 },
  async (each, context) => {
    const { run, config, identities, writePolicy } = await world(context)
    await writePolicy(statement(each.verification, each.identities))
    const identity = identities[each.signer]
    const place = await inLayout()
    if (!each.unsigned) {
      const claims = { ...(await goodClaims(place.image, identity)), ...each.claims }
      const form = each.tampered ? { signature: (bytes: Uint8Array) => bytes.toReversed() } : {}
      await attachToLayout(place.directory, place.image, 'jws', await forge('jws', claims, identity, form))
    }
    const theirs = await run(['verify', ...place.verifyFlags, place.target])
    const ours = await verifyOurselves(place, config)
    const accepted = { notation: theirs.code === 0, us: ['verified', 'skipped'].includes(ours.verdict) }
    const passes = each.passes.includes(each.name)
    expect(accepted, JSON.stringify({ theirs, ours }, null, 2)).toEqual({ notation: passes, us: passes })
  },
)

function statement(
  signatureVerification: TrustPolicyStatement['signatureVerification'],
  identities?: readonly string[],
): TrustPolicyStatement {
  const trusting = { ...trustEverywhere('acme', identities), signatureVerification }
  if (signatureVerification.level !== 'skip') return trusting
  const { trustStores: _, trustedIdentities: __, ...rest } = trusting
  return rest
}
