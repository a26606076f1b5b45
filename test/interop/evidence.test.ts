import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSigner, seal } from '@sealwright/core'
import {
  attachEvidence,
  createEvidenceCollector,
  createVerifier,
  type EvidenceCollector,
  mergeEvidence,
  notaryCose,
  notaryJws,
  requestTimestamp,
  revocationCache,
  type SignatureEvidence,
  signArtifact,
  stapleable,
  stapleSignatures,
  trustDirectory,
} from '@sealwright/notary'
import { fileKeys } from '@sealwright/provider-file'
import { parseCertificates } from '@sealwright/x509'
import { describe, expect, test } from 'vitest'
import type { Identity } from '../services/certificates.ts'
import { addToStore, notationHome, trustEverywhere } from '../services/notation.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { type RevocationAuthority, startRevocationAuthority } from '../services/revocation-authority.ts'
import { scratch } from '../services/scratch.ts'
import { startTimestampAuthority } from '../services/timestamp-authority.ts'
import type { Skips } from '../services/tool.ts'
import { inLayout, inRegistry, type Place } from './places.ts'

// Evidence made by openssl, stapled and attached by us; what notation makes of it.

const timeout = 900_000 // the first run builds notation
const privateHosts = ['127.0.0.1']

/** notation that trusts an authority, an image, and a collector that may ask loopback addresses. */
async function world(context: Skips, authority: RevocationAuthority, found?: Place) {
  const cache = await scratch('cache')
  const notation = await notationHome(context, { env: { NOTATION_CACHE: cache } })
  await addToStore(notation.config, 'revoking', [authority.root.certificatePath])
  await notation.writePolicy(trustEverywhere('revoking'))
  const place = found ?? (await inLayout())
  return {
    place,
    collector: createEvidenceCollector({ fetch, privateHosts }),
    cache: revocationCache({ crl: join(cache, 'crl') }),
    trust: await trustDirectory(notation.config),
    verifyByNotation: () => notation.run(['verify', '--debug', ...place.verifyFlags, place.target]),
  }
}

type World = Awaited<ReturnType<typeof world>>

/** Judges with nobody to ask. */
async function verifyOffline({ trust, cache, place }: World, options: { keepCarried?: boolean } = {}) {
  const verifier = await createVerifier({ trust, revocation: { cache } })
  const { artifacts, image, scope } = place
  return verifier.verify({ artifacts, reference: image.digest, scope }, { offline: true, ...options })
}

interface Signing {
  readonly format: 'jws' | 'cose'
  readonly collector?: EvidenceCollector
  readonly tsa?: { readonly url: string; readonly rootPath: string }
}

/** Signs, with a timestamp, and with what the collector finds stapled. */
async function sign({ artifacts, image }: Place, identity: Identity, options: Signing) {
  const { format, collector, tsa } = options
  const binding = format === 'jws' ? notaryJws : notaryCose
  const algorithm = binding.envelope.algorithmFor
  await using signer = await openSigner(fileKeys(), `file:${identity.keyPath}`, { algorithm })
  const chain = parseCertificates(await readFile(identity.chainPath), identity.chainPath)
  const parts: SignatureEvidence[] = []
  const { signature } = await signArtifact({ artifacts }, image.digest, binding, content =>
    seal(binding.envelope, content, signer, {
      attributes: { signingTime: new Date() },
      certificates: chain.map(({ der }) => der),
      countersign: async made => {
        if (collector !== undefined) parts.push((await collector.collect(chain)).evidence)
        const roots = tsa && parseCertificates(await readFile(tsa.rootPath), tsa.rootPath)
        const urls = tsa && [tsa.url]
        const token =
          urls &&
          (await requestTimestamp(made.bytes, { fetch, urls, roots: roots!, algorithm: made.algorithm }))
        return {
          timestamps: token && [token.token],
          stapled: parts.length > 0 ? stapleable(mergeEvidence(...parts)) : undefined,
        }
      },
    }),
  )
  return { signature, evidence: mergeEvidence(...parts) }
}

describe.each(['jws', 'cose'] as const)('a %s', format => {
  test('with stapled evidence and a timestamp is accepted by notation', { timeout }, async context => {
    await using authority = await startRevocationAuthority()
    await using tsa = await startTimestampAuthority()
    const made = await world(context, authority)
    const signer = await authority.issue('signer', ['ocsp', 'crl'])
    const { evidence } = await sign(made.place, signer, { format, collector: made.collector, tsa })
    expect([evidence.ocsp.length, evidence.crls.length]).toEqual([1, 1])
    const theirs = await made.verifyByNotation()
    expect(theirs.code, theirs.stderr).toBe(0)
    authority.requests.length = 0
    const { verdict, reason, signatures } = await verifyOffline(made)
    expect(verdict, reason?.why).toBe('verified')
    expect(signatures[0]!.revocation).toMatchObject([{ source: 'ocsp', origin: 'carried' }])
    expect(authority.requests).toEqual([])
  })

  test('with attached evidence is accepted by both, and by notation offline', { timeout }, async context => {
    await using authority = await startRevocationAuthority()
    const made = await world(context, authority)
    const { place, collector } = made
    await sign(place, await authority.issue('signer', ['crl']), { format })
    expect((await verifyOffline(made)).verdict).toBe('unknown')
    const [report] = await stapleSignatures(place.artifacts, await place.artifacts.resolve('v1'), {
      collector,
    })
    expect(report).toMatchObject({ status: 'attached', statuses: [{ source: 'crl', status: 'good' }] })
    authority.behaviour.crl = 'garbage'
    authority.requests.length = 0
    expect((await made.verifyByNotation()).code).toBe(1)
    const { verdict, reason } = await verifyOffline(made, { keepCarried: true })
    expect(verdict, reason?.why).toBe('verified')
    authority.requests.length = 0
    const theirs = await made.verifyByNotation()
    expect(theirs.code, theirs.stderr).toBe(0)
    expect(authority.requests).toEqual([])
  })
})

test('a revocation by openssl is found in what is attached', { timeout }, async context => {
  await using authority = await startRevocationAuthority()
  const made = await world(context, authority)
  const signer = await authority.issue('signer', ['crl'])
  const { signature } = await sign(made.place, signer, { format: 'jws' })
  await authority.revoke(signer)
  await attachEvidence(made.place.artifacts, signature, { crls: [await authority.crl()] })
  const { verdict, reason } = await verifyOffline(made)
  expect([verdict, reason?.code]).toEqual(['notVerified', 'REVOCATION'])
})

describe.each([
  ['with the referrers API', startOlareg],
  ['without the referrers API', startDistribution],
] as const)('a registry %s', (_, start) => {
  test('keeps what is attached', { timeout }, async context => {
    await using server = await start(context)
    await using authority = await startRevocationAuthority()
    const made = await world(context, authority, await inRegistry(server, false))
    const { place, collector } = made
    await sign(place, await authority.issue('signer', ['ocsp', 'crl']), { format: 'cose' })
    const staple = async () =>
      stapleSignatures(place.artifacts, await place.artifacts.resolve('v1'), { collector })
    expect(await staple()).toMatchObject([{ status: 'attached' }])
    // The collector keeps what it was told.
    expect(await staple()).toMatchObject([{ status: 'unchanged' }])
    const { verdict, reason, signatures } = await verifyOffline(made)
    expect(verdict, reason?.why).toBe('verified')
    expect(signatures[0]!.revocation).toMatchObject([{ origin: 'carried' }])
  })
})
