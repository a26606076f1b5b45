import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { collect, made, pieces } from '../../../oci/test/artifacts.ts'
import { failure } from '../../../oci/test/expect-error.ts'
import { type RegistryOptions, registry } from '../../src/index.ts'
import { FakeRegistry, type FakeRegistryOptions } from '../fake-registry.ts'

const CHUNK = 10_000

async function start(options: FakeRegistryOptions = {}, more: RegistryOptions = {}) {
  const fake = await FakeRegistry.start(options)
  const store = registry(`${fake.host}/app`, { chunkBytes: CHUNK, retry: { baseDelayMs: 5 }, ...more })
  const sent = (method: string) => fake.requests.filter(request => request.method === method)
  return { fake, store, sent, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() }
}

const blobOf = (size: number) => made('application/octet-stream', randomBytes(size))

describe('a blob', () => {
  test.each([0, 1, CHUNK, CHUNK + 1, 3 * CHUNK, 35_123])('of %i bytes is sent as it is', async size => {
    await using opened = await start()
    const { fake, store, sent } = opened
    const { descriptor, bytes } = blobOf(size)
    await store.push(descriptor, pieces(bytes))
    expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
    const chunks = Array.from({ length: size > CHUNK ? Math.ceil(size / CHUNK) : 0 }, (_, index) => {
      const end = Math.min(size, (index + 1) * CHUNK)
      return `${index * CHUNK}-${end - 1}`
    })
    expect(sent('PATCH').map(({ headers }) => headers['content-range'])).toEqual(chunks.slice(0, -1))
    expect(sent('PUT').map(({ headers }) => headers['content-range'])).toEqual(
      chunks.slice(-1).concat(size > CHUNK ? [] : [undefined as never]),
    )
    expect(fake.repository('app').uploads.open).toBe(0)
  })

  test('that was pushed is not sent again, until it is deleted', async () => {
    await using opened = await start()
    const { fake, store, sent } = opened
    const { descriptor, bytes } = made('application/vnd.oci.empty.v1+json', '{}')
    const push = () => store.push(descriptor, bytes, { assumeAbsent: true })
    await push()
    fake.requests.length = 0
    await push()
    expect(fake.requests).toEqual([])
    await store.delete(descriptor)
    await push()
    expect(sent('PUT')).toHaveLength(1)
    expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
  })

  test('in pieces that their giver uses again is sent as it was', async () => {
    await using opened = await start()
    const { store } = opened
    const { descriptor, bytes } = blobOf(50_000)
    async function* reusing() {
      const both = [new Uint8Array(700), new Uint8Array(700)] as const
      for (let at = 0, turn = 0; at < bytes.byteLength; at += 700, turn++) {
        const piece = bytes.subarray(at, at + 700)
        both[turn % 2]!.set(piece)
        yield both[turn % 2]!.subarray(0, piece.byteLength)
      }
    }
    await store.push(descriptor, reusing())
    expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
  })

  test('is sent in the chunks that the registry asks for', async () => {
    await using opened = await start({ chunkMinLength: 15_000 })
    const { descriptor, bytes } = blobOf(40_000)
    await opened.store.push(descriptor, pieces(bytes))
    expect(opened.fake.requests.map(({ headers }) => headers['content-range']).filter(Boolean)).toEqual([
      '0-14999',
      '15000-29999',
      '30000-39999',
    ])
  })

  test('is sent at once where chunks would be too long to be held', async () => {
    await using opened = await start({ chunkMinLength: 1024 ** 3 })
    const { descriptor, bytes } = blobOf(40_000)
    await opened.store.push(descriptor, pieces(bytes))
    expect(opened.sent('PATCH')).toEqual([])
    expect(await collect(opened.store.fetch(descriptor))).toEqual(Buffer.from(bytes))
  })

  test.each([400, 404, 405, 411, 413, 415, 416, 501])(
    'is sent at once where chunks are refused (%i), which is remembered',
    async chunkRefusal => {
      await using opened = await start({ chunked: false, chunkRefusal })
      const { fake, store, sent } = opened
      for (let count = 0; count < 2; count++) {
        const { descriptor, bytes } = blobOf(45_000)
        await store.push(descriptor, pieces(bytes))
        expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
      }
      // What is too long may be right by half.
      expect(sent('PATCH')).toHaveLength([404, 405, 501].includes(chunkRefusal) ? 1 : 2)
      expect(fake.repository('app').uploads.open).toBe(0)
    },
  )

  test('of which less is taken than was sent is sent on from there', async () => {
    await using opened = await start({ takesAtMost: 4000 })
    const { descriptor, bytes } = blobOf(25_000)
    await opened.store.push(descriptor, pieces(bytes))
    expect(await collect(opened.store.fetch(descriptor))).toEqual(Buffer.from(bytes))
    expect(opened.sent('PATCH')).toHaveLength(6)
  })

  test.each([0, 1, 2])('goes on where the connection of chunk %i was cut', async chunk => {
    for (const cutAfter of [2, 4000]) {
      await using opened = await start()
      const { fake, store, sent } = opened
      const { uploads } = fake.repository('app')
      const { descriptor, bytes } = blobOf(25_000)
      fake.beforeRequest = ({ method }) => {
        const count = sent('PATCH').length + sent('PUT').length
        if (!['PATCH', 'PUT'].includes(method) || count !== chunk + 1) return
        uploads.cutAfter = cutAfter
      }
      let taken = 0
      async function* counted() {
        for await (const piece of pieces(bytes)) {
          taken += piece.byteLength
          yield piece
        }
      }
      await store.push(descriptor, counted())
      expect(taken).toBe(bytes.byteLength)
      expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
      const ranges = fake.requests.map(({ headers }) => headers['content-range'])
      expect(ranges).toContain(`${chunk * CHUNK + cutAfter}-${Math.min(25_000, (chunk + 1) * CHUNK) - 1}`)
    }
  })

  test.each(['PATCH', 'PUT', 'POST'])('survives an answer to %s that was lost', async method => {
    await using opened = await start()
    const { fake, store } = opened
    const { descriptor, bytes } = blobOf(25_000)
    fake.faults.push({ method, times: 1, answer: 'lost-answer' })
    await store.push(descriptor, pieces(bytes))
    expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
    expect(fake.faults[0]!.times).toBe(0)
  })

  test('begins again where a cut upload is forgotten, if that was its first chunk', async () => {
    await using opened = await start({ forgetsCut: true })
    const { fake, store } = opened
    const { descriptor, bytes } = blobOf(25_000)
    fake.repository('app').uploads.cutAfter = 3000
    await store.push(descriptor, pieces(bytes))
    expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
  })

  test('is UNAVAILABLE, and not stored, where a cut upload is forgotten later', async () => {
    await using opened = await start({ forgetsCut: true })
    const { fake, store, sent } = opened
    const { descriptor, bytes } = blobOf(25_000)
    fake.beforeRequest = ({ method }) => {
      if (method === 'PATCH' && sent('PATCH').length === 2) fake.repository('app').uploads.cutAfter = 3000
    }
    await failure('UNAVAILABLE', () => store.push(descriptor, pieces(bytes)))
    expect(await store.exists(descriptor)).toBe(false)
    await store.push(descriptor, pieces(bytes))
    expect(await store.exists(descriptor)).toBe(true)
  })

  test.each([1, 2, 3, 4, 5, 6])('survives a reset of request %i', async at => {
    await using opened = await start()
    const { fake, store } = opened
    const { descriptor, bytes } = blobOf(25_000)
    let count = 0
    fake.beforeRequest = () => {
      if (++count === at) fake.faults.push({ times: 1, answer: 'reset' })
    }
    await store.push(descriptor, pieces(bytes))
    expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
  })

  test('survives storms of 429 and 503', async () => {
    for (const status of [429, 503]) {
      await using opened = await start()
      const { fake, store } = opened
      const { descriptor, bytes } = blobOf(25_000)
      for (const method of ['HEAD', 'POST', 'PATCH', 'PUT']) {
        fake.faults.push({ method, times: 2, answer: { status, headers: { 'retry-after': '0' } } })
      }
      await store.push(descriptor, pieces(bytes))
      expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
    }
  })

  test.each([CHUNK - 100, 35_000])('of %i bytes that is not what it should be is not stored', async size => {
    await using opened = await start()
    const { fake, store } = opened
    const { descriptor, bytes } = blobOf(size)
    const wrong = Buffer.from(bytes)
    wrong[size - 1]! ^= 1
    for (const content of [wrong, wrong.subarray(1), Buffer.concat([bytes, bytes])]) {
      await failure('INTEGRITY', () => store.push(descriptor, pieces(content)))
    }
    expect(await store.exists(descriptor)).toBe(false)
    expect(fake.repository('app').blobs.size).toBe(0)
  })

  test('whose giver fails is not sent again, whatever it failed with', async () => {
    const { SealwrightError } = await import('@sealwright/core')
    for (const size of [5000, 35_000]) {
      await using opened = await start()
      const { descriptor, bytes } = blobOf(size)
      let asked = 0
      async function* failing() {
        asked++
        yield bytes.subarray(0, size - 1000)
        throw new SealwrightError('UNAVAILABLE', 'the other registry is gone')
      }
      const error = await failure('UNAVAILABLE', () => opened.store.push(descriptor, failing()))
      expect(error.message).toBe('the other registry is gone')
      expect(asked).toBe(1)
      expect(await opened.store.exists(descriptor)).toBe(false)
    }
  })

  test('keeps going when its token ends in the middle', async () => {
    await using opened = await start(
      { auth: { scheme: 'bearer', users: { u: 'p' } } },
      { credentials: { get: async () => ({ username: 'u', password: 'p' }) } },
    )
    const { fake, store, sent } = opened
    const { descriptor, bytes } = blobOf(45_000)
    fake.beforeRequest = ({ method }) => {
      if (method === 'PATCH' && sent('PATCH').length % 2 === 0) fake.authority?.revokeAll()
    }
    await store.push(descriptor, pieces(bytes))
    expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
    expect(fake.authority!.tokenRequests.length).toBeGreaterThan(2)
  })
})

describe('mount', () => {
  test('takes a blob over without sending it, by a token for both repositories', async () => {
    await using opened = await start(
      { auth: { scheme: 'bearer', users: { u: 'p' } } },
      { credentials: { get: async () => ({ username: 'u', password: 'p' }) } },
    )
    const { fake, store } = opened
    const other = registry(`${fake.host}/team/other`)
    const { descriptor, bytes } = blobOf(5000)
    await store.push(descriptor, bytes)
    const target = registry(`${fake.host}/team/target`, {
      credentials: { get: async () => ({ username: 'u', password: 'p' }) },
    })
    expect(await target.mount!(descriptor, store)).toBe(true)
    expect(fake.authority!.tokenRequests.at(-1)!.scope).toBe(
      'repository:team/target:pull,push repository:app:pull',
    )
    expect(await collect(target.fetch(descriptor))).toEqual(Buffer.from(bytes))
    expect(await target.mount!(blobOf(10).descriptor, store)).toBe(false)
    expect(fake.repository('team/target').uploads.open).toBe(0)
    expect(await target.mount!(descriptor, other)).toBe(false)
  })

  test('is false where the registry does not do so, and where there is another', async () => {
    for (const answer of [{ status: 405 }, { status: 403 }, { status: 404 }, { status: 400 }]) {
      await using opened = await start()
      const { fake, store } = opened
      const { descriptor, bytes } = blobOf(5000)
      await store.push(descriptor, bytes)
      fake.faults.push({ path: 'mount=', answer })
      expect(await registry(`${fake.host}/b`).mount!(descriptor, store)).toBe(false)
    }
    await using one = await start({ mount: false })
    await using two = await start()
    const { descriptor, bytes } = blobOf(5000)
    await one.store.push(descriptor, bytes)
    expect(await registry(`${one.fake.host}/b`).mount!(descriptor, one.store)).toBe(false)
    expect(one.fake.repository('b').uploads.open).toBe(0)
    const before = two.fake.requests.length
    expect(await two.store.mount!(descriptor, one.store)).toBe(false)
    expect(two.fake.requests).toHaveLength(before)
    two.fake.faults.push({ path: 'mount=', answer: { status: 503 } })
    await failure('UNAVAILABLE', () => two.store.mount!(descriptor, registry(`${two.fake.host}/b`)))
  })
})

describe('tags', () => {
  test.each([{ tagPageSize: 2 }, { tagOrder: 'newest' }, { tagOrder: 'marks', tagPageSize: 3 }] as const)(
    'are all listed, and those with a prefix (%j)',
    async options => {
      await using opened = await start(options)
      const { fake, store } = opened
      const { tags } = fake.repository('app')
      for (const tag of ['b', 'v1', 'a', 'v10', 'Z', 'v2', 'w', 'v-3']) tags.set(tag, 'sha256:0')
      const all = async (prefix?: string) => {
        const found: string[] = []
        for await (const tag of store.tags!(prefix === undefined ? {} : { prefix })) found.push(tag)
        return found.sort()
      }
      expect(await all()).toEqual(['Z', 'a', 'b', 'v-3', 'v1', 'v10', 'v2', 'w'])
      expect(await all('v')).toEqual(['v-3', 'v1', 'v10', 'v2'])
      expect(await all('v1')).toEqual(['v1', 'v10'])
      expect(await all('nothing')).toEqual([])
    },
  )

  test('of a thousand, on a page that does not say whether it is the last', async () => {
    await using opened = await start({ tagOrder: 'newest' })
    const { tags } = opened.fake.repository('app')
    for (let count = 0; count < 1000; count++) tags.set(`t${count}`, 'sha256:0')
    let count = 0
    for await (const _ of opened.store.tags!()) count++
    expect(count).toBe(1000)
  })

  test('of a repository that does not exist yet are none; of a registry that lists none, UNSUPPORTED', async () => {
    await using opened = await start()
    const { fake, store } = opened
    const first = async () => store.tags!()[Symbol.asyncIterator]().next()
    const body = (code: string) => JSON.stringify({ errors: [{ code, message: '' }] })
    fake.faults.push({ path: 'tags', times: 1, answer: { status: 404, body: body('NAME_UNKNOWN') } })
    expect(await first()).toEqual({ done: true, value: undefined })
    fake.faults.push({ path: 'tags', times: 1, answer: { status: 404, body: '404 page not found' } })
    await failure('UNSUPPORTED', first)
    fake.faults.push({ path: 'tags', times: 3, answer: { status: 200, body: '<html>' } })
    await failure('UNAVAILABLE', first)
    const link = `<http://127.0.0.1:1/next>; rel="next"`
    fake.faults.push({
      path: 'tags',
      times: 1,
      answer: { status: 200, headers: { link }, body: '{"tags":[]}' },
    })
    await failure('UNAVAILABLE', first)
    fake.faults.push({
      path: 'tags',
      times: 2,
      answer: { status: 200, headers: { link: '<?n=1000>; rel="next"' }, body: '{"tags":null}' },
    })
    await failure('UNAVAILABLE', first)
  })
})
