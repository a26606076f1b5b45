import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ArtifactStore, copyGraph, layoutArchive, layoutDirectory, memory } from '@sealwright/oci'
import { expect, test } from 'vitest'
import { list, madeImage, madeSignature, pushImage } from '../../../oci/test/artifacts.ts'
import { registry } from '../../src/index.ts'
import { FakeRegistry } from '../fake-registry.ts'

const REFERRERS = 1000

test('a thousand referrers on one subject go from store to store, none lost, in all kinds of stores', {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oci-'))
  await using server = await FakeRegistry.start({ pageSize: 100 })
  try {
    const source = memory()
    const image = await source.batch!(async store => {
      const descriptor = await pushImage(store, madeImage(), 'v1')
      for (let count = 0; count < REFERRERS; count++) await pushImage(store, madeSignature(descriptor))
      return descriptor
    })
    const digests = async (store: ArtifactStore) =>
      (await list(store.referrers(image))).map(({ digest }) => digest).sort()
    const expected = await digests(source)
    expect(new Set(expected).size).toBe(REFERRERS)
    const ways = [
      layoutDirectory(join(folder, 'layout'), { create: true }),
      layoutArchive(join(folder, 'a.tar'), { create: true }),
      registry(`${server.host}/app`),
      memory(),
    ]
    let from: ArtifactStore = source
    for (const to of ways) {
      const { left, copied } = await copyGraph(from, 'v1', to)
      expect(left).toEqual([])
      // The image with two blobs; each signature with its envelope, and the config that they share.
      expect(copied).toHaveLength(3 + 2 * REFERRERS + 1)
      expect(await digests(to)).toEqual(expected)
      from = to
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
