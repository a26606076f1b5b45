import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createEvidenceCollector,
  createVerifier,
  notaryCose,
  notaryJws,
  revocationCache,
  stapleable,
} from '@sealwright/notary'
import { describe, expect, test } from 'vitest'
import { notationHome } from '../services/notation.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import { type Situation, signIn, trustWorld } from './lasting-situations.ts'
import type { LayoutPlace } from './places.ts'

// Evidence that travels within an envelope disturbs no verifier that does not know of it.

const timeout = 900_000 // the first run builds notation
const POLICIES = { timestamped: { level: 'strict' }, plain: { level: 'strict', timestamps: false } }
const BINDINGS = { jws: notaryJws, cose: notaryCose }
const privateHosts = ['127.0.0.1']

const world = shared(async context => {
  const home = await scratch('stapled')
  const cache = revocationCache({ crl: join(home, 'crl'), ocsp: join(home, 'ocsp') })
  const made = await trustWorld(context, POLICIES)
  const { config } = made.notation
  const offline = await notationHome(context, { config, env: { NOTATION_CACHE: home } })
  return { ...made, cache, crls: join(home, 'crl'), offline }
})

const CASES = (['jws', 'cose'] as const).flatMap(format =>
  (['no source', 'OCSP good', 'CRL good', 'OCSP good, CRL good', 'OCSP down, CRL good'] as const).flatMap(
    revocation =>
      (['no timestamp', 'timestamp'] as const).flatMap(timestamp =>
        [0, 1, 3].map(timestamps => ({ format, revocation, timestamp, timestamps })),
      ),
  ),
)

/** What is verified offline later on: those that a CRL is enough for. */
const kept: { readonly place: LayoutPlace; readonly scope: string }[] = []

describe('an envelope', { timeout }, () => {
  test.for(CASES)(
    'in $format ($revocation, $timestamp) with $timestamps more timestamps stapled is accepted by notation',
    async ({ format, revocation, timestamp, timestamps }, context) => {
      const trusting = await world(context)
      const { notation, trust, cache, token } = trusting
      const collector = createEvidenceCollector({ fetch, privateHosts })
      const situation: Situation = { chain: 'valid', time: 'plain', revocation, timestamp }
      const { envelope } = BINDINGS[format]
      const stapled = { ocsp: 0, crls: 0, timestamps: 0 }
      const place = await signIn(trusting, situation, BINDINGS[format], async (chain, signature) => {
        const { evidence } = await collector.collect(chain)
        const stamping = { ...situation, timestamp: 'timestamp' } as const
        const tokens = await Promise.all(
          Array.from({ length: timestamps }, () => token(stamping, envelope.stapledMessage(signature))),
        )
        const staple = { ...stapleable(evidence), timestamps: tokens.flatMap(each => each ?? []) }
        for (const kind of ['ocsp', 'crls', 'timestamps'] as const) stapled[kind] = staple[kind].length
        return staple
      })
      expect(stapled).toEqual({
        ocsp: /OCSP good/.test(revocation) ? 1 : 0,
        crls: /CRL good/.test(revocation) ? 1 : 0,
        timestamps,
      })
      const scope = timestamp === 'timestamp' ? 'local/timestamped' : 'local/plain'
      const theirs = await notation.run(['verify', '--oci-layout', '--scope', scope, place.target])
      expect(theirs, theirs.stderr).toMatchObject({ code: 0 })

      const asked = { ...place, reference: place.image.digest, scope }
      // Every source is down and nothing is cached: only the stapled evidence can tell.
      const alone = await createVerifier({ trust })
      expect(await alone.verify(asked, { offline: true })).toMatchObject({ verdict: 'verified' })
      const caching = await createVerifier({ trust, revocation: { fetch, privateHosts, cache } })
      expect(await caching.verify(asked)).toMatchObject({ verdict: 'verified' })
      if (/CRL good/.test(revocation) && !/OCSP good/.test(revocation)) kept.push({ place, scope })
    },
  )

  test('is verified by notation from the CRL cache that we wrote, when nobody answers', async context => {
    const { crls, offline, silence } = await world(context)
    silence()
    expect(kept).toHaveLength(24)
    for (const { place, scope } of kept) {
      const theirs = await offline.run(['verify', '--oci-layout', '--scope', scope, place.target])
      expect(theirs, theirs.stderr).toMatchObject({ code: 0 })
    }
    const { place, scope } = kept[0]!
    await rm(crls, { recursive: true })
    expect((await offline.run(['verify', '--oci-layout', '--scope', scope, place.target])).code).toBe(1)
  })
})
