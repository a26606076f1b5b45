import { layoutDirectory, readManifest } from '@sealwright/oci'
import { registry } from '@sealwright/oci-registry'
import { describe, expect, it } from 'vitest'
import { type Program, program } from '../program.ts'
import {
  cosignSignature,
  cosignTag,
  INDEX,
  imageOn,
  layoutShelf,
  type Put,
  registryShelf,
  type Shelf,
} from '../shelf.ts'

function storeOf(shelf: Shelf, self: Program, name: string) {
  return shelf.fake ? registry(`${shelf.fake.host}/app`) : layoutDirectory(self.path(name))
}

/** What the layers under a cosign tag say they sign, in order; they are read whole. */
async function signers(shelf: Shelf, self: Program, name: string, digest: string): Promise<string[]> {
  const store = storeOf(shelf, self, name)
  const manifest = await readManifest(store, await store.resolve(cosignTag(digest)))
  if (manifest.kind !== 'image') throw new Error('not an image manifest')
  expect(await store.exists(manifest.config)).toBe(true)
  const found = []
  for (const layer of manifest.layers) {
    const chunks = []
    for await (const chunk of store.fetch(layer)) chunks.push(Buffer.from(chunk))
    found.push(JSON.parse(Buffer.concat(chunks).toString()).critical.identity['docker-reference'])
  }
  return found
}

/** A signature of cosign by somebody. */
function signedBy(shelf: Shelf, digest: string, ...names: string[]): Promise<Put> {
  return cosignSignature(shelf, digest, ...names.map(name => [digest, name] as const))
}

describe.each([
  ['a layout', (self: Program): Promise<Shelf> => layoutShelf(self, 'to')],
  ['a registry with the referrers API', (self: Program): Promise<Shelf> => registryShelf(self)],
  ['a registry without it', (self: Program): Promise<Shelf> => registryShelf(self, { referrersApi: false })],
])("copy, to %s, and cosign's tags there", (_, open) => {
  it('keeps the signatures of both sides', async () => {
    const self = await program()
    const to = await open(self)
    const from = await layoutShelf(self, 'from')
    const { digest } = from.image
    expect(to.image.digest).toBe(digest)
    await signedBy(from, digest, 'source', 'both')
    await signedBy(to, digest, 'mirror', 'both')
    const report = await self.json(0, ['copy', from.reference, to.at(':v1')])
    expect(report.left).toEqual([])
    expect(await signers(to, self, 'to', digest)).toEqual(['mirror', 'both', 'source'])
    const merged = await to.tagged(cosignTag(digest))
    const again = await self.json(0, ['copy', from.reference, to.at(':v1')])
    expect(again.copied).toEqual([])
    expect(await to.tagged(cosignTag(digest))).toBe(merged)
    // Without a tag the layout is still about one artifact.
    if (to.fake === undefined) await self.json(0, ['list', to.at('')])
  })

  it('moves a tag forward where nothing is lost', async () => {
    const self = await program()
    const to = await open(self)
    const from = await layoutShelf(self, 'from')
    const { digest } = from.image
    const newer = await signedBy(from, digest, 'first', 'second')
    await signedBy(to, digest, 'first')
    await self.json(0, ['copy', from.reference, to.at(':v1')])
    expect(await to.tagged(cosignTag(digest))).toBe(newer.digest)
  })

  it('leaves the signatures of an image that the source merely lists, and says so', async () => {
    const self = await program()
    const to = await open(self)
    const from = await layoutShelf(self, 'from')
    const { image } = to
    const legitimate = await signedBy(to, image.digest, 'owner')
    const hostile = await signedBy(from, image.digest, 'attacker')
    const other = await imageOn(from, 'tool')
    const tool = { schemaVersion: 2, mediaType: INDEX, manifests: [other, image] }
    await from.manifest(tool, 'tool', INDEX)
    const dry = await self.json(3, ['copy', from.at(':tool'), to.at(':tool'), '--dry-run'])
    expect(dry.left).toHaveLength(1)
    const before = to.fake?.requests.length ?? 0
    const report = await self.json(3, ['copy', from.at(':tool'), to.at(':tool')])
    expect(report.left).toMatchObject([{ digest: hostile.digest, error: { code: 'VALIDATION' } }])
    expect(report.left[0].error.message).toContain(cosignTag(image.digest))
    expect(report.left[0].error.why).toContain(legitimate.digest)
    expect(await to.tagged(cosignTag(image.digest))).toBe(legitimate.digest)
    expect(await signers(to, self, 'to', image.digest)).toEqual(['owner'])
    expect(await to.tagged('tool')).toBeDefined()
    const puts = to.fake?.requests.slice(before).filter(({ method, path }) => {
      return method === 'PUT' && path.includes(cosignTag(image.digest))
    })
    expect(puts ?? []).toEqual([])
  })

  it('adds no more signatures than cosign reads, of an image that is there or that the source merely lists', async () => {
    const self = await program()
    const to = await open(self)
    const from = await layoutShelf(self, 'from')
    const { digest } = from.image
    const junk = Array.from({ length: 1000 }, (_, index) => `junk ${index}`)
    const theirs = await signedBy(to, digest, 'mirror')
    await signedBy(from, digest, 'mirror', ...junk)
    await from.manifest({ schemaVersion: 2, mediaType: INDEX, manifests: [from.image] }, 'tool', INDEX)
    for (const tag of [':tool', ':v1']) {
      const { left } = await self.json(3, ['copy', from.at(tag), to.at(tag)])
      expect(left).toMatchObject([
        { error: { why: expect.stringContaining('cosign reads 1000 layers at most') } },
      ])
      expect(await to.tagged(cosignTag(digest))).toBe(theirs.digest)
    }
  })

  it('sets the tags of what it brings for the first time', async () => {
    const self = await program()
    const to = await open(self)
    const from = await layoutShelf(self, 'from')
    const one = await imageOn(from, 'one')
    await from.manifest({ schemaVersion: 2, mediaType: INDEX, manifests: [one] }, 'multi', INDEX)
    const signature = await signedBy(from, one.digest, 'owner')
    await self.json(0, ['copy', from.at(':multi'), to.at(':multi')])
    expect(await to.tagged(cosignTag(one.digest))).toBe(signature.digest)
  })

  it('leaves what is not of the form that cosign writes', async () => {
    const self = await program()
    const to = await open(self)
    const from = await layoutShelf(self, 'from')
    const tag = cosignTag(from.image.digest)
    const theirs = await imageOn(to, 'somebody', tag)
    await signedBy(from, from.image.digest, 'source')
    const { left } = await self.json(3, ['copy', from.reference, to.at(':v1')])
    expect(left[0].error.why).toContain('not of the form that cosign writes')
    expect(await to.tagged(tag)).toBe(theirs.digest)
  })

  it.each(['.sbom', '.custom'])('leaves another manifest under a tag that ends in %s', async suffix => {
    const self = await program()
    const to = await open(self)
    const from = await layoutShelf(self, 'from')
    const tag = cosignTag(from.image.digest, suffix)
    await imageOn(from, 'source', tag)
    const theirs = await imageOn(to, 'mirror', tag)
    await self.json(3, ['copy', from.reference, to.at(':v1')])
    expect(await to.tagged(tag)).toBe(theirs.digest)
  })
})

describe("copy, into an archive that has cosign's tags", () => {
  it('keeps the signatures of both sides', async () => {
    const self = await program()
    const one = await layoutShelf(self, 'one')
    const two = await layoutShelf(self, 'two')
    const { digest } = one.image
    await signedBy(one, digest, 'one')
    await signedBy(two, digest, 'two')
    await self.json(0, ['copy', one.reference, 'oci-archive:all.tar'])
    await self.json(0, ['copy', two.reference, 'oci-archive:all.tar'])
    const out = await layoutShelf(self, 'out')
    await self.json(0, ['copy', 'oci-archive:all.tar:v1', out.at(':v1')])
    expect(await signers(out, self, 'out', digest)).toEqual(['one', 'two'])
  })
})
