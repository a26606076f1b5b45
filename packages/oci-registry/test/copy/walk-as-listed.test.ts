import { type GraphNode, walkGraph } from '@sealwright/oci'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  list,
  MANIFEST,
  made,
  madeImage,
  madeJson,
  madeSignature,
  pushImage,
} from '../../../oci/test/artifacts.ts'
import { registry } from '../../src/index.ts'
import { FakeRegistry, type FakeRegistryOptions } from '../fake-registry.ts'

const COUNT = 40

async function signedImage(options: FakeRegistryOptions) {
  const fake = await FakeRegistry.start(options)
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const store = () => registry(`${fake.host}/app`, { settleMs: 0 })
  const image = madeImage()
  await pushImage(store(), image, 'v1')
  const { descriptor } = image.image
  const signatures = []
  for (let count = 0; count < COUNT; count++) {
    signatures.push(await pushImage(store(), madeSignature(descriptor)))
  }
  const counter = await pushImage(store(), madeSignature(signatures[0]!))
  fake.requests.length = 0
  const shown = (nodes: readonly GraphNode[]) =>
    nodes.map(node => [node.role, node.descriptor.digest]).toSorted()
  return { fake, store, descriptor, signatures: [...signatures, counter], shown }
}

describe.each([
  ['with the referrers API', true],
  ['without it', false],
])('walkGraph that takes the word of a registry %s', (_, referrersApi) => {
  it('finds the same as one that reads everything, and reads no manifest whose type is listed', async () => {
    const { fake, store, descriptor, signatures, shown } = await signedImage({ referrersApi })
    const listed = await list(walkGraph(store(), descriptor, { asListed: true }))
    const paths = fake.requests.map(({ path }) => path)
    for (const { digest } of [descriptor, ...signatures])
      expect(paths).not.toContain(`/v2/app/manifests/${digest}`)
    expect(listed.every(({ manifest }) => manifest === undefined)).toBe(true)
    expect(listed.filter(({ kind }) => kind === 'signature')).toHaveLength(COUNT + 1)
    expect(shown(listed)).toEqual(shown(await list(walkGraph(store(), descriptor))))
  })

  it('asks once for each referrer where there is the API, and for none of them where tags tell', async () => {
    const { fake, store, descriptor } = await signedImage({ referrersApi })
    await list(walkGraph(store(), descriptor, { asListed: true }))
    const asked = fake.requests.filter(({ path }) => path.includes('/referrers/')).length
    expect(asked).toBe(referrersApi ? COUNT + 2 : 1)
    const tags = fake.requests.filter(({ path }) => path.includes('/tags/list')).length
    expect(tags).toBe(1)
    expect(fake.requests.length).toBeLessThan(referrersApi ? COUNT + 8 : 12)
  })

  it('reads what is listed without a type, and goes on where the artifact itself is not there', async () => {
    const { store } = await signedImage({ referrersApi })
    const absent = { mediaType: MANIFEST, digest: `sha256:${'a'.repeat(64)}`, size: 7 }
    const config = made('application/vnd.oci.empty.v1+json', '{}')
    const bundle = madeJson(MANIFEST, {
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      config: config.descriptor,
      layers: [],
      subject: absent,
    })
    await pushImage(store(), { image: bundle, blobs: [config] })
    const nodes = await list(walkGraph(store(), absent, { asListed: true }))
    expect(nodes.map(({ role, kind, manifest }) => [role, kind, manifest !== undefined])).toEqual([
      ['artifact', undefined, false],
      ['referrer', 'attestation', true],
    ])
  })
})
