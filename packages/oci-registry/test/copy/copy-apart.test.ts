import {
  type ArtifactStore,
  copyGraph,
  type Descriptor,
  layoutArchive,
  layoutDirectory,
  memory,
} from '@sealwright/oci'
import { describe, expect, it, onTestFinished } from 'vitest'
import { INDEX, list, madeImage, madeJson, madeSignature, pushImage } from '../../../oci/test/artifacts.ts'
import { failure } from '../../../oci/test/expect-error.ts'
import { temporaryFolder } from '../../../oci/test/temporary.ts'
import { registry } from '../../src/index.ts'
import { fillGraph } from '../copied-graph.ts'
import { FakeRegistry, type FakeRegistryOptions } from '../fake-registry.ts'

async function fakeRegistry(options: FakeRegistryOptions = {}) {
  const fake = await FakeRegistry.start(options)
  onTestFinished(() => fake[Symbol.asyncDispose]())
  return { fake, open: (name: string) => registry(`${fake.host}/${name}`, { settleMs: 0 }) }
}

/** An index with two images; one is signed, and its signature signed again. */
async function signedIndex(store: ArtifactStore) {
  const images = [madeImage(), madeImage()]
  for (const image of images) await pushImage(store, image)
  const index = madeJson(INDEX, { manifests: images.map(({ image }) => image.descriptor) })
  await store.push(index.descriptor, index.bytes)
  await store.tag(index.descriptor, 'v1')
  const signature = await pushImage(store, madeSignature(images[0]!.image.descriptor))
  const second = await pushImage(store, madeSignature(signature))
  const layers = images.map(({ blobs }) => blobs[1]!.descriptor)
  return {
    index: index.descriptor,
    images: images.map(({ image }) => image.descriptor),
    layers,
    signature,
    second,
  }
}

const digests = (descriptors: readonly Descriptor[]) => descriptors.map(({ digest }) => digest).toSorted()
const manifests = (descriptors: readonly Descriptor[]) =>
  digests(descriptors.filter(({ mediaType }) => mediaType.includes('manifest') || mediaType === INDEX))

describe('copyGraph with a place for what refers to the artifact', () => {
  it.each([
    ['with the referrers API', true],
    ['without it', false],
  ])('puts the artifact into one repository and the rest into the other, %s', async (_, referrersApi) => {
    const { fake, open } = await fakeRegistry({ referrersApi })
    const source = memory()
    const root = await fillGraph(source)
    const report = await copyGraph(source, 'v1', open('app'), { referrersTo: open('signatures') })
    expect(report).toMatchObject({ root, tags: ['v1'], skipped: [], left: [] })
    // Ten images and their index; two signatures of each, one of which is signed, and cosign's.
    expect(manifests(report.copied)).toHaveLength(11)
    expect(manifests(report.referrers!.copied)).toHaveLength(22)
    const app = fake.repository('app')
    expect([...app.tags.keys()]).toEqual(['v1'])
    expect([...app.manifests.keys()].toSorted()).toEqual(manifests(report.copied))
    const apart = fake.repository('signatures')
    expect(apart.tags.has('v1')).toBe(false)
    expect(apart.tags.has(`${root.digest.replace(':', '-')}.sig`)).toBe(true)
    expect(apart.manifests.has(root.digest)).toBe(false)
    for (const digest of manifests(report.referrers!.copied)) expect(apart.manifests.has(digest)).toBe(true)
    const again = await copyGraph(source, 'v1', open('app'), { referrersTo: open('signatures') })
    expect([...again.copied, ...again.referrers!.copied]).toEqual([])
    expect(digests(again.skipped)).toEqual(digests(report.copied))
    expect(digests(again.referrers!.skipped)).toEqual(digests(report.referrers!.copied))
  })

  it('gives the tag when both places have all of it, and completes what was cut off', async () => {
    const { fake, open } = await fakeRegistry()
    const source = memory()
    const { index, images, signature, second } = await signedIndex(source)
    const cut = { method: 'PUT', path: '/v2/signatures/manifests/', answer: { status: 503 } } as const
    fake.faults.push(cut)
    const copy = () =>
      copyGraph(source, 'v1', open('app'), { referrersTo: open('signatures'), retry: { attempts: 1 } })
    await failure('UNAVAILABLE', copy)
    expect(fake.repository('app').manifests.has(index.digest)).toBe(true)
    expect(fake.repository('app').tags.size).toBe(0)
    fake.faults.length = 0
    const report = await copy()
    expect(manifests(report.skipped)).toEqual(digests([index, ...images]))
    expect(manifests(report.referrers!.copied)).toEqual(digests([signature, second]))
    expect(fake.repository('app').tags.get('v1')).toBe(index.digest)
  })

  it('leaves behind what refers to an image that could not be brought', async () => {
    const source = memory()
    const { images, signature, second, layers } = await signedIndex(source)
    await source.delete(layers[0]!)
    const [to, apart] = [memory(), memory()]
    const { left, referrers } = await copyGraph(source, 'v1', to, { referrersTo: apart })
    expect(digests(left.map(({ descriptor }) => descriptor))).toEqual(digests([layers[0]!, images[0]!]))
    expect(digests(referrers!.left.map(({ descriptor }) => descriptor))).toEqual(digests([signature, second]))
    expect(await list(apart.referrers(images[0]!))).toEqual([])
  })

  it('takes a signature that an index lists among its manifests to both places', async () => {
    const source = memory()
    const image = await pushImage(source, madeImage())
    const signature = await pushImage(source, madeSignature(image))
    const index = madeJson(INDEX, { manifests: [image, signature] })
    await source.push(index.descriptor, index.bytes)
    await source.tag(index.descriptor, 'v1')
    const [to, apart] = [memory(), memory()]
    await copyGraph(source, 'v1', to, { referrersTo: apart })
    expect(await to.exists(signature)).toBe(true)
    expect(digests(await list(apart.referrers(image)))).toEqual([signature.digest])
    expect(await apart.exists(image)).toBe(false)
  })

  it('takes of what refers only what it is told to, and in a dry run writes to neither', async () => {
    await using folder = await temporaryFolder()
    const source = memory()
    const { index, signature, second } = await signedIndex(source)
    const places = () => ({ to: memory(), apart: layoutDirectory(`${folder.path}/apart`, { create: true }) })
    const dry = places()
    const looked = await copyGraph(source, 'v1', dry.to, { referrersTo: dry.apart, dryRun: true })
    expect(manifests(looked.referrers!.copied)).toEqual(digests([signature, second]))
    expect(await dry.to.exists(index)).toBe(false)
    await failure('NOT_FOUND', () => layoutDirectory(`${folder.path}/apart`).resolve(signature.digest))
    const none = places()
    const { referrers } = await copyGraph(source, 'v1', none.to, { referrersTo: none.apart, only: ['sbom'] })
    expect(referrers).toMatchObject({ copied: [], skipped: [] })
  })

  it('writes an archive of signatures as a whole, and reads them back there', async () => {
    await using folder = await temporaryFolder()
    const source = memory()
    const { images, signature, second } = await signedIndex(source)
    const path = `${folder.path}/signatures.tar`
    const to = memory()
    const archive = () => layoutArchive(path, { create: true })
    await copyGraph(source, 'v1', to, { referrersTo: archive(), only: ['sbom'] })
    await failure('NOT_FOUND', () => layoutArchive(path).resolve(signature.digest))
    await copyGraph(source, 'v1', to, { referrersTo: archive() })
    const apart = layoutArchive(path)
    expect(digests(await list(apart.referrers(images[0]!)))).toEqual([signature.digest])
    expect(digests(await list(apart.referrers(signature)))).toEqual([second.digest])
    expect(await list(to.referrers(images[0]!))).toEqual([])
  })

  it('is a copy like any other where both are the same store', async () => {
    const source = memory()
    const { images, signature } = await signedIndex(source)
    const to = memory()
    const report = await copyGraph(source, 'v1', to, { referrersTo: to })
    expect(report).not.toHaveProperty('referrers')
    expect(digests(await list(to.referrers(images[0]!)))).toEqual([signature.digest])
  })
})
