import { describe, expect, it } from 'vitest'
import { filterReferrers, memory, type ReferrerTree, referrerTree } from '../../src/index.ts'
import { INDEX, madeImage, madeJson, madeSignature, pushImage, SIGNATURE } from '../artifacts.ts'

/** An index of two images, of which one is signed; its signature is signed too. */
async function signedIndex() {
  const store = memory()
  const [plain, signed] = [await pushImage(store, madeImage()), await pushImage(store, madeImage())]
  const { descriptor, bytes } = madeJson(INDEX, { manifests: [plain, signed] })
  await store.push(descriptor, bytes)
  const signature = await pushImage(store, madeSignature(signed))
  const counter = await pushImage(store, madeSignature(signature))
  return { store, index: descriptor, signed, signature, counter }
}

/** Digests alone, nested as in the tree. */
function digests({ referrers, manifests }: ReferrerTree): unknown {
  const within = (nodes: ReferrerTree['referrers']) =>
    Object.fromEntries(nodes.map(node => [node.descriptor.digest, digests(node)]))
  return { referrers: within(referrers), manifests: within(manifests) }
}

const NOTHING = { referrers: {}, manifests: {} }

describe('referrerTree', () => {
  it('has what refers to an artifact, and of an index only the manifests that something refers to', async () => {
    const { store, index, signed, signature, counter } = await signedIndex()
    const tree = await referrerTree(store, index)
    const below = { referrers: { [counter.digest]: NOTHING }, manifests: {} }
    const ofSigned = { referrers: { [signature.digest]: below }, manifests: {} }
    expect(digests(tree)).toEqual({ referrers: {}, manifests: { [signed.digest]: ofSigned } })
    expect(tree.manifests[0]?.referrers[0]).toMatchObject({ kind: 'signature', again: false })
  })

  it('ends at the depth that is asked for', async () => {
    const { store, signed, signature } = await signedIndex()
    expect(digests(await referrerTree(store, signed, { depth: 1 }))).toEqual({
      referrers: { [signature.digest]: NOTHING },
      manifests: {},
    })
    expect(digests(await referrerTree(store, signed, { depth: 0 }))).toEqual(NOTHING)
  })

  it('stops when it is aborted', async () => {
    const { store, index } = await signedIndex()
    await expect(referrerTree(store, index, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })
})

describe('filterReferrers', () => {
  it('keeps a kind or an artifact type, and what leads to it', async () => {
    const { store, index } = await signedIndex()
    const tree = await referrerTree(store, index)
    for (const type of ['signature', SIGNATURE])
      expect(digests(filterReferrers(tree, type))).toEqual(digests(tree))
    expect(digests(filterReferrers(tree, 'sbom'))).toEqual(NOTHING)
  })
})
