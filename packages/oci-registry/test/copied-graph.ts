import { type ArtifactStore, copyGraph, type Descriptor, walkGraph } from '@sealwright/oci'
import { expect } from 'vitest'
import { collect, INDEX, madeImage, madeJson, madeSignature, pushImage } from '../../oci/test/artifacts.ts'

const PLATFORMS = 10

/** An index of ten platforms, each signed twice, one signature signed again; cosign's tag; one blob shared by all. */
export async function fillGraph(store: ArtifactStore) {
  const images = Array.from({ length: PLATFORMS }, () => madeImage(5000))
  for (const image of images) await pushImage(store, image)
  const index = madeJson(INDEX, {
    manifests: images.map(({ image }, number) => ({
      ...image.descriptor,
      platform: { os: 'linux', architecture: `a${number}` },
    })),
  })
  await store.push(index.descriptor, index.bytes)
  await store.tag(index.descriptor, 'v1')
  for (const { image } of images) {
    await pushImage(store, madeSignature(image.descriptor))
    const second = await pushImage(store, madeSignature(image.descriptor, 'artifact-type'))
    if (image === images[0]?.image) await pushImage(store, madeSignature(second))
  }
  await pushImage(store, madeImage(), `${index.descriptor.digest.replace(':', '-')}.sig`)
  return index.descriptor
}

/** Every manifest and every blob of a graph, read back and hashed; and where it was found. */
async function contents(store: ArtifactStore, reference: string): Promise<string[]> {
  const found: string[] = []
  const root = await store.resolve(reference)
  for await (const { role, parent, tag, manifest, descriptor, fault } of walkGraph(store, root)) {
    expect(fault).toBeUndefined()
    found.push([role, parent?.digest, tag, descriptor.digest].join(' '))
    if (manifest?.kind !== 'image') continue
    for (const blob of [manifest.config, ...manifest.layers]) {
      const bytes = await collect(store.fetch(blob))
      expect(bytes.byteLength).toBe(blob.size)
      found.push(`blob ${blob.digest}`)
    }
  }
  return found.sort()
}

/** Copies a filled store into an empty one: every digest must arrive; and once more: nothing may change. */
export async function expectCopied(
  source: ArtifactStore,
  root: Descriptor,
  destination: ArtifactStore,
): Promise<void> {
  const report = await copyGraph(source, 'v1', destination)
  expect(report).toMatchObject({ root, tags: ['v1'], skipped: [], mounted: [], left: [] })
  const expected = await contents(source, 'v1')
  // The index; each image with two blobs and two signatures of three contents; one signed again; cosign's image.
  expect(expected).toHaveLength(1 + PLATFORMS * (1 + 2 + 2 * 3) + 3 + 3)
  expect(await contents(destination, 'v1')).toEqual(expected)
  const again = await copyGraph(source, 'v1', destination)
  expect(again.copied).toEqual([])
  expect(again.skipped).toHaveLength(report.copied.length)
  expect(await contents(destination, 'v1')).toEqual(expected)
}
