import { join } from 'node:path'
import { seal } from '@sealwright/core'
import { type ArtifactStore, copyGraph, type Descriptor, memory, readBlob } from '@sealwright/oci'
import { ocspRequest } from '@sealwright/x509'
import { describe, expect, it } from 'vitest'
import { scratch } from '../../../test/services/scratch.ts'
import {
  type ArtifactOptions,
  attachEvidence,
  createEvidenceCollector,
  createVerifier,
  EVIDENCE_TYPE,
  notaryCose,
  notaryJws,
  predicateTypes,
  type Report,
  type RevocationOptions,
  readEvidence,
  revocationCache,
  type SignatureBinding,
  signArtifact,
  stapleSignatures,
  type Trust,
} from '../src/index.ts'
import { describe as descriptorOf } from '../src/signature-manifest.ts'
import { attestedBy } from './attesting.ts'
import { crlOf, delegatedResponder, hosts, ocspResponse, timestamper, tokenOver } from './authorities.ts'
import { attachDocument, imageStore } from './image.ts'
import { DAY, makeAuthority, makeParty, NOW, type Party, sealedBy } from './party.ts'
import { storeWith } from './store-with.ts'
import { trustOf } from './trust.ts'

const OCSP = 'http://ocsp.example'
const CRL = 'http://crl.example/ca.crl'
const TSA_CRL = 'http://crl.example/tsa.crl'
const EXPIRED = new Date(NOW.getTime() + 365 * DAY)

interface Signing {
  readonly names?: { ocspUrls?: string[]; crlUrls?: string[] }
  readonly binding?: SignatureBinding
  readonly tsa?: Party
}

async function signed({ names = { crlUrls: [CRL] }, binding = notaryJws, tsa }: Signing = {}) {
  const authority = await makeAuthority('Acme')
  const signer = await makeParty({ organisation: 'Acme', authority, certificate: names })
  const { artifacts, image } = await imageStore()
  const { signature, envelope } = await signArtifact({ artifacts }, 'v1', binding, content =>
    seal(binding.envelope, content, signer.signer, {
      attributes: { signingTime: NOW },
      certificates: signer.chain.map(({ der }) => der),
      countersign: async ({ bytes }) => ({ timestamps: tsa && [await tokenOver(tsa, bytes)] }),
    }),
  )
  const trust = trustOf({
    statement: { trustStores: ['ca:acme', ...(tsa ? ['tsa:time'] : [])] },
    stores: { 'ca:acme': [authority.root], ...(tsa ? { 'tsa:time': [tsa.root] } : {}) },
  })
  const request = ocspRequest({ certificate: signer.chain[0]!, issuer: authority.root })
  return { authority, signer, artifacts, image, signature, envelope, trust, request }
}

interface Judging extends ArtifactOptions {
  readonly clock?: Date
  readonly revocation?: RevocationOptions
}

async function verify(
  { artifacts, trust }: { artifacts: ArtifactStore; trust: Trust },
  { clock = NOW, revocation, ...options }: Judging = {},
): Promise<Report> {
  const verifier = await createVerifier({ trust, clock: () => clock, revocation })
  return verifier.verify({ artifacts, reference: 'v1' }, options)
}

const offline = { offline: true }

describe('attached evidence', () => {
  it.each([notaryJws, notaryCose])(
    'shows offline that the signer of a $name was not revoked',
    async binding => {
      const names = { ocspUrls: [OCSP], crlUrls: [CRL] }
      for (const kind of ['ocsp', 'crls'] as const) {
        const made = await signed({ names, binding })
        const piece = kind === 'ocsp' ? ocspResponse(made.authority, made.request) : crlOf(made.authority)
        const { fetch, asked } = hosts({})
        const judging = { ...offline, revocation: { fetch } }
        expect((await verify(made, judging)).reason?.code).toBe('REVOCATION')
        await attachEvidence(made.artifacts, made.signature, { [kind]: [await piece] })
        const report = await verify(made, judging)
        expect(report.verdict, report.reason?.why).toBe('verified')
        expect(report.signatures[0]).not.toHaveProperty('evidenceFaults')
        expect(report.signatures[0]!.revocation![0]).toMatchObject({ status: 'good', origin: 'carried' })
        expect(asked).toEqual([])
        const later = new Date(NOW.getTime() + 3 * DAY)
        expect((await verify(made, { ...judging, clock: later })).verdict).toBe('unknown')
      }
    },
  )

  it('is copied with the signature', async () => {
    const made = await signed()
    await attachEvidence(made.artifacts, made.signature, { crls: [await crlOf(made.authority)] })
    const artifacts = memory()
    await copyGraph(made.artifacts, 'v1', artifacts, { tags: ['v1'], only: ['signature'] })
    expect((await verify({ ...made, artifacts }, offline)).verdict).toBe('verified')
  })

  it('says what it says: a revoked signer is refused', async () => {
    const made = await signed()
    const crls = [await crlOf(made.authority, { revoked: [made.signer.chain[0]!] })]
    await attachEvidence(made.artifacts, made.signature, { crls })
    expect((await verify(made, offline)).verdict).toBe('notVerified')
  })

  it('counts only where the network does not tell, and is not read before', async () => {
    const made = await signed()
    await attachEvidence(made.artifacts, made.signature, { crls: [await crlOf(made.authority)] })
    const listed: string[] = []
    const artifacts = storeWith(made.artifacts, {
      referrers(subject, query) {
        listed.push(subject.digest)
        return made.artifacts.referrers(subject, query)
      },
    })
    const revoked = [made.signer.chain[0]!]
    const { fetch } = hosts({ [CRL]: () => crlOf(made.authority, { revoked }) })
    const report = await verify({ ...made, artifacts }, { revocation: { fetch } })
    expect([report.verdict, listed]).toEqual(['notVerified', [made.image.digest]])
    expect((await verify({ ...made, artifacts })).verdict).toBe('verified')
    expect(listed.slice(1)).toEqual([made.image.digest, made.signature.digest])
  })

  it('with a timestamp proves that an expired certificate was not revoked when it signed', async () => {
    const tsa = await timestamper({ crlUrls: [TSA_CRL] })
    const made = await signed({ tsa: tsa.signer })
    const { fetch } = hosts({ [CRL]: () => crlOf(made.authority), [TSA_CRL]: () => crlOf(tsa.root) })
    const collector = createEvidenceCollector({ fetch, clock: () => NOW })
    const roots = [tsa.root.root]
    const [stapled] = await stapleSignatures(made.artifacts, made.image, { collector, roots })
    expect(stapled).toMatchObject({ kind: 'signature', status: 'attached', faults: [] })
    // The certificate of the authority lasts: its CRL has to be current.
    const tsaCrl = {
      thisUpdate: new Date(EXPIRED.getTime() - DAY),
      nextUpdate: new Date(EXPIRED.getTime() + DAY),
    }
    await attachEvidence(made.artifacts, made.signature, { crls: [await crlOf(tsa.root, tsaCrl)] })
    const report = await verify(made, { ...offline, clock: EXPIRED })
    expect(report.verdict, report.reason?.why).toBe('verified')
    expect(report.signatures[0]).toMatchObject({
      revocation: [{ status: 'good', origin: 'carried', asOf: '2026-06-01T12:00:00Z' }],
      timestamp: { revocation: [{ status: 'good', origin: 'carried' }] },
    })
  })

  it('brings a timestamp to a signature that has none', async () => {
    const tsa = await timestamper()
    const other = await timestamper()
    const made = await signed({ tsa: other.signer })
    const trust = trustOf({
      statement: { trustStores: ['ca:acme', 'tsa:time'] },
      stores: { 'ca:acme': [made.authority.root], 'tsa:time': [tsa.root.root] },
    })
    const { bytes } = notaryJws.envelope.open(made.envelope.bytes).signatures[0]!
    const over = async (message: Uint8Array) => ({ timestamps: [await tokenOver(tsa.signer, message)] })
    const at = { ...offline, clock: EXPIRED }
    await attachEvidence(made.artifacts, made.signature, { crls: [await crlOf(made.authority)] })
    await attachEvidence(made.artifacts, made.signature, await over(Buffer.from('another signature')))
    expect((await verify({ ...made, trust }, at)).reason?.code).toBe('TIMESTAMP')
    await attachEvidence(made.artifacts, made.signature, await over(bytes))
    const report = await verify({ ...made, trust }, at)
    expect(report.verdict, report.reason?.why).toBe('verified')
    expect(report.signatures[0]).toMatchObject({ time: { source: 'timestamp' } })
  })

  it('shows a delegated responder to be good by a CRL, never by its own response', async () => {
    const { authority, request, ...made } = await signed({ names: { ocspUrls: [OCSP] } })
    const responder = await delegatedResponder(authority, CRL)
    const sent = { certificate: responder.chain[0]! }
    const ownRequest = ocspRequest({ certificate: responder.chain[0]!, issuer: authority.root })
    const ocsp = [
      await ocspResponse(responder, request, sent),
      await ocspResponse(responder, ownRequest, sent),
    ]
    await attachEvidence(made.artifacts, made.signature, { ocsp })
    expect((await verify(made, offline)).verdict).toBe('unknown')
    const sourceAfter = async (listed: Parameters<typeof crlOf>[1]) => {
      await attachEvidence(made.artifacts, made.signature, { crls: [await crlOf(authority, listed)] })
      return (await verify(made, offline)).signatures[0]!.revocation![0]!.source
    }
    // This CRL is about the signer too; the response of a responder that was revoked is not taken.
    expect(await sourceAfter({ revoked: [sent.certificate] })).toBe('crl')
    expect(await sourceAfter({ thisUpdate: NOW, number: 2n })).toBe('ocsp')
  })

  it('serves an attestation by a certificate too', async () => {
    const made = await signed({ names: {} })
    const builder = await makeParty({
      organisation: 'Acme',
      authority: made.authority,
      certificate: { crlUrls: [CRL] },
    })
    await attestedBy(builder, made.artifacts, made.image, { chain: true })
    const judging = { ...offline, attestations: [predicateTypes.slsa] }
    expect((await verify(made, judging)).verdict).toBe('unknown')
    const crl = await crlOf(made.authority)
    const collector = createEvidenceCollector({ fetch: hosts({ [CRL]: () => crl }).fetch, clock: () => NOW })
    const options = { collector, roots: [made.authority.root], attestations: true }
    const reports = await stapleSignatures(made.artifacts, made.image, options)
    expect(reports.map(({ kind, status }) => [kind, status])).toEqual([
      ['signature', 'nothing'],
      ['attestation', 'attached'],
    ])
    const report = await verify(made, judging)
    expect(report.verdict, report.reason?.why).toBe('verified')
    expect(report.attestations!.judged[0]!.revocation![0]).toMatchObject({ origin: 'carried' })
    const byKey = await signed()
    await attestedBy(byKey.signer, byKey.artifacts, byKey.image)
    const [, none] = await stapleSignatures(byKey.artifacts, byKey.image, options)
    expect(none).toMatchObject({ kind: 'attestation', status: 'nothing', statuses: [] })
  })
})

describe('a CRL that came with a signature', () => {
  async function cache() {
    const folder = join(await scratch('evidence'), 'crl')
    return revocationCache({ crl: folder })
  }

  it('is kept in the cache where that is wanted, unless a later one is there', async () => {
    const made = await signed({ names: { ocspUrls: [OCSP], crlUrls: [CRL] } })
    const kept = await cache()
    const revocation = { cache: kept }
    const crl = await crlOf(made.authority)
    const ocsp = [await ocspResponse(made.authority, made.request)]
    await attachEvidence(made.artifacts, made.signature, { ocsp, crls: [crl] })
    await verify(made, { ...offline, revocation })
    expect(await kept.crl(CRL)).toBeUndefined()
    await verify(made, { ...offline, revocation, keepCarried: true })
    expect(Buffer.from((await kept.crl(CRL))!.base)).toEqual(Buffer.from(crl))
    const later = await crlOf(made.authority, { thisUpdate: NOW })
    await kept.storeCrl(CRL, { base: later })
    await verify(made, { ...offline, revocation, keepCarried: true })
    expect(Buffer.from((await kept.crl(CRL))!.base)).toEqual(Buffer.from(later))
  })

  it('is not kept for a signer whom nobody trusts', async () => {
    const made = await signed()
    const kept = await cache()
    await attachEvidence(made.artifacts, made.signature, { crls: [await crlOf(made.authority)] })
    const { root } = await makeAuthority('Other')
    const statement = { signatureVerification: { level: 'audit' } } as const
    const trust = trustOf({ statement, stores: { 'ca:acme': [root] } })
    const judging = { ...offline, revocation: { cache: kept }, keepCarried: true }
    const report = await verify({ ...made, trust }, judging)
    expect(report.signatures[0]!.revocation![0]).toMatchObject({ status: 'good' })
    expect(await kept.crl(CRL)).toBeUndefined()
  })
})

describe('evidence that is hostile', () => {
  const pushLayers = async (
    store: ArtifactStore,
    subject: Descriptor,
    layers: readonly (readonly [mediaType: string, bytes: Uint8Array])[],
    members: object = {},
  ) => {
    const descriptors = layers.map(([mediaType, bytes]) => descriptorOf(mediaType, bytes))
    for (const [index, [, bytes]] of layers.entries()) await store.push(descriptors[index]!, bytes)
    return attachDocument(store, subject, { artifactType: EVIDENCE_TYPE, layers: descriptors, ...members })
  }
  const created = (days: number) => ({
    annotations: {
      'org.opencontainers.image.created': new Date(NOW.getTime() + days * DAY).toISOString().slice(0, 19),
    },
  })

  it('is passed over and reported, and hides nothing that is good', async () => {
    const made = await signed()
    const { artifacts, signature } = made
    const junk = Buffer.from('junk')
    const ofOther = await crlOf(await makeAuthority('Acme'))
    const broken = Buffer.from(await crlOf(made.authority))
    broken[broken.length - 1]! ^= 1
    await attachEvidence(artifacts, signature, { crls: [await crlOf(made.authority)] }, { created: NOW })
    await pushLayers(artifacts, signature, [
      ['application/ocsp-response', junk],
      ['application/pkix-crl', junk],
      ['application/pkix-crl', ofOther],
      ['application/pkix-crl', broken],
      ['application/cms', junk],
      ['application/ocsp-response', new Uint8Array(20_481)],
      ['text/plain', junk],
    ])
    const lost = await pushLayers(
      artifacts,
      signature,
      [['application/cms', Buffer.from('lost')]],
      created(1),
    )
    await artifacts.delete(descriptorOf('application/cms', Buffer.from('lost')))
    await attachDocument(artifacts, signature, { artifactType: EVIDENCE_TYPE, layers: {} }).catch(() => {})
    const report = await verify(made, offline)
    expect(report.verdict, report.reason?.why).toBe('verified')
    const { evidenceFaults: faults } = report.signatures[0]!
    for (const part of ['a layer that is not evidence', '20481', 'memory has no'])
      expect(faults!.join('\n')).toContain(part)
    expect(lost.digest).toMatch(/^sha256:/)
  })

  it('counts for no other signature', async () => {
    const made = await signed()
    const other = await signArtifact({ artifacts: made.artifacts }, 'v1', notaryJws, sealedBy(made.signer))
    const crl = await crlOf(made.authority)
    const strayed = await pushLayers(made.artifacts, other.signature, [['application/pkix-crl', crl]])
    const artifacts = storeWith(made.artifacts, {
      async *referrers(subject, query) {
        yield* made.artifacts.referrers(subject, query)
        if (subject.digest === made.signature.digest) yield strayed
      },
    })
    const { evidence, faults } = await readEvidence(artifacts, made.signature)
    expect(evidence.crls).toEqual([])
    expect(faults).toEqual([expect.stringContaining('about another signature')])
  })

  it('is found where a registry lists the type of the config, and other referrers are passed over', async () => {
    const made = await signed()
    await attachEvidence(made.artifacts, made.signature, { crls: [await crlOf(made.authority)] })
    await attachDocument(made.artifacts, made.signature, {})
    const artifacts = storeWith(made.artifacts, {
      async *referrers(subject, query) {
        for await (const found of made.artifacts.referrers(subject, query))
          yield subject.digest === made.signature.digest
            ? { ...found, artifactType: 'application/vnd.oci.empty.v1+json' }
            : found
      },
    })
    const report = await verify({ ...made, artifacts }, offline)
    expect(report.verdict).toBe('verified')
    expect(report.signatures[0]).not.toHaveProperty('evidenceFaults')
  })

  it('is bounded: 256 manifests, the newest ones', async () => {
    const made = await signed()
    const { artifacts, signature } = made
    await artifacts.batch!(async store => {
      for (let index = 0; index < 260; index++)
        await pushLayers(store, signature, [['application/cms', Buffer.from([index % 64])]], {
          annotations: { 'org.opencontainers.image.created': `2026-06-01T00:00:00.${1000 + index}` },
        })
    })
    const { evidence, faults } = await readEvidence(artifacts, signature)
    expect(evidence.timestamps).toHaveLength(64)
    expect(faults).toEqual([expect.stringContaining('260 manifests')])
  })

  it('crowds out nothing: one manifest of many pieces, many manifests, and large pieces', async () => {
    const made = await signed()
    const { artifacts, signature } = made
    await attachEvidence(artifacts, signature, { crls: [await crlOf(made.authority)] }, { created: NOW })
    const other = await makeAuthority('Acme')
    const ofOther = await crlOf(other)
    const junk = (index: number) => Buffer.from(`junk ${index}`)
    await artifacts.batch!(async store => {
      const many = Array.from({ length: 100 }, (_, index) => ['application/pkix-crl', junk(index)] as const)
      await pushLayers(store, signature, many, created(400))
      for (let index = 0; index < 100; index++)
        await pushLayers(
          store,
          signature,
          [
            ['application/pkix-crl', ofOther],
            ['application/cms', junk(1000 + index)],
            ['application/ocsp-response', junk(2000 + index)],
          ],
          created(500 + index),
        )
      for (let index = 0; index < 3; index++)
        await pushLayers(
          store,
          signature,
          [['application/pkix-crl', Buffer.alloc(31 * 1024 * 1024, index)]],
          created(900 + index),
        )
    })
    const report = await verify(made, offline)
    expect(report.verdict, report.reason?.why).toBe('verified')
    expect(report.signatures[0]!.evidenceFaults!.join('\n')).toContain('not about this signature')
  })

  it('is bounded: 64 pieces of a kind', async () => {
    const { artifacts, signature } = await signed()
    const layers = Array.from({ length: 100 }, (_, index) => ['application/cms', Buffer.of(index)] as const)
    await pushLayers(artifacts, signature, layers)
    const { evidence, faults } = await readEvidence(artifacts, signature)
    expect([evidence.timestamps.length, faults]).toEqual([64, [expect.stringContaining('more than 64')]])
  })

  it('is bounded: 64 MiB, of which nothing more is asked for', async () => {
    const { artifacts, signature } = await signed()
    const fetched: number[] = []
    const size = 30 * 1024 * 1024
    const layers = Array.from({ length: 5 }, (_, index) => ({
      mediaType: 'application/pkix-crl',
      digest: `sha256:${String(index).repeat(64)}`,
      size: index === 4 ? 33 * 1024 * 1024 : size,
    }))
    await attachDocument(artifacts, signature, { artifactType: EVIDENCE_TYPE, layers }).catch(() => {})
    const hostile = storeWith(artifacts, {
      async *fetch(descriptor, call) {
        if (descriptor.mediaType === 'application/pkix-crl') fetched.push(descriptor.size)
        yield* artifacts.fetch(descriptor, call)
      },
    })
    const { faults } = await readEvidence(hostile, signature)
    expect(fetched).toEqual([size, size])
    expect(faults.join('\n')).toContain('bytes of evidence are attached')
  })

  it('cannot be listed: verification goes on, and says so', async () => {
    const made = await signed()
    const failing = storeWith(made.artifacts, {
      async *referrers(subject, query) {
        if (subject.digest === made.signature.digest) await readBlob(memory(), subject, 1e6)
        yield* made.artifacts.referrers(subject, query)
      },
    })
    const report = await verify({ ...made, artifacts: failing }, offline)
    expect(report.reason?.code).toBe('REVOCATION')
    expect(report.signatures[0]!.evidenceFaults).toEqual([expect.stringContaining('memory has no')])
  })

  it('that is stapled and cannot be read is reported too', async () => {
    const made = await signed({ names: {} })
    const envelope = JSON.parse(Buffer.from(made.envelope.bytes).toString())
    envelope.header.etsiU = [{ rVals: { crlVals: 'junk' } }]
    const bytes = Buffer.from(JSON.stringify(envelope))
    const { artifacts } = await imageStore()
    await signArtifact({ artifacts }, 'v1', notaryJws, async () => ({
      mediaType: notaryJws.mediaType,
      bytes,
    }))
    const report = await verify({ ...made, artifacts })
    expect(report.verdict).toBe('verified')
    expect(report.signatures[0]!.evidenceFaults).toEqual([expect.stringContaining('crlVals is not a list')])
  })
})
