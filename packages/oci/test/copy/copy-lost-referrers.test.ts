import { expect, test } from 'vitest'
import { type ArtifactStore, copyGraph, memory } from '../../src/index.ts'
import { list, madeImage, madeSignature, pushImage } from '../artifacts.ts'

/** A registry that says that it took a referrer and does not list it, so many times. */
function forgetful(store: ArtifactStore, times: number): ArtifactStore {
  let forgotten = 0

  return {
    name: 'registry.example/app',
    resolve: (...args) => store.resolve(...args),
    fetch: (...args) => store.fetch(...args),
    exists: (...args) => store.exists(...args),
    tag: (...args) => store.tag(...args),
    delete: (...args) => store.delete(...args),
    referrers: (...args) => store.referrers(...args),
    async push(descriptor, content, call) {
      const isReferrer = content instanceof Uint8Array && Buffer.from(content).includes('"subject"')
      if (isReferrer && forgotten < times) {
        forgotten++

        return { referrers: 'api' }
      }
      return store.push(descriptor, content, call)
    },
  }
}

async function signedTwice(): Promise<{
  readonly store: ArtifactStore
  readonly digests: readonly string[]
}> {
  const store = memory()
  const image = await pushImage(store, madeImage(), 'v1')
  const digests: string[] = []
  for (let count = 0; count < 2; count++) digests.push((await pushImage(store, madeSignature(image))).digest)
  return { store, digests: digests.toSorted() }
}

test('a referrer that a registry took and lost is brought again', async () => {
  const { store, digests } = await signedTwice()
  const to = memory()
  const report = await copyGraph(store, 'v1', forgetful(to, 3))
  expect(report.left).toEqual([])
  const found = await list(to.referrers(await to.resolve('v1')))
  expect(found.map(({ digest }) => digest).toSorted()).toEqual(digests)
})

test('one that it goes on losing is left behind, and said', async () => {
  const { store, digests } = await signedTwice()
  const to = memory()
  const report = await copyGraph(store, 'v1', forgetful(to, Number.POSITIVE_INFINITY))
  expect(report.left.map(({ descriptor, why }) => [descriptor.digest, why.code]).toSorted()).toEqual(
    digests.map(digest => [digest, 'UNAVAILABLE']),
  )
  expect(report.copied.map(({ digest }) => digest)).not.toContain(digests[0])
  expect(await to.resolve('v1')).toEqual(report.root)
})
