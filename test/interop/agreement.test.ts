import { expect, test } from 'vitest'
import { type Identity, makeAuthority, makeLeaf, x509Time } from '../services/certificates.ts'
import { notationHome, trustEverywhere } from '../services/notation.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import { attachToLayout, forge, goodClaims } from './forge.ts'
import { claimsOf, FORGERIES, FORGERS, type ForgerName, type ForgerOptions } from './forgeries.ts'
import { FORMATS, verifyOurselves } from './ours.ts'
import { inLayout } from './places.ts'

const timeout = 900_000 // the first run builds notation

const forgers = shared(async () => {
  const directory = await scratch('forgers')
  const root = await makeAuthority(directory, 'root')
  const leaves: Partial<Record<ForgerName, Identity>> = {}
  for (const [name, options] of Object.entries(FORGERS) as [ForgerName, ForgerOptions][]) {
    const { notBeforeDays, notAfterDays, ...rest } = options
    leaves[name] = await makeLeaf(directory, name, root, {
      type: 'EC-P256',
      ...rest,
      ...(notBeforeDays === undefined ? {} : { notBefore: x509Time(notBeforeDays) }),
      ...(notAfterDays === undefined ? {} : { notAfter: x509Time(notAfterDays) }),
    })
  }
  return { root, leaves: leaves as Record<ForgerName, Identity> }
})

const notation = shared(async context => {
  const { root } = await forgers(context)
  const home = await notationHome(context, { trust: { acme: [root.certificatePath] } })
  await home.writePolicy(trustEverywhere('acme'))
  return home
})

const WHO = {
  both: 'notation and we accept',
  neither: 'notation and we refuse',
  notation: 'notation accepts and we refuse',
}

const CASES = FORGERIES.flatMap(forgery =>
  (forgery.format === undefined ? FORMATS : [forgery.format]).map(format => ({
    ...forgery,
    format,
    who: WHO[forgery.acceptedBy],
  })),
)

test.for(CASES)('$who $format when $title', { timeout }, async (forgery, context) => {
  const { run, config } = await notation(context)
  const { leaves } = await forgers(context)
  const identity = leaves[forgery.identity ?? 'good']
  const place = await inLayout()
  const claims = await claimsOf(forgery, await goodClaims(place.image, identity), place.image, identity)
  const envelope = await forge(forgery.format, claims, identity, forgery.form)
  await attachToLayout(place.directory, place.image, forgery.format, envelope)
  const theirs = await run(['verify', ...place.verifyFlags, place.target])
  const ours = await verifyOurselves(place, config)
  const accepted = { notation: theirs.code === 0, us: ours.verdict === 'verified' }
  expect(accepted, JSON.stringify({ theirs, ours: ours.signatures }, null, 2)).toEqual({
    notation: forgery.acceptedBy !== 'neither',
    us: forgery.acceptedBy === 'both',
  })
})

test('every difference from notation has a reason', () => {
  for (const { title, acceptedBy, because } of FORGERIES)
    expect(because !== undefined, title).toBe(acceptedBy === 'notation')
})
