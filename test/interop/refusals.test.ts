import { describe, expect, test } from 'vitest'
import { makeAuthority, makeLeaf } from '../services/certificates.ts'
import { addToStore, notationHome, trustEverywhere } from '../services/notation.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import { envelopesIn } from './envelopes.ts'
import { attachToLayout } from './forge.ts'
import { FORMATS, type Format, signOurselves, verifyOurselves } from './ours.ts'
import { inLayout, type LayoutPlace } from './places.ts'
import { tamperings } from './tamper.ts'

const timeout = 900_000 // the first run builds notation

const world = shared(async context => {
  const directory = await scratch('refusals')
  const root = await makeAuthority(directory, 'root')
  const stranger = await makeAuthority(directory, 'stranger')
  const key = await makeLeaf(directory, 'signer', root, { type: 'EC-P384' })
  const foreign = await makeLeaf(directory, 'foreign', stranger, { type: 'EC-P256' })
  const home = await notationHome(context, { keys: [key, foreign], trust: { acme: [root.certificatePath] } })
  await addToStore(home.config, 'strangers', [stranger.certificatePath])
  return { ...home, key, foreign }
})
type World = Awaited<ReturnType<typeof world>>

const SIGNERS = ['notation', 'us'] as const
const CASES = SIGNERS.flatMap(signer => FORMATS.map(format => [format, signer] as const))

async function sign(
  { run, key, foreign }: World,
  place: LayoutPlace,
  signer: (typeof SIGNERS)[number],
  format: Format,
  by: 'key' | 'foreign' = 'key',
): Promise<void> {
  const identity = by === 'key' ? key : foreign
  if (signer === 'us') return signOurselves(place, { identity, format })
  const flags = ['--key', identity.name, '--signature-format', format]
  expect(await run(['sign', ...place.signFlags, ...flags, place.target])).toMatchObject({ code: 0 })
}

/** What both say of the place, under the policy that the world has now. */
async function verdicts({ run, config }: World, place: LayoutPlace, now = new Date()) {
  const theirs = await run(['verify', ...place.verifyFlags, place.target])
  const ours = await verifyOurselves(place, config, now)
  return { notation: theirs.code, us: ours.verdict }
}

const GOOD = { notation: 0, us: 'verified' }
const BAD = { notation: 1, us: 'notVerified' }

describe.for(CASES)('a %s signature made by %s is refused by both', { timeout }, ([format, signer]) => {
  test('when its root is in no trust store of the policy', async context => {
    const all = await world(context)
    const place = await inLayout()
    await sign(all, place, signer, format, 'foreign')
    await all.writePolicy(trustEverywhere('acme'))
    expect(await verdicts(all, place)).toEqual(BAD)
    await all.writePolicy(trustEverywhere('strangers'))
    expect(await verdicts(all, place)).toEqual(GOOD)
  })

  test('when its signer is none of the trusted identities', async context => {
    const all = await world(context)
    const place = await inLayout()
    await sign(all, place, signer, format)
    await all.writePolicy(trustEverywhere('acme', ['x509.subject: C=US, ST=WA, O=Sealwright Test, CN=other']))
    expect(await verdicts(all, place)).toEqual(BAD)
    await all.writePolicy(
      trustEverywhere('acme', ['x509.subject: C=US, ST=WA, O=Sealwright Test, CN=signer']),
    )
    expect(await verdicts(all, place)).toEqual(GOOD)
  })

  test('when it was made for another image', async context => {
    const all = await world(context)
    await all.writePolicy(trustEverywhere('acme'))
    const signed = await inLayout()
    await sign(all, signed, signer, format)
    const other = await inLayout()
    for (const envelope of await envelopesIn(signed.directory, format))
      await attachToLayout(other.directory, other.image, format, envelope)
    expect(await verdicts(all, signed)).toEqual(GOOD)
    expect(await verdicts(all, other)).toEqual(BAD)
  })

  test('when a byte of any of its parts is changed', async context => {
    const all = await world(context)
    await all.writePolicy(trustEverywhere('acme'))
    const signed = await inLayout()
    await sign(all, signed, signer, format)
    const [envelope] = await envelopesIn(signed.directory, format)
    const changes = await tamperings(format, envelope!, signed.image.digest, all.key.chainPath)
    for (const [part, tampered] of Object.entries(changes)) {
      const place = await inLayout(signed.image)
      await attachToLayout(place.directory, place.image, format, tampered)
      expect({ part, ...(await verdicts(all, place)) }).toEqual({ part, ...BAD })
    }
  })
})

test.for(CASES)(
  'both refuse a %s signature by %s that has expired',
  { timeout },
  async ([format, signer], context) => {
    const all = await world(context)
    await all.writePolicy(trustEverywhere('acme'))
    const place = await inLayout()
    if (signer === 'us') {
      const signingTime = new Date()
      const expiry = new Date(signingTime.getTime() + 1_000)
      await signOurselves(place, { identity: all.key, format, attributes: { signingTime, expiry } })
    } else {
      const flags = ['--key', 'signer', '--signature-format', format, '--expiry', '1s']
      expect(await all.run(['sign', ...place.signFlags, ...flags, place.target])).toMatchObject({ code: 0 })
    }
    await new Promise(resolve => setTimeout(resolve, 2_000)) // notation has the real clock only, in whole seconds
    expect(await verdicts(all, place)).toEqual(BAD)
  },
)
