import { isSealwrightError } from '@sealwright/core'
import { type ArtifactStore, memory, readManifest } from '@sealwright/oci'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  attachSignature,
  createVerifier,
  findEqualSignature,
  findSignatures,
  notaryCose,
  notaryJws,
  signArtifact,
  trustAnchors,
} from '../src/index.ts'
import { imageStore, pushImage } from './image.ts'
import { DAY, makeAuthority, makeParty, NOW, type Party, sealedBy } from './party.ts'

describe('signArtifact', () => {
  let authority: Party
  let vendor: Party
  beforeAll(async () => {
    authority = await makeAuthority('Acme')
    vendor = await makeParty({ organisation: 'Acme', authority })
  })

  it('attaches the signature in the form that every tagged notation writes', async () => {
    const { artifacts, image } = await imageStore()
    const { subject, signature, envelope, foundBy } = await signArtifact(
      { artifacts },
      'v1',
      notaryJws,
      sealedBy(vendor),
    )
    const manifest = JSON.parse(Buffer.from((await readManifest(artifacts, signature)).raw).toString())
    expect(manifest).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.cncf.notary.signature',
        digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        size: 2,
      },
      layers: [
        { mediaType: 'application/jose+json', digest: expect.any(String), size: envelope.bytes.length },
      ],
      subject: { mediaType: image.mediaType, digest: image.digest, size: image.size },
      annotations: {
        'io.cncf.notary.x509chain.thumbprint#S256': JSON.stringify(
          vendor.chain.map(({ fingerprint }) => fingerprint),
        ),
        'org.opencontainers.image.created': '2026-06-01T12:00:00Z',
      },
    })
    expect(subject).toEqual({ mediaType: image.mediaType, digest: image.digest, size: image.size })
    expect(foundBy).toBe('layout')
  })

  it('writes the artifact type with the empty config when asked to', async () => {
    const { artifacts } = await imageStore()
    const { signature } = await signArtifact(
      { artifacts },
      'v1',
      notaryCose,
      sealedBy(vendor, { binding: notaryCose }),
      {
        manifest: 'artifact-type',
      },
    )
    expect(JSON.parse(Buffer.from((await readManifest(artifacts, signature)).raw).toString())).toMatchObject({
      artifactType: 'application/vnd.cncf.notary.signature',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', data: 'e30=' },
      layers: [{ mediaType: 'application/cose' }],
    })
    expect(await listed(artifacts)).toEqual([signature.digest])
  })

  it('leaves tag and digest of the artifact as they were', async () => {
    const { artifacts, image } = await imageStore()
    await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(vendor))
    expect((await artifacts.resolve('v1')).digest).toBe(image.digest)
  })

  it('resolves a tag once: what is tagged while it seals is not what is signed', async () => {
    const { artifacts, image } = await imageStore()
    const { subject } = await signArtifact({ artifacts }, 'v1', notaryJws, async content => {
      await artifacts.tag(await pushImage(artifacts, 'v2'), 'v1')
      return sealedBy(vendor)(content)
    })
    expect(subject.digest).toBe(image.digest)
  })

  it('signs metadata and refuses the keys of the Notary Project', async () => {
    const { artifacts } = await imageStore()
    const sealing = sealedBy(vendor)
    await signArtifact({ artifacts }, 'v1', notaryJws, sealing, { metadata: { build: '42' } })
    const refused = signArtifact({ artifacts }, 'v1', notaryJws, sealing, {
      metadata: { 'io.cncf.notary.x': '1' },
    })
    await expect(refused).rejects.toMatchObject({ code: 'VALIDATION' })
    const verifier = await createVerifier({
      trust: trustAnchors({ certificates: [authority.root.der] }),
      clock: () => NOW,
    })
    const report = await verifier.verify({ artifacts, reference: 'v1' })
    expect(report.signatures.map(({ signed }) => signed?.metadata)).toEqual([{ build: '42' }])
  })

  it('stores the signature in another place when asked to', async () => {
    const { artifacts } = await imageStore()
    const signatures = memory()
    await signArtifact({ artifacts, signatures }, 'v1', notaryJws, sealedBy(vendor))
    expect(await listed(artifacts)).toEqual([])
    const verifier = await createVerifier({
      trust: trustAnchors({ certificates: [authority.root.der] }),
      clock: () => NOW,
    })
    expect((await verifier.verify({ artifacts, signatures, reference: 'v1' })).verdict).toBe('verified')
  })

  it('stores nothing of an envelope that signs something else', async () => {
    const { artifacts } = await imageStore()
    const other = { mediaType: 'text/plain', digest: `sha256:${'0'.repeat(64)}`, size: 1 }
    await refusedWith('INTEGRITY', artifacts, () => sealedBy(vendor)(other))
    await refusedWith('INTEGRITY', artifacts, content =>
      sealedBy(vendor)({ ...content, annotations: { more: '1' } }),
    )
  })

  it('stores nothing of an envelope whose signature does not hold', async () => {
    const { artifacts } = await imageStore()
    await refusedWith('INTEGRITY', artifacts, async content => {
      const { mediaType, bytes } = await sealedBy(vendor)(content)
      const { signature, ...rest } = JSON.parse(Buffer.from(bytes).toString())
      const broken = `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`
      return { mediaType, bytes: Buffer.from(JSON.stringify({ ...rest, signature: broken })) }
    })
  })

  it('stores nothing under certificates that break the rules, or were not valid', async () => {
    const { artifacts } = await imageStore()
    const ca = await makeAuthority('Leaf is CA')
    await refusedWith('VALIDATION', artifacts, sealedBy(ca))
    await refusedWith(
      'VALIDATION',
      artifacts,
      sealedBy(vendor, { signingTime: new Date(NOW.getTime() + 31 * DAY) }),
    )
  })

  it('says so when the store does not list what it accepted', async () => {
    const { artifacts } = await imageStore()
    const forgetful: ArtifactStore = {
      name: 'forgetful',
      resolve: reference => artifacts.resolve(reference),
      fetch: descriptor => artifacts.fetch(descriptor),
      exists: descriptor => artifacts.exists(descriptor),
      push: async (descriptor, content) => {
        const { referrers } = await artifacts.push(descriptor, content)
        return referrers === undefined ? {} : { referrers: 'api' }
      },
      tag: (descriptor, tag) => artifacts.tag(descriptor, tag),
      delete: descriptor => artifacts.delete(descriptor),
      async *referrers() {},
    }
    await expect(
      signArtifact({ artifacts: forgetful }, 'v1', notaryJws, sealedBy(vendor)),
    ).rejects.toMatchObject({
      code: 'INTEGRITY',
      message: expect.stringContaining('cannot be read back'),
      fix: expect.stringContaining('the fallback index'),
      remedy: { step: 'useFallbackIndex' },
    })
  })

  it('attaches an envelope made elsewhere, to the artifact that it signs and no other', async () => {
    const { artifacts, image } = await imageStore()
    const { mediaType, digest, size } = image
    const envelope = await sealedBy(vendor)({ mediaType, digest, size })
    const { signature } = await attachSignature({ artifacts }, image, envelope)
    expect(await listed(artifacts)).toEqual([signature.digest])
    const other = await pushImage(artifacts, 'v2')
    await expect(attachSignature({ artifacts }, other, envelope)).rejects.toMatchObject({ code: 'INTEGRITY' })
  })

  describe('findEqualSignature', () => {
    it('finds the signature that makes another one needless, and no other', async () => {
      const { artifacts, image } = await imageStore()
      const expiry = new Date(NOW.getTime() + DAY)
      const { signature } = await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(vendor, { expiry }))
      const query = { content: notaryJws.contentOf(image), publicKey: vendor.signer.key.publicKey, now: NOW }
      const find = async (change: Partial<Parameters<typeof findEqualSignature>[2]>) =>
        (await findEqualSignature(artifacts, image, { ...query, ...change }))?.signature.digest
      expect(await find({})).toBe(signature.digest)
      expect(await find({ now: expiry })).toBeUndefined()
      expect(await find({ publicKey: authority.signer.key.publicKey })).toBeUndefined()
      expect(await find({ content: notaryJws.contentOf(image, { build: '42' }) })).toBeUndefined()
      expect(await find({ mediaType: notaryCose.mediaType })).toBeUndefined()
      expect(await find({ mediaType: notaryJws.mediaType })).toBe(signature.digest)
    })
  })
})

async function listed(store: ArtifactStore): Promise<string[]> {
  const digests: string[] = []
  for await (const { manifest } of findSignatures(store, await store.resolve('v1'))) {
    digests.push(manifest.digest)
  }
  return digests
}

async function refusedWith(
  code: string,
  artifacts: ArtifactStore,
  seal: Parameters<typeof signArtifact>[3],
): Promise<void> {
  const error = await signArtifact({ artifacts }, 'v1', notaryJws, seal).catch((thrown: unknown) => thrown)
  expect(isSealwrightError(error) && error.code).toBe(code)
  expect(await listed(artifacts)).toEqual([])
}
