import { describe, expect, it } from 'vitest'
import { type Program, program } from '../program.ts'
import {
  cosignSignature,
  cosignTag,
  INDEX,
  imageOn,
  layoutShelf,
  MANIFEST,
  NOTARY,
  type Put,
  registryShelf,
  type Shelf,
} from '../shelf.ts'

/** An index that says it is a signature of something, and lists manifests of others. */
function listing(shelf: Shelf, subject: Put, ...manifests: Put[]): Promise<Put> {
  const content = { schemaVersion: 2, mediaType: INDEX, artifactType: NOTARY, manifests, subject }
  return shelf.manifest(content, undefined, INDEX)
}

interface Deletion {
  readonly digest: string
  readonly outcome: string
  readonly kind: string | null
  readonly why?: string
}

function withOutcome(manifests: readonly Deletion[], outcome: string): readonly string[] {
  return manifests.filter(one => one.outcome === outcome).map(({ digest }) => digest)
}

function deletedAt(shelf: Shelf): readonly string[] {
  const requests = shelf.fake?.requests ?? []
  return requests
    .filter(({ method }) => method === 'DELETE')
    .map(({ path }) => path.slice(path.lastIndexOf('/') + 1))
}

describe.each([
  ['a layout', (self: Program): Promise<Shelf> => layoutShelf(self)],
  ['a registry with the referrers API', (self: Program): Promise<Shelf> => registryShelf(self)],
  ['a registry without it', (self: Program): Promise<Shelf> => registryShelf(self, { referrersApi: false })],
])('delete, from %s,', (name, open) => {
  const onlyByList = name.endsWith('without it')

  /** Where clients keep the list: puts the referrers into it. */
  async function list(shelf: Shelf, subject: Put, ...referrers: Put[]): Promise<void> {
    if (!onlyByList) return
    const manifests = referrers.map(each => ({ ...each, artifactType: NOTARY }))
    const content = { schemaVersion: 2, mediaType: INDEX, manifests }
    await shelf.manifest(content, cosignTag(subject.digest, ''), INDEX)
  }

  it('leaves what an attached index lists: another image, its signature, and the target', async () => {
    const self = await program()
    const shelf = await open(self)
    const other = await imageOn(shelf, 'v2', 'v2')
    const subject = other
    const config = await shelf.blob(NOTARY, '{}')
    const layer = await shelf.blob('application/jose+json', '{}')
    const content = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer], subject }
    const ofOther = await shelf.manifest(content)
    await list(shelf, other, ofOther)
    const hostile = await listing(shelf, shelf.image, other, shelf.image)
    await list(shelf, shelf.image, hostile)
    const dry = await self.json(0, ['delete', shelf.reference, '--all', '--dry-run'])
    expect(dry.manifests.map(({ digest }: Deletion) => digest)).toEqual([hostile.digest])
    const { manifests } = await self.json(0, ['delete', shelf.reference, '--all', '-y'])
    expect(withOutcome(manifests, 'deleted')).toEqual([hostile.digest])
    for (const kept of [shelf.image, other, ofOther]) expect(await shelf.has(kept.digest)).toBe(true)
    expect(await shelf.tagged('v1')).toBe(shelf.image.digest)
    expect(await shelf.tagged('v2')).toBe(other.digest)
    if (shelf.fake) expect(deletedAt(shelf)).toEqual([hostile.digest])
  })

  it('leaves what an index lists that refers to one signature', async () => {
    const self = await program()
    const shelf = await open(self)
    await self.json(0, ['init', 'me', '--scope', '*'])
    await self.json(0, ['sign', shelf.reference])
    const { referrers } = await self.json(0, ['list', shelf.reference])
    const [{ mediaType, digest, size }] = referrers
    const other = await imageOn(shelf, 'v2', 'v2')
    const hostile = await listing(shelf, { mediaType, digest, size }, other, shelf.image)
    await list(shelf, { mediaType, digest, size }, hostile)
    const { manifests } = await self.json(0, ['delete', shelf.reference, '--signature', digest, '-y'])
    expect(withOutcome(manifests, 'deleted')).toEqual([hostile.digest, digest])
    expect(await shelf.tagged('v1')).toBe(shelf.image.digest)
    expect(await shelf.tagged('v2')).toBe(other.digest)
    expect(await shelf.has(other.digest)).toBe(true)
    expect(deletedAt(shelf).filter(each => [other.digest, shelf.image.digest].includes(each))).toEqual([])
  })

  it('leaves an image that was given the tag of a signature, and says so', async () => {
    const self = await program()
    const shelf = await open(self)
    const tag = cosignTag(shelf.image.digest)
    const other = await imageOn(shelf, 'v2', 'v2', tag)
    const result = await self.expect(0, ['delete', shelf.reference, '--all', '-y'])
    expect(result.stderr).toContain(`warning: ${tag}`)
    expect(result.stderr).toContain('is not what cosign stores')
    const { manifests } = await self.json(0, ['delete', shelf.reference, '--all', '-y'])
    expect(manifests).toMatchObject([{ digest: other.digest, outcome: 'kept', tag }])
    expect(await shelf.tagged('v2')).toBe(other.digest)
    expect(await shelf.tagged(tag)).toBe(other.digest)
    expect(deletedAt(shelf)).toEqual([])
    const named = await self.json(2, ['delete', shelf.reference, '--signature', other.digest, '-y'])
    expect(named.error.message).toContain('is not what cosign stores')
    expect(await shelf.has(other.digest)).toBe(true)
  })

  it("leaves another image's cosign signature that was given the target's tag too", async () => {
    const self = await program()
    const shelf = await open(self)
    const other = await imageOn(shelf, 'v2', 'v2')
    const theirs = await cosignSignature(shelf, other.digest, other.digest)
    await cosignSignature(shelf, shelf.image.digest, other.digest)
    const { manifests } = await self.json(0, ['delete', shelf.reference, '--all', '-y'])
    expect(manifests).toMatchObject([{ digest: theirs.digest, outcome: 'kept' }])
    expect(manifests[0].why).toContain(`is about ${other.digest}`)
    expect(await shelf.tagged(cosignTag(other.digest))).toBe(theirs.digest)
    expect(deletedAt(shelf)).toEqual([])
  })

  it("leaves another image's bill of materials that was given the tag of one of a signature", async () => {
    const self = await program()
    const shelf = await open(self)
    await self.json(0, ['init', 'me', '--scope', '*'])
    const subject = await imageOn(shelf, 'v2', 'v2')
    const config = await shelf.blob('application/vnd.oci.empty.v1+json', '{}')
    const layers = [await shelf.blob('application/spdx+json', '{"spdxVersion":"SPDX-2.3"}')]
    const content = { schemaVersion: 2, mediaType: MANIFEST, config, layers }
    const referring = { ...content, artifactType: 'application/spdx+json', subject }
    for (const theirs of [content, referring]) {
      await self.json(0, ['sign', shelf.reference])
      const { referrers } = await self.json(0, ['list', shelf.reference])
      const [{ digest: signature }] = referrers
      const put = await shelf.manifest(theirs, cosignTag(subject.digest, '.sbom'))
      await shelf.manifest(theirs, cosignTag(signature, '.sbom'))
      const { manifests } = await self.json(0, ['delete', shelf.reference, '--all', '-y'])
      expect(withOutcome(manifests, 'deleted')).toEqual([signature])
      expect(withOutcome(manifests, 'kept')).toEqual([put.digest])
      expect(await shelf.has(put.digest)).toBe(true)
    }
  })

  it('leaves a bill of materials that refers to another image, though its tag is named', async () => {
    const self = await program()
    const shelf = await open(self)
    const subject = await imageOn(shelf, 'v2', 'v2')
    const config = await shelf.blob('application/vnd.oci.empty.v1+json', '{}')
    const layers = [await shelf.blob('application/spdx+json', '{"spdxVersion":"SPDX-2.3"}')]
    const content = { schemaVersion: 2, mediaType: MANIFEST, config, layers }
    const own = await shelf.manifest(content, cosignTag(shelf.image.digest, '.sbom'))
    const { manifests } = await self.json(0, ['delete', shelf.reference, '--signature', own.digest, '-y'])
    expect(withOutcome(manifests, 'deleted')).toEqual([own.digest])
    const theirs = await shelf.manifest({ ...content, subject }, cosignTag(shelf.image.digest, '.sbom'))
    const refused = await self.json(2, ['delete', shelf.reference, '--signature', theirs.digest, '-y'])
    expect(refused.error.why).toContain(`it refers to ${subject.digest}`)
    expect(await shelf.has(theirs.digest)).toBe(true)
  })

  it('leaves the target where it has the tag of its own signature', async () => {
    const self = await program()
    const shelf = await open(self)
    const hostile = await listing(shelf, shelf.image, shelf.image)
    await list(shelf, shelf.image, hostile)
    await shelf.manifest(
      { schemaVersion: 2, mediaType: INDEX, manifests: [shelf.image] },
      cosignTag(hostile.digest),
      INDEX,
    )
    await self.json(0, ['delete', shelf.reference, '--all', '-y'])
    expect(await shelf.tagged('v1')).toBe(shelf.image.digest)
    expect(await shelf.has(shelf.image.digest)).toBe(true)
  })

  it('takes a cosign signature away that is about the target, and asks by kind and whole digest', async () => {
    const self = await program()
    const shelf = await open(self)
    const signature = await cosignSignature(shelf, shelf.image.digest, shelf.image.digest)
    await self.expect(2, ['delete', shelf.reference, '--all'], { answers: ['n'] })
    expect(self.asked.at(-1)).toContain(`signature  ${signature.digest}`)
    expect(self.asked.at(-1)).toContain(`tag ${cosignTag(shelf.image.digest)}`)
    const dry = await self.expect(0, ['delete', shelf.reference, '--all', '--dry-run'])
    expect(dry.stdout).toContain(`would delete  signature  ${signature.digest}`)
    const { manifests } = await self.json(0, ['delete', shelf.reference, '--all', '-y'])
    expect(withOutcome(manifests, 'deleted')).toEqual([signature.digest])
    expect(await shelf.has(signature.digest)).toBe(false)
  })
})
