import { referrersTag } from '@sealwright/oci'
import { describe, expect, it } from 'vitest'
import { INDEX, MANIFEST, type Made, madeImage, madeJson } from '../../../oci/test/artifacts.ts'
import type { FakeRegistry, FakeRegistryOptions } from '../../../oci-registry/test/fake-registry.ts'
import { program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

type Found = {
  readonly check: string
  readonly outcome: string
  readonly detail: string
  readonly fix: string
}

function put(fake: FakeRegistry, { descriptor, bytes }: Made, tag: string): void {
  const { manifests, tags } = fake.repository('app')
  manifests.set(descriptor.digest, { mediaType: descriptor.mediaType, bytes: Buffer.from(bytes) })
  tags.set(tag, descriptor.digest)
}

interface Examined {
  readonly reference: string
  readonly resolved: string | null
  readonly referrers: string | null
  /** Of all checks those that are about lists. */
  readonly lists: readonly Found[]
}

/** A repository with two images, each signed twice. */
async function signedTwice(options: FakeRegistryOptions = {}) {
  const self = await program()
  const { fake, digest } = await registryWith(self, options)
  await self.json(0, ['init', 'me', '--scope', '*'])
  const repository = fake.repository('app')
  const { config, layers } = JSON.parse(repository.manifests.get(digest)!.bytes.toString())
  const other = madeJson(MANIFEST, { config, layers, annotations: { is: 'another' } })
  put(fake, other, 'v2')
  const images = [digest, other.descriptor.digest]
  for (const image of images) {
    await self.json(0, ['sign', `${fake.host}/app@${image}`])
    await self.json(0, ['sign', '--format', 'cose', '--again', `${fake.host}/app@${image}`])
  }
  /** What the program says of the repository as a whole; its checks of lists apart. */
  const doctor = async (code: number, ...more: readonly string[]): Promise<Examined> => {
    const { targets } = await self.json(code, ['doctor', `${fake.host}/app`, ...more])
    const checks: readonly Found[] = targets[0].checks
    return { ...targets[0], lists: checks.filter(({ check }) => check === 'list') }
  }
  const listOf = (image: string): readonly unknown[] =>
    JSON.parse(repository.manifests.get(repository.tags.get(referrersTag(image))!)!.bytes.toString())
      .manifests
  /** As another client leaves it that wrote at the same time. */
  const lose = (image: string) => put(fake, madeJson(INDEX, { manifests: [] }), referrersTag(image))
  return { self, fake, repository, images, doctor, listOf, lose }
}

describe('doctor, of a whole repository,', () => {
  it('reports every list that is not true, and with --fix mends each', async () => {
    const { fake, images, doctor, listOf, lose, repository } = await signedTwice({ referrersApi: false })
    expect((await doctor(0)).lists).toEqual([
      expect.objectContaining({
        outcome: 'ok',
        detail: 'artifacts with signatures that clients list: 2, listed as they are: 2',
      }),
    ])
    lose(images[0]!)
    // Not a list at all: there are only the tags of the signatures.
    repository.tags.delete(referrersTag(images[1]!))
    const before = fake.requests.length
    const lost = await doctor(1)
    expect(lost).toMatchObject({ reference: `${fake.host}/app`, resolved: null, referrers: 'tag' })
    expect(lost.lists.map(({ outcome }) => outcome)).toEqual(['ok', 'fault', 'fault'])
    expect(lost.lists[0]?.detail).toContain('listed as they are: 0')
    for (const image of images) {
      const found = lost.lists.find(({ detail }) => detail.includes(image))
      expect(found).toMatchObject({ detail: expect.stringContaining('2 found'), fix: 'run it with --fix' })
    }
    const writes = fake.requests.slice(before).filter(({ method }) => method === 'PUT')
    expect(writes).toEqual([])

    const mended = await doctor(0, '--fix')
    expect(mended.lists.slice(1).every(({ detail }) => detail.startsWith('mended: 2 found of sha256:'))).toBe(
      true,
    )
    for (const image of images) expect(listOf(image)).toHaveLength(2)
    expect((await doctor(0, '--fix')).lists).toHaveLength(1)
  })

  it('goes on where one list cannot be mended, and ends with a fault', async () => {
    const { fake, images, doctor, listOf, lose } = await signedTwice({ referrersApi: false })
    for (const image of images) lose(image)
    fake.faults.push({ method: 'PUT', path: referrersTag(images[0]!), answer: { status: 403 } })
    const { lists } = await doctor(1, '--fix')
    expect(lists.find(({ detail }) => detail.startsWith(images[0]!))).toMatchObject({
      outcome: 'fault',
      detail: expect.stringContaining('ACCESS_DENIED'),
    })
    expect(listOf(images[0]!)).toEqual([])
    expect(listOf(images[1]!)).toHaveLength(2)
  })

  it('writes over no image that is named like a list', async () => {
    const { fake, images, doctor, repository } = await signedTwice({ referrersApi: false })
    const tag = `sha256-${'0'.repeat(64)}`
    const index = madeJson(INDEX, {
      manifests: images.map(digest => ({ mediaType: MANIFEST, digest, size: 1 })),
    })
    put(fake, index, tag)
    const { lists } = await doctor(0, '--fix')
    expect(lists.filter(({ outcome }) => outcome === 'warning')).toEqual([
      expect.objectContaining({ detail: expect.stringContaining(tag) }),
    ])
    expect(repository.tags.get(tag)).toBe(index.descriptor.digest)
    const { image } = madeImage()
    put(fake, image, tag)
    const other = await doctor(1, '--fix')
    expect(other.lists.find(({ outcome }) => outcome === 'fault')?.fix).toContain(`what stands under ${tag}`)
    expect(repository.tags.get(tag)).toBe(image.descriptor.digest)
  })

  it('says that a registry with the referrers API needs no list, and leaves what is there', async () => {
    const { fake, images, doctor, lose } = await signedTwice()
    expect(await doctor(0)).toMatchObject({
      referrers: 'api',
      lists: [{ outcome: 'ok', detail: expect.stringContaining('the registry lists signatures itself') }],
    })
    lose(images[0]!)
    const before = fake.requests.length
    expect((await doctor(0, '--fix')).lists[0]?.detail).toContain('1 that clients kept here stay as they are')
    expect(fake.requests.slice(before).filter(({ method }) => method === 'PUT')).toEqual([])
  })

  it.each([
    ['forbids to list', 403],
    ['does not list', 404],
  ])('says that it cannot look where the registry %s tags', async (_, status) => {
    const { fake, doctor } = await signedTwice({ referrersApi: false })
    fake.faults.push({ path: '/tags/list', answer: { status } })
    for (const more of [[], ['--fix']]) {
      expect((await doctor(1, ...more)).lists).toEqual([
        expect.objectContaining({
          outcome: 'fault',
          detail: expect.stringContaining('does not list the tags'),
          fix: expect.stringContaining('by its tag or digest'),
        }),
      ])
    }
  })

  it('looks where the signatures are kept, and says so of a repository that has none', async () => {
    const { self, fake } = await signedTwice({ referrersApi: false })
    const apart = `${fake.host}/apart`
    const args = ['doctor', '--signatures-in', apart, `${fake.host}/app`]
    const { targets } = await self.json(0, args)
    expect(targets[0].checks).toContainEqual(
      expect.objectContaining({
        check: 'list',
        detail: expect.stringContaining('no list of signatures is kept'),
      }),
    )
    await self.json(0, ['sign', '--again', '--signatures-in', apart, `${fake.host}/app:v1`])
    const text = await self.expect(0, args)
    expect(text.stdout).toContain('clients list: 1, listed as they are: 1')
    expect(text.stdout).toContain(`${apart} answers`)
  })

  it('warns of a repository that has nothing, which may be called otherwise', async () => {
    const { self, fake } = await signedTwice({ referrersApi: false })
    const { targets } = await self.json(0, ['doctor', '--fix', `${fake.host}/apq`])
    expect(targets[0].checks).toContainEqual({
      check: 'registry',
      outcome: 'warning',
      detail: `${fake.host}/apq has no tags: it is new, or called otherwise`,
      fix: null,
    })
  })

  it('with a list where none can be kept says so for each', async () => {
    const { doctor, images } = await signedTwice({ referrersApi: false, gitlab: true })
    const { lists } = await doctor(0, '--fix')
    for (const image of images) {
      expect(lists.find(({ detail }) => detail.includes(image))).toMatchObject({
        outcome: 'warning',
        detail: expect.stringContaining('no list can be kept here'),
      })
    }
  })
})
