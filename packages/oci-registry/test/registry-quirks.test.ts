import { randomBytes } from 'node:crypto'
import { memory, referrersTag } from '@sealwright/oci'
import { describe, expect, test } from 'vitest'
import { collect, list, made, madeImage, madeSignature, pieces, pushImage } from '../../oci/test/artifacts.ts'
import { failure } from '../../oci/test/expect-error.ts'
import { storeCases } from '../../oci/test/store-cases.ts'
import {
  type ExaminableStore,
  examineRegistry,
  httpFetch,
  isExaminable,
  type RegistryOptions,
  registry,
} from '../src/index.ts'
import { FakeRegistry, type FakeRegistryOptions } from './fake-registry.ts'
import { as, CHUNK, dockerHub, ecr, ghcr, gitlab } from './quirks.ts'

async function open(quirks: FakeRegistryOptions, options: RegistryOptions) {
  const fake = await FakeRegistry.start(quirks)
  const again = () => registry(`${fake.host}/team/app`, options)
  return { fake, store: again(), again, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() }
}

storeCases('a registry like GitLab', () => open(gitlab, as('ci')), 'tag')
storeCases('a registry like Amazon ECR', () => open(ecr, as('AWS')), 'tag')

describe.each([
  ['GitLab', gitlab, 'ci'],
  ['Amazon ECR', ecr, 'AWS'],
  ['GitHub', ghcr, 'ci'],
  ['Docker Hub', dockerHub, 'ci'],
] as const)('a registry like %s', (_, quirks, user) => {
  test('takes a large layer and a signature, and both are found again', async () => {
    await using opened = await open(quirks, as(user))
    const { fake, store, again } = opened
    const layer = made('application/octet-stream', randomBytes(4 * CHUNK + 17))
    await store.push(layer.descriptor, pieces(layer.bytes))
    expect(await collect(again().fetch(layer.descriptor))).toEqual(layer.bytes)
    const image = await pushImage(store, madeImage(), 'v1')
    const signatures = [madeSignature(image), madeSignature(image, 'artifact-type')]
    for (const signature of signatures) await pushImage(store, signature)
    expect((await list(again().referrers(image))).map(({ digest }) => digest).sort()).toEqual(
      signatures.map(made => made.image.descriptor.digest).sort(),
    )
    expect(await again().resolve('v1')).toEqual(image)
    expect(fake.repository('team/app').uploads.open).toBe(0)
  })

  test('gets our credentials alone: neither storage nor anybody else sees them', async () => {
    await using opened = await open(quirks, as(user))
    const { fake, store } = opened
    const image = madeImage()
    await pushImage(store, image, 'v1')
    for (const { descriptor, bytes } of image.blobs) {
      expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
    }
    const elsewhere = fake.requests.filter(({ origin }) => origin === 'storage')
    expect(elsewhere.length).toBeGreaterThan(0)
    for (const { headers } of elsewhere) expect(headers.authorization).toBeUndefined()
  })
})

test('GitHub gets chunks that are short enough, from the second attempt on', async () => {
  await using opened = await open(ghcr, as('ci'))
  const { fake, store } = opened
  for (let count = 0; count < 2; count++) {
    const layer = made('application/octet-stream', randomBytes(3 * CHUNK))
    await store.push(layer.descriptor, pieces(layer.bytes))
  }
  const ranges = fake.requests.flatMap(({ headers }) => headers['content-range'] ?? [])
  const lengths = ranges.map(range => {
    const [from = 0, to = 0] = range.split('-').map(Number)
    return to - from + 1
  })
  expect(lengths.filter(length => length > CHUNK / 2)).toEqual([CHUNK])
  expect(fake.requests.filter(({ method }) => method === 'PUT').length).toBe(2)
})

test('GitHub and Docker Hub delete nothing, which doctor can tell', async () => {
  for (const quirks of [ghcr, dockerHub]) {
    await using opened = await open(quirks, as('ci'))
    const { store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    expect(await examineRegistry(store, image)).toMatchObject({
      referrers: 'tag',
      delete: 'unsupported',
      push: 'allowed',
    })
    await failure('UNSUPPORTED', () => store.delete(image))
  }
})

test('what ECR says of subjects is not believed, and the tag is kept', async () => {
  await using opened = await open(ecr, as('AWS'))
  const { fake, store } = opened
  const image = await pushImage(store, madeImage(), 'v1')
  const signature = madeSignature(image)
  for (const { descriptor, bytes } of signature.blobs) await store.push(descriptor, bytes)
  expect(await store.push(signature.image.descriptor, signature.image.bytes)).toEqual({ referrers: 'tag' })
  expect(fake.repository('team/app').tags.has(referrersTag(image.digest))).toBe(true)
})

describe('Docker Hub', () => {
  /** Its three hosts, all of them the fake. */
  async function hub(image = 'docker.io/library/app') {
    const fake = await FakeRegistry.start({
      ...dockerHub,
      auth: { scheme: 'bearer', users: { ci: 'p' }, realm: 'https://auth.docker.io/token' },
    })
    const hosts: string[] = []
    const inner = httpFetch()
    const fetch: typeof globalThis.fetch = (input, init) => {
      const url = new URL(input as URL)
      hosts.push(url.host)
      const known = ['registry-1.docker.io', 'auth.docker.io'].includes(url.host)
      return inner(known ? `http://${fake.host}${url.pathname}${url.search}` : url, init)
    }
    const asked: string[] = []
    const options = as('ci', {
      fetch,
      credentials: {
        get: async request => {
          asked.push(request.registry)
          return { username: 'ci', password: 'p' }
        },
      },
    })
    return {
      fake,
      hosts,
      asked,
      store: registry(image, options),
      [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
    }
  }

  test('has its API and its tokens on other hosts than its name', async () => {
    await using opened = await hub()
    const image = madeImage()
    for (const { descriptor, bytes } of image.blobs) await opened.store.push(descriptor, bytes)
    expect(new Set(opened.hosts)).toEqual(new Set(['registry-1.docker.io', 'auth.docker.io']))
    expect(opened.asked).toEqual(['docker.io'])
    expect(opened.fake.authority!.tokenRequests.map(({ scope }) => scope)).toEqual([
      'repository:library/app:pull',
      'repository:library/app:pull,push',
    ])
  })

  test('says when it has had enough, and for how long', async () => {
    await using opened = await hub()
    const { fake, store } = opened
    const body = JSON.stringify({
      errors: [{ code: 'TOOMANYREQUESTS', message: 'You have reached your pull rate limit.' }],
    })
    fake.faults.push({
      path: '/manifests/',
      answer: { status: 429, headers: { 'retry-after': '3600' }, body },
    })
    const image = madeImage().image.descriptor
    const error = await failure('THROTTLED', () => collect(store.fetch(image)))
    expect(error.message).toContain('pull rate limit')
    expect(error.retryAfterMs).toBe(3_600_000)
    fake.faults.length = 0
    fake.faults.push({
      path: '/manifests/',
      times: 2,
      answer: { status: 429, headers: { 'retry-after': '0' }, body },
    })
    await failure('NOT_FOUND', () => store.resolve('v1'))
  })
})

test('is examined through whatever stands before it', async () => {
  await using fake = await FakeRegistry.start({ referrersApi: false })
  const store = registry(`${fake.host}/app`)
  if (!isExaminable(store)) throw new Error('a registry is examinable')
  const image = await pushImage(store, madeImage(), 'v1')
  const around: ExaminableStore = Object.assign(memory(), { examine: store.examine.bind(store) })
  expect(await examineRegistry(around, image)).toMatchObject({ referrers: 'tag', push: 'allowed' })
  await failure('UNSUPPORTED', () => examineRegistry(memory(), image))
})
