import { referrersTag } from '@sealwright/oci'
import { describe, expect, test, vi } from 'vitest'
import {
  INDEX,
  list,
  MANIFEST,
  made,
  madeImage,
  madeJson,
  madeSignature,
  pushImage,
  SIGNATURE,
} from '../../../oci/test/artifacts.ts'
import { failure } from '../../../oci/test/expect-error.ts'
import { type RegistryOptions, registry } from '../../src/index.ts'
import { FakeRegistry, type FakeRegistryOptions } from '../fake-registry.ts'

async function start(options: FakeRegistryOptions = {}, more: RegistryOptions = {}) {
  const fake = await FakeRegistry.start(options)
  const open = () => registry(`${fake.host}/app`, { settleMs: 5, retry: { baseDelayMs: 5 }, ...more })
  return { fake, store: open(), open, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() }
}

describe('the fallback tag', () => {
  test('is made of the digest, cut to what a tag may hold', () => {
    expect(referrersTag(`sha256:${'a'.repeat(64)}`)).toBe(`sha256-${'a'.repeat(64)}`)
    expect(referrersTag(`sha512:${'b'.repeat(128)}`)).toBe(`sha512-${'b'.repeat(64)}`)
  })

  test('lists type and annotations of each referrer, once', async () => {
    await using opened = await start({ referrersApi: false })
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    const signature = madeSignature(image, 'config-type', { k: 'v' })
    await pushImage(store, signature)
    await pushImage(store, signature)
    const { tags, manifests } = fake.repository('app')
    const index = manifests.get(tags.get(referrersTag(image.digest))!)!
    expect(index.mediaType).toBe(INDEX)
    expect(JSON.parse(index.bytes.toString())).toEqual({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [{ ...signature.image.descriptor, artifactType: SIGNATURE, annotations: { k: 'v' } }],
    })
  })

  test('gets back what another client overwrote', async () => {
    await using opened = await start({ referrersApi: false })
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    const [mine, theirs] = [madeSignature(image), madeSignature(image)]
    for (const { descriptor, bytes } of theirs.blobs) await store.push(descriptor, bytes)
    const repository = fake.repository('app')
    const tag = referrersTag(image.digest)
    let overwritten = 0
    fake.beforeRequest = ({ method, path }) => {
      // After our write and before we look again: another client, which had read the list before, writes its own.
      if (method !== 'GET' || !path.endsWith(tag) || !repository.tags.has(tag) || overwritten > 1) return
      overwritten++
      const list = madeJson(INDEX, { manifests: [{ ...theirs.image.descriptor, artifactType: SIGNATURE }] })
      repository.manifests.set(list.descriptor.digest, { mediaType: INDEX, bytes: Buffer.from(list.bytes) })
      repository.tags.set(tag, list.descriptor.digest)
    }
    await pushImage(store, mine)
    fake.beforeRequest = undefined
    expect(overwritten).toBe(2)
    const found = await list(store.referrers(image))
    expect(found.map(({ digest }) => digest).sort()).toEqual(
      [mine, theirs].map(({ image: { descriptor } }) => descriptor.digest).sort(),
    )
  })

  test('never replaces what is not a list of referrers, and never reads it as one', async () => {
    await using opened = await start({ referrersApi: false })
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    const tag = referrersTag(image.digest)
    const other = await pushImage(store, madeImage(), tag)
    await failure('INTEGRITY', () => list(store.referrers(image)))
    await failure('INTEGRITY', () => pushImage(store, madeSignature(image)))
    expect(fake.repository('app').tags.get(tag)).toBe(other.digest)
  })
})

describe('the referrers API', () => {
  test('is not given up for a page that fails in passing', async () => {
    await using opened = await start({ pageSize: 1 })
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    for (let count = 0; count < 3; count++) await pushImage(store, madeSignature(image))
    fake.faults.push({ path: 'from=1', times: 2, answer: { status: 503 } })
    expect(await list(store.referrers(image))).toHaveLength(3)
  })

  test.each([
    ['a page that is missing', { status: 404 }, 'NOT_FOUND'],
    [
      'a page that is not an index',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '' },
      'UNAVAILABLE',
    ],
    ['a page that is refused', { status: 403 }, 'ACCESS_DENIED'],
  ] as const)('makes an error of %s, never an absence', async (_, answer, code) => {
    await using opened = await start({ pageSize: 1 })
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    for (let count = 0; count < 3; count++) await pushImage(store, madeSignature(image))
    fake.faults.push({ path: 'from=2', answer })
    await failure(code, () => list(store.referrers(image)))
  })

  test.each([
    ['<?from=0>; rel="next"', 'lead back'],
    ['<http://127.0.0.1:1/next>; rel=next', 'another host'],
  ])('does not follow %s for ever', async (link, why) => {
    await using opened = await start()
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    const page = Buffer.from(madeJson(INDEX, { manifests: [] }).bytes).toString()
    fake.faults.push({
      path: '/referrers/',
      answer: { status: 200, headers: { 'content-type': INDEX, link }, body: page },
    })
    expect((await failure('UNAVAILABLE', () => list(store.referrers(image)))).why).toContain(why)
  })

  test('skips an entry that cannot be read, and tells of it once', async () => {
    const warnings: string[] = []
    await using opened = await start({}, { onWarning: text => warnings.push(text) })
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    const good = { mediaType: MANIFEST, digest: `sha256:${'1'.repeat(64)}`, size: 1 }
    const body = JSON.stringify({ schemaVersion: 2, manifests: [{ digest: 'x' }, good] })
    const answer = { status: 200, headers: { 'content-type': INDEX }, body }
    fake.faults.push({ path: '/referrers/', answer })
    for (let run = 0; run < 2; run++) expect(await list(store.referrers(image))).toEqual([good])
    expect(warnings).toEqual([expect.stringContaining('manifests[0]')])
  })

  test.each(['not json', '{"schemaVersion":2}', '{"schemaVersion":2,"manifests":{}}'])(
    'makes an error of the answer %s',
    async body => {
      await using opened = await start()
      const { fake, store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      fake.faults.push({
        path: '/referrers/',
        answer: { status: 200, headers: { 'content-type': INDEX }, body },
      })
      await failure('UNAVAILABLE', () => list(store.referrers(image)))
    },
  )

  test('can be demanded', async () => {
    await using opened = await start({ referrersApi: false }, { referrers: 'api' })
    const { store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    await failure('UNSUPPORTED', () => list(store.referrers(image)))
    await failure('UNSUPPORTED', () => pushImage(store, madeSignature(image)))
  })

  test('is used from the first push on, though an empty repository had answered 404', async () => {
    await using opened = await start()
    const { fake, store } = opened
    const { image } = madeImage()
    fake.faults.push({ path: '/referrers/', times: 1, answer: { status: 404 } })
    expect(await list(store.referrers(image.descriptor))).toEqual([])
    const signature = madeSignature(image.descriptor)
    for (const { descriptor, bytes } of signature.blobs) await store.push(descriptor, bytes)
    expect(await store.push(signature.image.descriptor, signature.image.bytes)).toEqual({ referrers: 'api' })
    expect(fake.repository('app').tags.size).toBe(0)
  })
})

describe('delete', () => {
  test('takes a referrer out of the fallback index too', async () => {
    await using opened = await start({ referrersApi: false })
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    const signature = madeSignature(image)
    await pushImage(store, signature)
    await store.delete(signature.image.descriptor)
    const { tags, manifests } = fake.repository('app')
    const index = manifests.get(tags.get(referrersTag(image.digest))!)!
    expect(JSON.parse(index.bytes.toString()).manifests).toEqual([])
  })

  test.each([{ status: 405 }, { status: 400, body: '{"errors":[{"code":"UNSUPPORTED","message":"no"}]}' }])(
    'says UNSUPPORTED where nothing may be deleted (%j), and changes nothing',
    async answer => {
      await using opened = await start({ referrersApi: false })
      const { fake, store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      const signature = madeSignature(image)
      await pushImage(store, signature)
      fake.faults.push({ method: 'DELETE', answer })
      await failure('UNSUPPORTED', () => store.delete(signature.image.descriptor))
      expect(await list(store.referrers(image))).toHaveLength(1)
    },
  )
})

test('pushes that are done already change nothing', async () => {
  await using opened = await start()
  const { fake, store } = opened
  const image = madeImage()
  await pushImage(store, image, 'v1')
  const before = fake.requests.length
  await pushImage(store, image, 'v1')
  expect(fake.requests.slice(before).filter(({ method }) => method !== 'HEAD')).toEqual([])
  const blob = made('application/octet-stream', 'x')
  await store.push(blob.descriptor, blob.bytes)
  expect(fake.requests.slice(-3).map(({ method }) => method)).toEqual(['HEAD', 'POST', 'PUT'])
})

describe('a missing referrers API', () => {
  const asked = ({ requests }: FakeRegistry) => requests.filter(({ path }) => path.includes('/referrers/'))

  test('is asked for once where the registry says itself that it has none, and again after minutes', async () => {
    await using opened = await start({ referrersApi: false })
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    for (let count = 0; count < 3; count++) await pushImage(store, madeSignature(image))
    expect(await list(store.referrers(image))).toHaveLength(3)
    expect(asked(fake)).toHaveLength(1)
    const now = performance.now()
    using _ = vi.spyOn(performance, 'now').mockImplementation(() => now + 301_000)
    await list(store.referrers(image))
    expect(asked(fake)).toHaveLength(2)
  })

  test('is asked for twice where something in between may have answered', async () => {
    await using opened = await start({ referrersApi: false, withoutApi: 405 })
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    for (let count = 0; count < 3; count++) await list(store.referrers(image))
    expect(asked(fake)).toHaveLength(2)
  })
})

describe('a tag', () => {
  test('is set by the push of its manifest, and only where that brings it', async () => {
    await using opened = await start()
    const { fake, store } = opened
    const { image, blobs } = madeImage()
    for (const { descriptor, bytes } of blobs) await store.push(descriptor, bytes, { assumeAbsent: true })
    expect(fake.requests.filter(({ method }) => method === 'HEAD')).toEqual([])
    expect(await store.push(image.descriptor, image.bytes, { tag: 'v1' })).toEqual({ tagged: true })
    expect(await store.push(image.descriptor, image.bytes, { tag: 'v2' })).toEqual({})
    const { digest } = image.descriptor
    expect([...fake.repository('app').tags]).toEqual([['v1', digest]])
    expect(await store.resolve(digest)).toMatchObject({ digest })
  })

  test('is set with the bytes at hand, and with no others', async () => {
    await using opened = await start()
    const { fake, store } = opened
    const { image } = madeImage()
    const descriptor = await pushImage(store, madeImage(), 'v1')
    await failure('INTEGRITY', () => store.tag(descriptor, 'v2', { bytes: image.bytes }))
    expect([...fake.repository('app').tags.keys()]).toEqual(['v1'])
  })
})
