import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type ArtifactStore,
  copyGraph,
  layoutArchive,
  layoutDirectory,
  memory,
  registry,
  walkGraph,
} from '../src/index.ts'
import { collect, INDEX, madeImage, madeJson, madeSignature, pushImage } from './artifacts.ts'
import { FakeRegistry } from './fake-registry.ts'

const PLATFORMS = 10

/** An index of ten platforms, each signed twice, one signature signed again; cosign's tag; one blob shared by all. */
async function fill(store: ArtifactStore) {
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

const kinds = ['registry', 'directory', 'archive', 'memory'] as const
type Kind = (typeof kinds)[number]

async function opened(
  kind: Kind,
  folder: string,
  side: string,
  server: FakeRegistry,
): Promise<ArtifactStore> {
  switch (kind) {
    case 'registry':
      return registry(`${server.host}/${side}/app`, { settleMs: 1 })
    case 'directory':
      return layoutDirectory(join(folder, side), { create: true })
    case 'archive':
      return layoutArchive(join(folder, `${side}.tar`), { create: true })
    case 'memory':
      return memory()
  }
}

describe.each(kinds.flatMap(from => kinds.map(to => [from, to] as const)))(
  'copyGraph from %s to %s',
  (from, to) => {
    it('brings every digest of an index of ten platforms, each signed twice, and changes nothing when done again', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'oci-'))
      await using inner = await FakeRegistry.start({ referrersApi: from === 'registry' })
      await using outer = await FakeRegistry.start({ referrersApi: to !== 'registry' })
      try {
        const source = await opened(from, folder, 'from', outer)
        const destination = await opened(to, folder, 'to', inner)
        // An archive is filled at once: written anew with every push it would take long.
        const root = await (source.batch?.(fill) ?? fill(source))
        const report = await copyGraph(source, 'v1', destination)
        expect(report).toMatchObject({ root, tags: ['v1'], skipped: [], mounted: [], left: [] })
        const expected = await contents(source, 'v1')
        expect(expected).toHaveLength(1 + PLATFORMS * (1 + 2 + 2 * 3) + 3 + 3)
        expect(await contents(destination, 'v1')).toEqual(expected)
        const again = await copyGraph(source, 'v1', destination)
        expect(again.copied).toEqual([])
        expect(again.skipped).toHaveLength(report.copied.length)
        expect(await contents(destination, 'v1')).toEqual(expected)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  },
)
