import { memory } from '@sealwright/oci'
import { describe, expect, it } from 'vitest'
import { type FoundSignature, findSignatures, notaryJws, signArtifact } from '../src/index.ts'
import { describe as describeBytes } from '../src/signature-manifest.ts'
import { attachDocument, imageStore, pushImage } from './image.ts'
import { makeParty, sealedBy } from './party.ts'

const SIGNATURE = 'application/vnd.cncf.notary.signature'
const EMPTY = { digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', size: 2 }

async function found(...args: Parameters<typeof findSignatures>): Promise<FoundSignature[]> {
  const all: FoundSignature[] = []
  for await (const one of findSignatures(...args)) all.push(one)
  return all
}

describe('findSignatures', () => {
  it('reads the form by config type, the form by artifact type, and the withdrawn artifact manifest', async () => {
    const { artifacts, image } = await imageStore()
    const byConfig = await attachDocument(artifacts, image, { config: { mediaType: SIGNATURE, ...EMPTY } })
    const byType = await attachDocument(artifacts, image, { artifactType: SIGNATURE })
    const layer = describeBytes('application/json', Buffer.from('{"any":"thing"}'))
    const withdrawn = Buffer.from(
      JSON.stringify({
        mediaType: 'application/vnd.oci.artifact.manifest.v1+json',
        artifactType: SIGNATURE,
        blobs: [layer],
        subject: image,
      }),
    )
    const descriptor = describeBytes('application/vnd.oci.artifact.manifest.v1+json', withdrawn)
    await artifacts.push(descriptor, withdrawn)
    const all = await found(artifacts, image)
    expect(all.map(({ manifest }) => manifest.digest).toSorted()).toEqual(
      [byConfig, byType, descriptor].map(({ digest }) => digest).toSorted(),
    )
    expect(all.map(({ envelope }) => envelope?.digest)).toEqual(Array(3).fill(layer.digest))
  })

  it('passes over what only looks like one', async () => {
    const { artifacts, image } = await imageStore()
    await attachDocument(artifacts, image, {
      artifactType: SIGNATURE,
      config: { mediaType: 'application/json', ...EMPTY },
    })
    await attachDocument(artifacts, image, {
      artifactType: 'application/json',
      config: { mediaType: SIGNATURE, ...EMPTY },
    })
    await attachDocument(artifacts, image, { artifactType: 'application/json' })
    const other = await pushImage(artifacts, 'v2')
    await attachDocument(artifacts, other, { artifactType: SIGNATURE })
    expect(await found(artifacts, image)).toEqual([])
  })

  it('names one that has no envelope, or several, with its fault', async () => {
    const { artifacts, image } = await imageStore()
    await attachDocument(artifacts, image, { artifactType: SIGNATURE, layers: [] })
    expect(await found(artifacts, image)).toMatchObject([{ fault: { code: 'VALIDATION' } }])
  })

  it('ends in an error beyond its limit, not in a shorter list', async () => {
    const { artifacts, image } = await imageStore()
    const vendor = await makeParty({ organisation: 'Acme' })
    await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(vendor))
    await attachDocument(artifacts, image, { artifactType: SIGNATURE })
    expect(await found(artifacts, image, { limit: 2 })).toHaveLength(2)
    await expect(found(artifacts, image, { limit: 1 })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('finds nothing of an artifact that nobody signed', async () => {
    const { image } = await imageStore()
    expect(await found(memory(), image)).toEqual([])
  })
})
