import { type Envelope, isSealwrightError, seal } from '@sealwright/core'
import { blobsOf, readManifest } from '@sealwright/oci'
import { describe, expect, it } from 'vitest'
import {
  attachEvidence,
  createEvidenceCollector,
  EVIDENCE_TYPE,
  type EvidenceCollectorOptions,
  mergeEvidence,
  notaryJws,
  readEvidence,
  type SignatureEvidence,
  signArtifact,
  stapleable,
  stapleSignatures,
} from '../src/index.ts'
import { crlOf, delegatedResponder, hosts, ocspResponse, timestamper, tokenOver } from './authorities.ts'
import { imageStore } from './image.ts'
import { DAY, makeAuthority, makeParty, NOW, type Party, sealedBy } from './party.ts'
import { storeWith } from './store-with.ts'

const OCSP = 'http://ocsp.example'
const CRL = 'http://crl.example/ca.crl'
const TSA_CRL = 'http://crl.example/tsa.crl'
const clock = () => NOW

async function party(names: { ocspUrls?: string[]; crlUrls?: string[] }) {
  const authority = await makeAuthority('Acme')
  return { authority, signer: await makeParty({ organisation: 'Acme', authority, certificate: names }) }
}

const collector = (options: EvidenceCollectorOptions) => createEvidenceCollector({ clock, ...options })

const count = ({ ocsp, crls, timestamps }: SignatureEvidence) => [ocsp.length, crls.length, timestamps.length]

const hashes = (...pieces: Uint8Array[]) => pieces.map(piece => Buffer.from(piece).toString('base64'))

describe('a collector', () => {
  it('takes both kinds of statement on every certificate but the root', async () => {
    const { authority, signer } = await party({ ocspUrls: [OCSP], crlUrls: [CRL] })
    const crl = await crlOf(authority)
    const { fetch, asked } = hosts({ [OCSP]: body => ocspResponse(authority, body), [CRL]: () => crl })
    const collecting = collector({ fetch })
    const { evidence, statuses } = await collecting.collect(signer.chain)
    expect(count(evidence)).toEqual([1, 1, 0])
    expect(hashes(...evidence.crls)).toEqual(hashes(crl))
    expect(statuses).toMatchObject([
      { status: 'good', source: 'ocsp', url: OCSP, fingerprint: signer.chain[0]!.fingerprint },
      { status: 'good', source: 'crl', url: CRL },
    ])
    await collecting.collect(signer.chain)
    expect(asked).toHaveLength(2)
  })

  it('reports what could not be had, with what to do', async () => {
    const { authority, signer } = await party({ ocspUrls: ['http://10.0.0.1/'], crlUrls: [CRL] })
    const { fetch } = hosts({ [CRL]: () => crlOf(authority) })
    const { evidence, statuses } = await collector({ fetch }).collect(signer.chain)
    expect(count(evidence)).toEqual([0, 1, 0])
    expect(statuses[0]).toMatchObject({
      status: 'unknown',
      source: 'ocsp',
      why: expect.stringContaining('http://10.0.0.1/'),
      fix: expect.any(String),
    })
    const none = await party({})
    expect(await collector({ fetch }).collect(none.signer.chain)).toMatchObject({
      evidence: { ocsp: [], crls: [] },
      statuses: [{ status: 'notRevocable' }],
    })
  })

  it.each([
    ['is out of date', { nextUpdate: new Date(NOW.getTime() - 60_000) }],
    ['is from the future', { thisUpdate: new Date(NOW.getTime() + DAY) }],
  ])('takes no statement that %s', async (_, times) => {
    const { authority, signer } = await party({ ocspUrls: [OCSP], crlUrls: [CRL] })
    const { fetch } = hosts({
      [OCSP]: body => ocspResponse(authority, body, times),
      [CRL]: () => crlOf(authority, times),
    })
    const { evidence, statuses } = await collector({ fetch }).collect(signer.chain)
    expect(count(evidence)).toEqual([0, 0, 0])
    expect(statuses.map(({ status }) => status)).toEqual(['unknown', 'unknown'])
  })

  it('takes nothing of a certificate that one source calls revoked', async () => {
    const { authority, signer } = await party({ ocspUrls: [OCSP], crlUrls: [CRL] })
    const { fetch } = hosts({
      [OCSP]: body => ocspResponse(authority, body),
      [CRL]: () => crlOf(authority, { revoked: [signer.chain[0]!] }),
    })
    const { evidence, statuses } = await collector({ fetch }).collect(signer.chain)
    expect(count(evidence)).toEqual([0, 0, 0])
    expect(statuses.map(({ status }) => status)).toEqual(['good', 'revoked'])
  })

  it('takes every CRL that a certificate names, each with its delta', async () => {
    const other = 'http://crl.example/other.crl'
    const delta = 'http://crl.example/delta.crl'
    const { authority, signer } = await party({ crlUrls: [CRL, other] })
    const { fetch } = hosts({
      [CRL]: () => crlOf(authority, { number: 5n, freshestCrlUrls: [delta] }),
      [delta]: () => crlOf(authority, { number: 6n, baseNumber: 5n }),
      [other]: () => crlOf(authority, { number: 7n }),
    })
    expect(count((await collector({ fetch }).collect(signer.chain)).evidence)).toEqual([0, 3, 0])
  })

  it('takes the CRL that shows a delegated responder to be good', async () => {
    const { authority, signer } = await party({ ocspUrls: [OCSP] })
    const responder = await delegatedResponder(authority, CRL)
    const { fetch } = hosts({
      [OCSP]: body => ocspResponse(responder, body, { certificate: responder.chain[0]! }),
      [CRL]: () => crlOf(authority),
    })
    expect(count((await collector({ fetch }).collect(signer.chain)).evidence)).toEqual([1, 1, 0])
  })

  it('asks although the cache knows, and offline takes what the cache knows', async () => {
    const { authority, signer } = await party({ crlUrls: [CRL] })
    const old = await crlOf(authority, { number: 1n })
    const kept: Uint8Array[] = []
    const cache = {
      crl: async () => ({ base: old }),
      storeCrl: async (_: string, { base }: { base: Uint8Array }) => void kept.push(base),
      ocsp: async () => undefined,
      storeOcsp: async () => {},
    }
    const recent = await crlOf(authority, { number: 2n })
    const collecting = collector({ fetch: hosts({ [CRL]: () => recent }).fetch, cache })
    expect(hashes(...(await collecting.collect(signer.chain)).evidence.crls)).toEqual(hashes(recent))
    expect(hashes(...kept)).toEqual(hashes(recent))
    const { evidence } = await collecting.collect(signer.chain, { offline: true })
    expect(hashes(...evidence.crls)).toEqual(hashes(old))
  })
})

it('evidence is merged, each piece once, and what fits is stapled', () => {
  const [small, large] = [Buffer.alloc(64 * 1024, 1), Buffer.alloc(64 * 1024 + 1, 2)]
  const ocsp = Array.from({ length: 20 }, (_, index) => Buffer.of(index))
  const merged = mergeEvidence({ crls: [small, large] }, { crls: [Buffer.from(small)], ocsp }, {})
  expect(count(merged)).toEqual([20, 2, 0])
  const fitting = stapleable(merged)
  expect([fitting.ocsp.length, fitting.crls]).toEqual([16, [small]])
})

it('is stapled to an envelope while it is signed', async () => {
  const { authority, signer } = await party({ ocspUrls: [OCSP], crlUrls: [CRL] })
  const { fetch } = hosts({ [OCSP]: body => ocspResponse(authority, body), [CRL]: () => crlOf(authority) })
  const { evidence } = await collector({ fetch }).collect(signer.chain)
  const { artifacts } = await imageStore()
  const { envelope } = await signArtifact({ artifacts }, 'v1', notaryJws, content =>
    seal(notaryJws.envelope, content, signer.signer, {
      attributes: { signingTime: NOW },
      certificates: signer.chain.map(({ der }) => der),
      countersign: async () => ({ stapled: stapleable(evidence) }),
    }),
  )
  const { stapled } = notaryJws.envelope.open(envelope.bytes).signatures[0]!.evidence
  expect(hashes(...stapled!.ocsp!, ...stapled!.crls!)).toEqual(hashes(...evidence.ocsp, ...evidence.crls))
})

describe('attached evidence', () => {
  const piece = (value: number) => Uint8Array.of(value)
  const evidence = { ocsp: [piece(1)], crls: [piece(2), piece(3)], timestamps: [piece(4)] }

  async function signature() {
    const { artifacts } = await imageStore()
    const vendor = await makeParty({ organisation: 'Acme' })
    const made = await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(vendor))
    return { artifacts, ...made }
  }

  it('is a referrer of the signature, with a layer for each piece', async () => {
    const { artifacts, signature: subject } = await signature()
    const { manifest, foundBy } = await attachEvidence(artifacts, subject, evidence, { created: NOW })
    expect(foundBy).toBe('layout')
    const document = JSON.parse(Buffer.from((await readManifest(artifacts, manifest!)).raw).toString())
    expect(document).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: EVIDENCE_TYPE,
      config: expect.objectContaining({ mediaType: 'application/vnd.oci.empty.v1+json', size: 2 }),
      layers: [
        { mediaType: 'application/ocsp-response', digest: expect.any(String), size: 1 },
        { mediaType: 'application/pkix-crl', digest: expect.any(String), size: 1 },
        { mediaType: 'application/pkix-crl', digest: expect.any(String), size: 1 },
        { mediaType: 'application/cms', digest: expect.any(String), size: 1 },
      ],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations: { 'org.opencontainers.image.created': '2026-06-01T12:00:00Z' },
    })
    const found = await readEvidence(artifacts, subject)
    expect(found.faults).toEqual([])
    for (const kind of ['ocsp', 'crls', 'timestamps'] as const)
      expect(hashes(...found.evidence[kind])).toEqual(hashes(...evidence[kind]))
  })

  it('is stored once, and nothing is stored for nothing', async () => {
    const { artifacts, signature: subject } = await signature()
    await attachEvidence(artifacts, subject, evidence)
    for (const again of [evidence, { crls: evidence.crls }, {}])
      expect(await attachEvidence(artifacts, subject, again)).toEqual({})
    const more = { crls: [piece(2), piece(9)] }
    expect((await attachEvidence(artifacts, subject, more)).manifest).toBeDefined()
    expect(count((await readEvidence(artifacts, subject)).evidence)).toEqual([1, 3, 1])
  })

  it('that is lost is an error', async () => {
    const { artifacts, signature: subject } = await signature()
    const hiding = storeWith(artifacts, { async *referrers() {} })
    await expect(attachEvidence(hiding, subject, evidence)).rejects.toThrow(/cannot be read back/)
  })
})

describe('stapleSignatures', () => {
  const sealing = (signer: Party, tsa?: Party) => (content: Parameters<ReturnType<typeof sealedBy>>[0]) =>
    seal(notaryJws.envelope, content, signer.signer, {
      attributes: { signingTime: NOW },
      certificates: signer.chain.map(({ der }) => der),
      countersign: async ({ bytes }) => ({ timestamps: tsa && [await tokenOver(tsa, bytes)] }),
    }) satisfies Promise<Envelope>

  it('attaches evidence for every signature and its timestamp authority, and reports each', async () => {
    const { authority, signer } = await party({ crlUrls: [CRL] })
    const tsa = await timestamper({ crlUrls: [TSA_CRL] })
    const plain = await makeParty({ organisation: 'Plain' })
    const dead = await makeParty({
      organisation: 'Acme',
      authority,
      certificate: { crlUrls: ['http://gone.example/'] },
    })
    const { artifacts, image } = await imageStore()
    const signed: string[] = []
    for (const sealed of [sealing(signer, tsa.signer), sealing(plain), sealing(dead)]) {
      const { signature } = await signArtifact({ artifacts }, 'v1', notaryJws, sealed)
      signed.push(signature.digest)
    }
    const [crl, tsaCrl] = [await crlOf(authority), await crlOf(tsa.root)]
    const { fetch } = hosts({ [CRL]: () => crl, [TSA_CRL]: () => tsaCrl })
    const staple = () =>
      stapleSignatures(artifacts, image, { collector: collector({ fetch }), roots: [tsa.root.root] })
    const reports = await staple()
    const by = (index: number) => reports.find(({ digest }) => digest === signed[index])!
    expect(by(0)).toMatchObject({ status: 'attached', faults: [] })
    expect(by(0).statuses.map(({ url, status }) => [url, status])).toEqual([
      [CRL, 'good'],
      [TSA_CRL, 'good'],
    ])
    expect(by(1)).toMatchObject({ status: 'nothing', statuses: [] })
    expect(by(2)).toMatchObject({
      status: 'nothing',
      statuses: [{ status: 'unknown', why: expect.stringContaining('404') }],
    })
    const { evidence } = await readEvidence(artifacts, await artifacts.resolve(signed[0]!))
    expect(count(evidence)).toEqual([0, 2, 0])
    const again = await staple()
    expect(again.find(({ digest }) => digest === signed[0])?.status).toBe('unchanged')
  })

  it('goes on after a signature that cannot be read, or evidence that cannot be stored', async () => {
    const { authority, signer } = await party({ crlUrls: [CRL] })
    const { artifacts, image } = await imageStore()
    const { signature } = await signArtifact({ artifacts }, 'v1', notaryJws, sealing(signer))
    const other = await party({ crlUrls: [CRL] })
    const lost = await signArtifact({ artifacts }, 'v1', notaryJws, sealing(other.signer))
    for (const blob of blobsOf(await readManifest(artifacts, lost.signature)))
      if (blob.mediaType === notaryJws.mediaType) await artifacts.delete(blob)
    const { fetch } = hosts({ [CRL]: () => crlOf(authority) })
    const reports = await stapleSignatures(artifacts, image, { collector: collector({ fetch }) })
    expect(reports.map(({ digest, status, error }) => [digest, status, error?.code]).toSorted()).toEqual(
      [
        [signature.digest, 'attached', undefined],
        [lost.signature.digest, 'failed', 'NOT_FOUND'],
      ].toSorted(),
    )
  })

  it('adds a timestamp where it is asked to', async () => {
    const { authority, signer } = await party({ crlUrls: [CRL] })
    const tsa = await timestamper()
    const { artifacts, image } = await imageStore()
    const { signature } = await signArtifact({ artifacts }, 'v1', notaryJws, sealing(signer))
    const { fetch } = hosts({ [CRL]: () => crlOf(authority) })
    const timestamp = async ({ bytes }: { bytes: Uint8Array }) => ({
      token: await tokenOver(tsa.signer, bytes),
      chain: tsa.signer.chain,
    })
    await stapleSignatures(artifacts, image, { collector: collector({ fetch }), timestamp })
    expect(count((await readEvidence(artifacts, signature)).evidence)).toEqual([0, 1, 1])
  })

  it('ends with the reason of the caller who gives up', async () => {
    const { signer } = await party({ crlUrls: [CRL] })
    const { artifacts, image } = await imageStore()
    await signArtifact({ artifacts }, 'v1', notaryJws, sealing(signer))
    const controller = new AbortController()
    const { fetch } = hosts({
      [CRL]: () => {
        controller.abort(new Error('enough'))
        return new Promise(() => {})
      },
    })
    const { signal } = controller
    const stapling = stapleSignatures(artifacts, image, { collector: collector({ fetch }), signal })
    await expect(stapling).rejects.toSatisfy(
      error => !isSealwrightError(error) && error instanceof Error && error.message === 'enough',
    )
  })
})
