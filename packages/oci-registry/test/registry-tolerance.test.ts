import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { copyGraph, memory, referrersTag } from '@sealwright/oci'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  collect,
  INDEX,
  list,
  MANIFEST,
  made,
  madeImage,
  madeJson,
  madeSignature,
  pushImage,
} from '../../oci/test/artifacts.ts'
import { failure } from '../../oci/test/expect-error.ts'
import { type RegistryOptions, registry } from '../src/index.ts'
import { FakeRegistry, type FakeRegistryOptions } from './fake-registry.ts'

async function open(quirks: FakeRegistryOptions, options: RegistryOptions = {}) {
  const fake = await FakeRegistry.start(quirks)
  const warnings: string[] = []
  const store = registry(`${fake.host}/app`, {
    retry: { attempts: 1 },
    settleMs: 1,
    onWarning: text => warnings.push(text),
    ...options,
  })
  return { fake, store, warnings, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() }
}

const digests = (items: readonly { readonly digest: string }[]) => items.map(({ digest }) => digest).sort()

describe('signatures are attached and found', () => {
  test.each<[string, FakeRegistryOptions]>([
    ['406 for the referrers API and 403 for what is not there', { withoutApi: 406, deniesAbsent: true }],
    ['400 for the referrers API', { withoutApi: 400 }],
    ['410 for the referrers API', { withoutApi: 410 }],
    ['no HEAD of blobs', { withoutHead: true }],
    ['200 for a push', { pushStatus: 200 }],
    ['application/json for every manifest', { servedType: 'application/json' }],
    ['application/octet-stream for every manifest', { servedType: 'application/octet-stream' }],
    ['no type for any manifest', { servedType: null }],
    ['gzip around manifests', { compresses: 'gzip' }],
    ['brotli around manifests', { compresses: 'br' }],
  ])('in a registry with %s', async (_, quirks) => {
    await using opened = await open({ referrersApi: false, ...quirks })
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    expect(await list(store.referrers(image))).toEqual([])
    const signatures = [madeSignature(image), madeSignature(image)]
    for (const signature of signatures) await pushImage(store, signature)
    expect(digests(await list(store.referrers(image)))).toEqual(
      digests(signatures.map(signature => signature.image.descriptor)),
    )
    expect(await registry(`${fake.host}/app`).resolve('v1')).toEqual(image)
    expect(digestOfBytes(await collect(store.fetch(image)))).toBe(image.digest)
  })
})

function digestOfBytes(bytes: Uint8Array): string {
  return made(MANIFEST, bytes).descriptor.digest
}

test('what is denied is absent only where the manifest that the tag is about can be read', async () => {
  await using opened = await open({ referrersApi: false, deniesAbsent: true })
  const { descriptor } = madeImage().image
  await failure('ACCESS_DENIED', () => list(opened.store.referrers(descriptor)))
  await failure('ACCESS_DENIED', () => opened.store.resolve('v1'))
})

test('a manifest of a vague type is taken for what it says that it is, and for nothing else', async () => {
  await using opened = await open({ servedType: 'text/plain' })
  const { fake, store } = opened
  const { manifests, tags } = fake.repository('app')
  const put = (bytes: Buffer) => {
    const { digest } = made(MANIFEST, bytes).descriptor
    manifests.set(digest, { mediaType: MANIFEST, bytes })
    tags.set('v1', digest)
    return digest
  }
  const { image } = madeImage()
  const { mediaType: _, ...bare } = JSON.parse(Buffer.from(image.bytes).toString())
  const digest = put(Buffer.from(JSON.stringify(bare)))
  expect(await store.resolve('v1')).toMatchObject({ digest, mediaType: MANIFEST })
  for (const text of ['<html>', '[]', '{}', '{"schemaVersion":1,"layers":[]}', '{"mediaType":"text/html"}']) {
    put(Buffer.from(text))
    const error = await failure('UNSUPPORTED', () => store.resolve('v1'))
    expect(error.why).toContain('text/plain')
    expect(error.fix).toContain('Content-Type')
  }
})

test('an answer that is compressed in an unknown way is not called tampered with', async () => {
  await using opened = await open({ compresses: 'zstd' })
  const { store } = opened
  const { digest } = await pushImage(store, madeImage())
  const error = await failure('UNSUPPORTED', () => store.resolve(digest))
  expect(error.why).toContain('zstd')
})

test('a compressed manifest is inflated no further than a manifest may be long', async () => {
  await using opened = await open({})
  const { fake, store } = opened
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
  fake.faults.push({
    path: '/manifests/',
    answer: { status: 200, headers: { 'content-type': MANIFEST, 'content-encoding': 'gzip' }, body: bomb },
  })
  expect((await failure('VALIDATION', () => store.resolve('v1'))).message).toContain('too large')
})

describe('tags that are immutable', () => {
  test.each([
    ['as a test registry says it', { status: 400, code: 'TAG_INVALID', message: 'tag is immutable' }],
    ['as ECR', { status: 400, code: 'ImageTagAlreadyExistsException', message: '' }],
    [
      'as Harbor',
      { status: 412, code: 'PRECONDITION', message: 'configured as immutable, cannot be updated' },
    ],
    ['as ACR', { status: 405, code: 'UNSUPPORTED', message: 'the tag is locked' }],
    ['as others', { status: 409, code: 'UNKNOWN', message: '' }],
  ])('do not keep a second signature from being stored, %s', async (_, immutableTags) => {
    await using opened = await open({ referrersApi: false, immutableTags })
    const { store, warnings } = opened
    const image = await pushImage(store, madeImage())
    const signatures = [madeSignature(image), madeSignature(image)]
    for (const signature of signatures) await pushImage(store, signature)
    expect(warnings.join()).toContain('immutable')
    // A repetition changes nothing, and is not a failure.
    await pushImage(store, signatures[1]!)
    expect(digests(await list(store.referrers(image)))).toEqual(
      digests(signatures.map(signature => signature.image.descriptor)),
    )
  })
})

describe('an artifact with a SHA-512 digest', () => {
  const source = async () => {
    const { image, blobs } = madeImage()
    const { descriptor } = made(MANIFEST, image.bytes, 'sha512')
    const store = memory()
    for (const each of blobs) await store.push(each.descriptor, each.bytes)
    await store.push(descriptor, image.bytes)
    await store.tag(descriptor, 'v1')
    return { store, descriptor }
  }

  test('is copied by tag to a registry that keeps such digests, under that digest', async () => {
    await using opened = await open({})
    const { store: from, descriptor } = await source()
    await copyGraph(from, 'v1', opened.store)
    expect(opened.fake.repository('app').tags.get('v1')).toBe(descriptor.digest)
    const put = opened.fake.requests.find(({ path, method }) => method === 'PUT' && path.includes('/v1'))
    expect(put?.path).toContain(`?digest=${encodeURIComponent(descriptor.digest)}`)
  })

  test('is not said to be tagged where the registry keeps another digest', async () => {
    await using opened = await open({ honoursDigest: false })
    const { store: from, descriptor } = await source()
    const bytes = await collect(from.fetch(descriptor))
    const { config, layers } = JSON.parse(bytes.toString())
    for (const each of [config, ...layers]) {
      await opened.store.push(each, from.fetch(each))
    }
    await opened.store.push(descriptor, bytes)
    const error = await failure('UNSUPPORTED', () => opened.store.tag(descriptor, 'v1'))
    expect(error.message).toContain('does not keep sha512 digests')
    expect(error.why).toContain(descriptor.digest)
    expect(error.why).toMatch(/sha256:[0-9a-f]{64}/)
  })
})

test('a list of tags that is longer than 4 MiB is not read, and signatures are found by the list of referrers', async () => {
  await using opened = await open({ referrersApi: false })
  const { fake, store, warnings } = opened
  const image = await pushImage(store, madeImage(), 'v1')
  const signature = madeSignature(image)
  await pushImage(store, signature)
  const body = JSON.stringify({ name: 'app', tags: ['v1'], x: '0'.repeat(4 * 1024 * 1024) })
  fake.faults.push({ path: '/tags/list', answer: { status: 200, body } })
  expect(digests(await list(store.referrers(image)))).toEqual([signature.image.descriptor.digest])
  expect(warnings.join()).toContain('does not list its tags')
  const error = await failure('UNSUPPORTED', () => list(store.tags!()))
  expect(error.why).toContain('4194304 bytes')
})

/** A registry whose lists lead on from page to page. */
async function leadingOn(path: string, page: (number: number) => object) {
  let pages = 0
  const server = createServer((request, response) => {
    if (!request.url?.includes(path)) return response.end()
    pages++
    if (pages < 20)
      response.setHeader('link', `<${request.url.replace(/[?].*/, '')}?page=${pages}>; rel="next"`)
    response.setHeader('content-type', INDEX)
    return response.end(JSON.stringify(page(pages)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return registry(`127.0.0.1:${port}/app`, { retry: { attempts: 1 } })
}

test.each<[string, (page: number) => object, string]>([
  [
    'bytes',
    () => ({ tags: ['v1'], x: '0'.repeat(4_000_000) }),
    'its list of tags has more than 67108864 bytes',
  ],
  [
    'tags',
    page => ({ tags: Array.from({ length: 200_000 }, (_, index) => `${page}-${index}`) }),
    'its list of tags has more than 1000000 tags',
  ],
])('pages of tags without end are given up for their %s', async (_, page, why) => {
  const store = await leadingOn('/tags/list', page)
  const error = await failure('UNAVAILABLE', () => list(store.tags!()))
  expect(error.message).toContain('does not list all tags')
  expect(error.why).toBe(why)
  expect(error.fix).toContain('delete unused tags')
})

test('pages of referrers without end are given up for their bytes', async () => {
  const page = () => ({ schemaVersion: 2, mediaType: INDEX, manifests: [], x: '0'.repeat(4_000_000) })
  const store = await leadingOn('/referrers/', page)
  const error = await failure('UNAVAILABLE', () => list(store.referrers(madeImage().image.descriptor)))
  expect(error.message).toContain('does not list all referrers')
  expect(error.why).toBe('its list of referrers has more than 67108864 bytes')
  expect(error.fix).toContain('delete')
})

test('one entry of a list of referrers that cannot be read hides no other, and is told of without a secret', async () => {
  for (const referrersApi of [true, false]) {
    const secret = 'canary-of-the-password'
    await using opened = await open(
      { referrersApi, auth: { scheme: 'basic', users: { u: secret } } },
      { credentials: { get: async () => ({ username: 'u', password: secret }) } },
    )
    const { fake, store, warnings } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    const signature = madeSignature(image)
    await pushImage(store, signature)
    const good = signature.image.descriptor
    const bad = { ...good, digest: 'sha256:0', annotations: { [secret]: 7 } }
    const manifests = [{ ...good, size: 'x', annotations: { [secret]: 7 } }, bad, good]
    const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests })
    const answer = { status: 200, headers: { 'content-type': INDEX }, body }
    fake.faults.push({
      path: referrersApi ? '/referrers/' : `/manifests/${referrersTag(image.digest)}`,
      answer,
    })
    expect(digests(await list(store.referrers(image)))).toEqual([good.digest])
    expect(warnings.join()).toContain('manifests[0]')
    expect(warnings.join()).not.toContain(secret)
  }
})

test('an image with a layer that is not distributable is warned of, and what refuses it is not said to be down', async () => {
  await using opened = await open({})
  const { fake, store, warnings } = opened
  const { blobs } = madeImage()
  const [config, layer] = blobs as [(typeof blobs)[0], (typeof blobs)[0]]
  const foreign = {
    ...layer.descriptor,
    mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
    urls: ['https://example.com/layer'],
  }
  const image = madeJson(MANIFEST, { config: config.descriptor, layers: [foreign] })
  for (const each of blobs) await store.push(each.descriptor, each.bytes)
  fake.faults.push({ method: 'PUT', path: '/manifests/', times: 1, answer: { status: 500 } })
  const error = await failure('UNSUPPORTED', () => store.push(image.descriptor, image.bytes))
  expect(error.why).toContain(`layer ${foreign.digest}`)
  expect(error.why).toContain('500')
  expect(error.fix).toContain('foreign layers')
  expect(warnings[0]).toContain('some registries refuse')
  await store.push(image.descriptor, image.bytes)
})
