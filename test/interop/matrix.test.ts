import { describe, expect, test } from 'vitest'
import { notationHome, trustEverywhere } from '../services/notation.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { shared } from '../services/shared.ts'
import type { Skips } from '../services/tool.ts'
import { makeIdentities, TYPES } from './identities.ts'
import { FORMATS, signOurselves, verifyOurselves } from './ours.ts'
import { inLayout, inRegistry, type Place } from './places.ts'

const timeout = 900_000 // the first run builds the programs and makes the keys

const olareg = shared(startOlareg)
const distribution = shared(context => startDistribution(context))
const identities = shared(makeIdentities)
const notation = shared(async context => {
  const { root, leaves } = await identities(context)
  const home = await notationHome(context, {
    keys: Object.values(leaves),
    trust: { acme: [root.certificatePath] },
  })
  await home.writePolicy(
    trustEverywhere(
      'acme',
      TYPES.map(type => `x509.subject: C=US, ST=WA, O=Sealwright Test, CN=${type}`),
    ),
  )
  return home
})

const PLACES: Readonly<Record<string, (context: Skips) => Promise<Place>>> = {
  'a layout': () => inLayout(),
  'a registry with the referrers API': async context => inRegistry(await olareg(context), false),
  'a registry without the referrers API': async context => inRegistry(await distribution(context), true),
}

const CASES = TYPES.flatMap(type => FORMATS.map(format => [type, format] as const))

describe.for(Object.entries(PLACES))('in %s', { timeout }, ([, make]) => {
  test.for(CASES)('notation accepts what we sign with %s as %s', async ([type, format], context) => {
    const { run } = await notation(context)
    const { leaves } = await identities(context)
    const place = await make(context)
    const metadata = { release: '1.0', commit: 'abc' }
    await signOurselves(place, { identity: leaves[type], format, metadata })
    const expected = Object.entries(metadata).flatMap(([key, value]) => ['-m', `${key}=${value}`])
    const verdict = await run(['verify', ...place.verifyFlags, ...expected, place.target])
    expect(verdict).toMatchObject({ code: 0 })
    expect(verdict.stdout).toContain('Successfully verified signature')
  })

  test.for(CASES)('we accept what notation signs with %s as %s', async ([type, format], context) => {
    const { run, config } = await notation(context)
    const place = await make(context)
    const flags = ['--key', type, '--signature-format', format, '-m', 'release=1.0', '--expiry', '24h']
    const signed = await run(['sign', ...place.signFlags, ...flags, place.target])
    expect(signed).toMatchObject({ code: 0 })
    const report = await verifyOurselves(place, config)
    expect(report).toMatchObject({
      verdict: 'verified',
      resolved: expect.stringContaining(place.image.digest),
    })
    expect(report.signatures).toHaveLength(1)
    expect(report.signatures[0]).toMatchObject({
      verdict: 'verified',
      signed: { metadata: { release: '1.0' } },
    })
  })

  test.for(FORMATS)('both list and accept two signatures made by both as %s', async (format, context) => {
    const { run, config } = await notation(context)
    const { leaves } = await identities(context)
    const place = await make(context)
    await signOurselves(place, { identity: leaves['EC-P384'], format })
    const flags = ['--key', 'EC-P256', '--signature-format', format]
    expect(await run(['sign', ...place.signFlags, ...flags, place.target])).toMatchObject({ code: 0 })
    const listed = await run([
      'list',
      ...place.signFlags.filter(flag => flag === '--oci-layout'),
      place.target,
    ])
    expect(listed.stdout.match(/── sha256:[0-9a-f]{64}$/gm)).toHaveLength(2)
    const report = await verifyOurselves(place, config, new Date(), { all: true })
    expect(report.signatures.map(signature => signature.verdict)).toEqual(['verified', 'verified'])
  })
})

test.for(FORMATS)(
  'notation finds the artifactType form of a signature by the referrers API as %s',
  { timeout },
  async (format, context) => {
    const { run, config } = await notation(context)
    const { leaves } = await identities(context)
    const place = await inRegistry(await olareg(context), false)
    await signOurselves(place, { identity: leaves['EC-P256'], format, manifest: 'artifact-type' })
    expect(await run(['verify', place.target])).toMatchObject({ code: 0 })
    expect(await verifyOurselves(place, config)).toMatchObject({ verdict: 'verified' })
  },
)

test('notation misses the artifactType form in a layout, and we find it', { timeout }, async context => {
  const { run, config } = await notation(context)
  const { leaves } = await identities(context)
  const place = await inLayout()
  await signOurselves(place, { identity: leaves['EC-P256'], format: 'jws', manifest: 'artifact-type' })
  const theirs = await run(['verify', ...place.verifyFlags, place.target])
  expect(theirs).toMatchObject({ code: 1, stderr: expect.stringContaining('no signature is associated') })
  expect(await verifyOurselves(place, config)).toMatchObject({ verdict: 'verified' })
})
