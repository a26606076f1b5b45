import { type GraphNode, memory, type WalkOptions, walkGraph } from '@sealwright/oci'
import { describe, expect, it } from 'vitest'
import {
  INDEX,
  list,
  MANIFEST,
  made,
  madeImage,
  madeJson,
  madeSignature,
  pushImage,
} from '../../../oci/test/artifacts.ts'
import { registry } from '../../src/index.ts'
import { FakeRegistry } from '../fake-registry.ts'

const shown = ({ role, depth, tag, again, kind, descriptor }: GraphNode) =>
  [role, depth, tag?.replace(/[0-9a-f]{64}/, 'HEX'), kind, again && 'again', descriptor.digest.slice(7, 15)]
    .filter(part => part !== undefined)
    .join(' ')

async function walked(store: ReturnType<typeof memory>, root: { digest: string }, options: WalkOptions = {}) {
  return (await list(walkGraph(store, await store.resolve(root.digest), options))).map(shown)
}

const short = ({ digest }: { digest: string }) => digest.slice(7, 15)

/** An index of two images, one signed, the signature signed again; an SBOM, itself signed; cosign's tag. */
async function graph(store: ReturnType<typeof memory>) {
  const images = [madeImage(), madeImage()]
  for (const each of images) await pushImage(store, each)
  const [one, two] = images.map(({ image }) => image.descriptor) as [
    (typeof images)[0]['image']['descriptor'],
    (typeof images)[0]['image']['descriptor'],
  ]
  const index = madeJson(INDEX, {
    manifests: [
      { ...one, platform: { os: 'linux', architecture: 'amd64' } },
      { ...two, platform: { os: 'linux', architecture: 'arm64' } },
    ],
  })
  await store.push(index.descriptor, index.bytes)
  await store.tag(index.descriptor, 'v1')
  const signature = await pushImage(store, madeSignature(one))
  const counter = await pushImage(store, madeSignature(signature))
  const config = made('application/vnd.oci.empty.v1+json', '{}')
  const sbom = madeJson(MANIFEST, {
    artifactType: 'application/spdx+json',
    config: config.descriptor,
    layers: [],
    subject: index.descriptor,
  })
  await store.push(sbom.descriptor, sbom.bytes)
  const sbomSignature = await pushImage(store, madeSignature(sbom.descriptor))
  const cosign = await pushImage(store, madeImage(), `${index.descriptor.digest.replace(':', '-')}.sig`)
  return {
    index: index.descriptor,
    one,
    two,
    signature,
    counter,
    sbom: sbom.descriptor,
    sbomSignature,
    cosign,
  }
}

describe.each(['memory', 'registry with the API', 'registry without the API'] as const)(
  'walkGraph on %s',
  kind => {
    async function withStore(action: (store: ReturnType<typeof memory>) => Promise<void>) {
      if (kind === 'memory') return action(memory())
      await using server = await FakeRegistry.start({ referrersApi: kind === 'registry with the API' })
      await action(registry(`${server.host}/app`, { settleMs: 1 }))
    }

    it('gives the artifact, its children, all that refers to any of them, and old tags, parents first', async () => {
      await withStore(async store => {
        const made = await graph(store)
        expect(await walked(store, made.index)).toEqual([
          `artifact 0 ${short(made.index)}`,
          `child 0 ${short(made.one)}`,
          `child 0 ${short(made.two)}`,
          `referrer 1 sbom ${short(made.sbom)}`,
          `tagged 1 sha256-HEX.sig signature ${short(made.cosign)}`,
          `referrer 1 signature ${short(made.signature)}`,
          `referrer 2 signature ${short(made.sbomSignature)}`,
          `referrer 2 signature ${short(made.counter)}`,
        ])
      })
    })

    it('goes no deeper than it is told to', async () => {
      await withStore(async store => {
        const made = await graph(store)
        expect(await walked(store, made.index, { depth: 0 })).toHaveLength(3)
        expect(await walked(store, made.index, { depth: 1 })).toHaveLength(6)
      })
    })

    it('chooses among what refers to the artifact, and takes what refers to the chosen', async () => {
      await withStore(async store => {
        const made = await graph(store)
        expect(await walked(store, made.index, { only: ['sbom'] })).toEqual([
          `artifact 0 ${short(made.index)}`,
          `child 0 ${short(made.one)}`,
          `child 0 ${short(made.two)}`,
          `referrer 1 sbom ${short(made.sbom)}`,
          `referrer 2 signature ${short(made.sbomSignature)}`,
        ])
        const types = await walked(store, made.index, { only: ['application/spdx+json', 'attestation'] })
        expect(types).toHaveLength(5)
      })
    })

    it('walks one platform of an index', async () => {
      await withStore(async store => {
        const made = await graph(store)
        expect(await walked(store, made.index, { platform: 'linux/amd64' })).toEqual([
          `artifact 0 ${short(made.one)}`,
          `referrer 1 signature ${short(made.signature)}`,
          `referrer 2 signature ${short(made.counter)}`,
        ])
        await expect(walked(store, made.index, { platform: 'linux/s390x' })).rejects.toMatchObject({
          code: 'NOT_FOUND',
          why: 'there are linux/amd64, linux/arm64',
        })
      })
    })

    it('refuses more manifests than its limit', async () => {
      await withStore(async store => {
        const made = await graph(store)
        await expect(walked(store, made.index, { limit: 5 })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      })
    })
  },
)

it('walkGraph gives a manifest that an index lists twice at both places, and walks it once', async () => {
  const store = memory()
  const image = await pushImage(store, madeImage())
  const index = madeJson(INDEX, {
    manifests: [image, { ...image, platform: { os: 'a', architecture: 'b' } }],
  })
  await store.push(index.descriptor, index.bytes)
  expect(await walked(store, index.descriptor)).toEqual([
    `artifact 0 ${short(index.descriptor)}`,
    `child 0 ${short(image)}`,
    `child 0 again ${short(image)}`,
  ])
})

it('walkGraph says what a registry lists as a referrer and is none', async () => {
  await using server = await FakeRegistry.start({ referrersApi: false })
  const store = registry(`${server.host}/app`, { settleMs: 1 })
  const image = await pushImage(store, madeImage())
  const other = await pushImage(store, madeImage())
  const list = madeJson(INDEX, { manifests: [other] })
  await store.push(list.descriptor, list.bytes)
  await store.tag(list.descriptor, image.digest.replace(':', '-'))
  const nodes = []
  for await (const node of walkGraph(store, image)) nodes.push(node)
  expect(nodes).toHaveLength(2)
  expect(nodes[1]).toMatchObject({ role: 'referrer', fault: { code: 'VALIDATION' } })
  expect(nodes[1]?.manifest).toBeUndefined()
})

it('walkGraph goes on past a child that is not there', async () => {
  const store = memory()
  const there = await pushImage(store, madeImage())
  const index = madeJson(INDEX, { manifests: [madeImage().image.descriptor, there] })
  await store.push(index.descriptor, index.bytes)
  const nodes = []
  for await (const node of walkGraph(store, index.descriptor)) nodes.push(node)
  expect(nodes.map(({ role, fault }) => [role, fault?.code])).toEqual([
    ['artifact', undefined],
    ['child', 'NOT_FOUND'],
    ['child', undefined],
  ])
})
