import { type ArtifactStore, type Descriptor, ReferrerTypes } from '@sealwright/oci'
import { BUNDLE_TYPE } from '@sealwright/sigstore'
import { describe, expect, it } from 'vitest'
import {
  envelopeTypeOf,
  findEnvelopes,
  inspectEnvelope,
  notaryCose,
  notaryJws,
  predicateTypes,
  type SignatureBinding,
  signArtifact,
} from '../src/index.ts'
import { attestedBy } from './attesting.ts'
import { attachDocument, imageStore } from './image.ts'
import { makeParty, NOW, sealedBy } from './party.ts'

const vendor = await makeParty({ organisation: 'Vendor' })

async function signedImage(binding: SignatureBinding = notaryJws) {
  const { artifacts, image } = await imageStore()
  const metadata = { build: '42' }
  const made = await signArtifact({ artifacts }, 'v1', binding, sealedBy(vendor, { binding }), { metadata })
  return { artifacts, image, made }
}

describe('inspectEnvelope', () => {
  it.each([
    ['jws', notaryJws],
    ['cose', notaryCose],
  ] as const)('says what a Notary Project signature in %s says', async (format, binding) => {
    const { image, made } = await signedImage(binding)
    const { mediaType, digest, size } = image
    const inspected = inspectEnvelope(made.envelope)
    expect(inspected).toMatchObject({
      kind: 'signature',
      format,
      algorithm: 'ES256',
      target: { mediaType, digest, size },
      metadata: { build: '42' },
      scheme: 'notary.x509',
      signingTime: NOW,
      timestamps: 0,
    })
    expect(inspected.certificates?.map(({ fingerprint }) => fingerprint)).toEqual(
      vendor.chain.map(({ fingerprint }) => fingerprint),
    )
    expect(inspected.fault).toBeUndefined()
  })

  it('says what a bundle says, with what people look for in its predicate', async () => {
    const { artifacts, image } = await imageStore()
    const { envelope } = await attestedBy(vendor, artifacts, image, { chain: true })
    expect(inspectEnvelope(envelope)).toMatchObject({
      kind: 'attestation',
      format: 'sigstore-bundle',
      version: '0.3',
      payloadType: ReferrerTypes.inToto,
      statement: { predicateType: predicateTypes.slsa },
      summary: { builder: 'ci', 'build type': 'https://ci.example/v1' },
    })
  })

  it('does not verify: a changed signature says the same', async () => {
    const { made } = await signedImage()
    const envelope = JSON.parse(Buffer.from(made.envelope.bytes).toString())
    envelope.signature = `${envelope.signature[0] === 'A' ? 'B' : 'A'}${envelope.signature.slice(1)}`
    const bytes = Buffer.from(JSON.stringify(envelope))
    expect(inspectEnvelope({ ...made.envelope, bytes })).toEqual(inspectEnvelope(made.envelope))
  })

  it('says what a bill of materials is of', () => {
    const spdx = { spdxVersion: 'SPDX-2.3', name: 'app', packages: [{}, {}] }
    const bytes = Buffer.from(JSON.stringify(spdx))
    const bom = { kind: 'sbom', format: 'spdx', version: 'SPDX-2.3', bom: { name: 'app', parts: 2 } }
    expect(inspectEnvelope({ mediaType: ReferrerTypes.spdxJson, bytes })).toEqual(bom)
    expect(inspectEnvelope({ mediaType: ReferrerTypes.spdxText, bytes })).toEqual({
      kind: 'sbom',
      format: 'spdx',
    })
  })

  it.each([
    [notaryJws.mediaType, { kind: 'signature', format: 'jws' }],
    [notaryCose.mediaType, { kind: 'signature', format: 'cose' }],
    [BUNDLE_TYPE, { kind: 'attestation', format: 'sigstore-bundle' }],
    [ReferrerTypes.dsse, { kind: 'attestation', format: 'dsse' }],
    [ReferrerTypes.simpleSigning, { kind: 'signature', format: 'simple-signing' }],
    [ReferrerTypes.cyclonedxJson, { kind: 'sbom', format: 'cyclonedx' }],
    ['text/plain', { kind: 'signature' }],
    ['constructor', { kind: 'signature' }],
  ])('says why content of type %s cannot be read', (mediaType, unread) => {
    const inspected = inspectEnvelope({ mediaType, bytes: Buffer.from('[') })
    expect(inspected).toEqual({ ...unread, fault: expect.any(String) })
  })
})

describe('envelopeTypeOf', () => {
  it('tells formats by their content', async () => {
    for (const binding of [notaryJws, notaryCose]) {
      const { made } = await signedImage(binding)
      expect(envelopeTypeOf(made.envelope.bytes)).toBe(binding.mediaType)
    }
    const { artifacts, image } = await imageStore()
    expect(envelopeTypeOf((await attestedBy(vendor, artifacts, image)).envelope.bytes)).toBe(BUNDLE_TYPE)
    const typeOf = (value: unknown) => envelopeTypeOf(Buffer.from(JSON.stringify(value)))
    expect(typeOf({ payloadType: 'x', payload: '', signatures: [] })).toBe(ReferrerTypes.dsse)
    expect(typeOf({ critical: {} })).toBe(ReferrerTypes.simpleSigning)
    expect(typeOf({ spdxVersion: 'SPDX-2.3' })).toBe(ReferrerTypes.spdxJson)
    expect(typeOf({ bomFormat: 'CycloneDX' })).toBe(ReferrerTypes.cyclonedxJson)
    for (const other of [{}, [], 1, { payload: '' }]) expect(typeOf(other)).toBeUndefined()
    for (const text of ['', '{', 'text', '[1]']) expect(envelopeTypeOf(Buffer.from(text))).toBeUndefined()
  })
})

describe('findEnvelopes', () => {
  async function attached(): Promise<{ artifacts: ArtifactStore; image: Descriptor }> {
    const { artifacts, image } = await signedImage()
    await attestedBy(vendor, artifacts, image)
    await attachDocument(artifacts, image, { artifactType: 'application/vnd.acme.report' })
    return { artifacts, image }
  }

  it('finds signatures and attestations, and nothing else', async () => {
    const { artifacts, image } = await attached()
    const found = await findEnvelopes(artifacts, image)
    expect(found.map(({ mediaType }) => mediaType).toSorted()).toEqual(
      [notaryJws.mediaType, BUNDLE_TYPE].toSorted(),
    )
    for (const each of found) expect(inspectEnvelope(each).fault).toBeUndefined()
  })

  it('reads the media types that are asked for beside them', async () => {
    const { artifacts, image } = await attached()
    const found = await findEnvelopes(artifacts, image, { mediaTypes: ['application/json'] })
    expect(found.map(({ mediaType }) => mediaType)).toContain('application/json')
  })

  it('passes over what cannot be read, and says so', async () => {
    const { artifacts, image } = await attached()
    const [signature] = await findEnvelopes(artifacts, image)
    const { layers } = JSON.parse(await text(artifacts, signature!.digest))
    await artifacts.delete(layers[0])
    const faults: string[] = []
    const found = await findEnvelopes(artifacts, image, {
      onFault: ({ digest }, { code }) => faults.push(`${digest} ${code}`),
    })
    expect(found).toHaveLength(1)
    expect(faults).toEqual([`${signature!.digest} NOT_FOUND`])
  })

  it('is an error beyond the limit', async () => {
    const { artifacts, image } = await attached()
    expect(await findEnvelopes(artifacts, image, { limit: 2 })).toHaveLength(2)
    await expect(findEnvelopes(artifacts, image, { limit: 1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      remedy: { step: 'raiseLimit' },
    })
  })
})

async function text(store: ArtifactStore, digest: string): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of store.fetch(await store.resolve(digest))) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
