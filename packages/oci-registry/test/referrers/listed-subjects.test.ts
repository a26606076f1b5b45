import { type ArtifactStore, referrersTag } from '@sealwright/oci'
import { expect, onTestFinished, test } from 'vitest'
import { MANIFEST, made, madeImage, madeSignature, pushImage } from '../../../oci/test/artifacts.ts'
import { failure } from '../../../oci/test/expect-error.ts'
import { listedSubjects, registry } from '../../src/index.ts'
import { FakeRegistry } from '../fake-registry.ts'

async function repository() {
  const fake = await FakeRegistry.start({ referrersApi: false })
  onTestFinished(() => fake[Symbol.asyncDispose]())
  return { fake, store: registry(`${fake.host}/app`, { settleMs: 0 }) }
}

test('listedSubjects finds what has a list, what has a claim alone, and each once', async () => {
  const { fake, store } = await repository()
  const [both, claimed, cosigned] = [madeImage(), madeImage(), madeImage()]
  for (const image of [both, claimed, cosigned]) await pushImage(store, image, 'v1')
  const { digest } = both.image.descriptor
  for (const image of [both, claimed]) await pushImage(store, madeSignature(image.image.descriptor))
  const { tags } = fake.repository('app')
  tags.delete(referrersTag(claimed.image.descriptor.digest))
  for (const tag of [
    `${referrersTag(cosigned.image.descriptor.digest)}.sig`,
    `sha512-${'0'.repeat(64)}`,
    'sha256-short',
  ])
    tags.set(tag, digest)
  expect(await listedSubjects(store)).toEqual([digest, claimed.image.descriptor.digest].toSorted())
})

test('listedSubjects finds nothing in an empty repository, and never where tags are not listed', async () => {
  const { fake, store } = await repository()
  expect(await listedSubjects(store)).toEqual([])
  fake.faults.push({ path: '/tags/list', answer: { status: 403 } })
  await failure('ACCESS_DENIED', () => listedSubjects(store))
  await failure('UNSUPPORTED', () => listedSubjects({ name: 'a store' } as ArtifactStore))
})

test.each(['sha384', 'sha512'])(
  'listedSubjects finds what has a %s digest, by its list or by a claim',
  async algorithm => {
    const { fake, store } = await repository()
    const subjects: string[] = []
    for (const part of ['list', 'claim'] as const) {
      const { image, blobs } = madeImage()
      const { descriptor } = made(MANIFEST, image.bytes, algorithm)
      for (const blob of blobs) await store.push(blob.descriptor, blob.bytes)
      await store.push(descriptor, image.bytes)
      await pushImage(store, madeSignature(descriptor))
      const { tags } = fake.repository('app')
      const list = referrersTag(descriptor.digest)
      expect(tags.has(list)).toBe(true)
      for (const tag of [...tags.keys()]) {
        if (tag.startsWith(list) && (tag === list) !== (part === 'list')) tags.delete(tag)
      }
      subjects.push(descriptor.digest)
    }
    expect(await listedSubjects(store)).toEqual(subjects.toSorted())
  },
)
