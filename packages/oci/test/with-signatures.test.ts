import { expect, it } from 'vitest'
import {
  type ArtifactStore,
  copyGraph,
  type Descriptor,
  memory,
  readBlob,
  referrersIn,
  walkGraph,
  withSignaturesIn,
} from '../src/index.ts'
import { INDEX, madeImage, madeJson, madeSignature, pushImage } from './artifacts.ts'
import { failure } from './expect-error.ts'

/** An index with one image in one store; a signature of each in another, one of the image in the first store too. */
async function signedApart() {
  const artifacts = memory()
  const signatures = memory()
  const image = madeImage()
  await pushImage(artifacts, image)
  const index = madeJson(INDEX, { manifests: [image.image.descriptor] })
  await artifacts.push(index.descriptor, index.bytes)
  await artifacts.tag(index.descriptor, 'v1')
  const ofIndex = await pushImage(signatures, madeSignature(index.descriptor))
  const ofImage = await pushImage(signatures, madeSignature(image.image.descriptor))
  const inBoth = madeSignature(image.image.descriptor)
  for (const store of [artifacts, signatures]) await pushImage(store, inBoth)
  return {
    artifacts,
    signatures,
    index: index.descriptor,
    image: image.image.descriptor,
    ofIndex,
    ofImage,
    inBoth: inBoth.image.descriptor,
  }
}

async function referrersOf(store: ArtifactStore, subject: Descriptor): Promise<readonly string[]> {
  const digests: string[] = []
  for await (const { digest } of store.referrers(subject)) digests.push(digest)
  return digests.toSorted()
}

function sorted(...descriptors: readonly Descriptor[]): readonly string[] {
  return descriptors.map(({ digest }) => digest).toSorted()
}

it('reads artifacts from one store and referrers from both, each once', async () => {
  const { artifacts, signatures, index, image, ofIndex, ofImage, inBoth } = await signedApart()
  const both = withSignaturesIn(artifacts, signatures)
  expect(both.sources).toEqual([artifacts, signatures])
  expect(await both.resolve('v1')).toMatchObject({ digest: index.digest })
  expect(await referrersOf(both, index)).toEqual(sorted(ofIndex))
  expect(await referrersOf(both, image)).toEqual(sorted(ofImage, inBoth))
  expect(await both.exists(ofIndex)).toBe(true)
  expect(await readBlob(both, ofIndex, 10_000)).toEqual(await readBlob(signatures, ofIndex, 10_000))
  await failure('NOT_FOUND', () => both.resolve('v2'))
})

it('copies an artifact with the signatures that are kept elsewhere', async () => {
  const { artifacts, signatures, index, image, ofIndex, ofImage, inBoth } = await signedApart()
  const to = memory()
  const { left } = await copyGraph(withSignaturesIn(artifacts, signatures), 'v1', to)
  expect(left).toEqual([])
  expect(await referrersOf(to, index)).toEqual(sorted(ofIndex))
  expect(await referrersOf(to, image)).toEqual(sorted(ofImage, inBoth))
})

it('lists what one store holds for the artifacts of another, those of an index included', async () => {
  const { artifacts, signatures, index, image, ofIndex, ofImage, inBoth } = await signedApart()
  const apart = referrersIn(artifacts, signatures)
  const found: string[] = []
  for await (const { role, descriptor } of walkGraph(apart, index))
    if (role === 'referrer') found.push(descriptor.digest)
  expect(found.toSorted()).toEqual(sorted(ofIndex, ofImage, inBoth))
  await failure('NOT_FOUND', () => apart.resolve('v1'))
  expect(await referrersOf(apart, image)).toEqual(sorted(ofImage, inBoth))
})

it('is the store itself where both are one', async () => {
  const store = memory()
  expect(withSignaturesIn(store, store)).toBe(store)
  expect(referrersIn(store, store)).toBe(store)
})
