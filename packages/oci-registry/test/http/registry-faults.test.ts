import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ArtifactStore } from '@sealwright/oci'
import { describe, expect, test, vi } from 'vitest'
import {
  collect,
  INDEX,
  list,
  MANIFEST,
  made,
  madeImage,
  pieces,
  pushImage,
} from '../../../oci/test/artifacts.ts'
import { failure } from '../../../oci/test/expect-error.ts'
import { httpFetch, type RegistryOptions, registry } from '../../src/index.ts'
import { FakeRegistry, type FakeRegistryOptions } from '../fake-registry.ts'

describe.each([
  ['the fetch of Node', globalThis.fetch],
  ['httpFetch', httpFetch()],
])('through %s', (_through, fetch) => {
  const QUICK: RegistryOptions = { settleMs: 5, retry: { baseDelayMs: 5 }, idleTimeoutMs: 2000, fetch }

  async function start(options: FakeRegistryOptions = {}, more: RegistryOptions = {}) {
    const fake = await FakeRegistry.start(options)
    const store: ArtifactStore = registry(`${fake.host}/app`, { ...QUICK, ...more })
    return { fake, store, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() }
  }

  describe('what a registry answers becomes an error that says so', () => {
    test.each([
      [401, 'UNAUTHENTICATED'],
      [403, 'ACCESS_DENIED'],
      [404, 'NOT_FOUND'],
      [405, 'UNSUPPORTED'],
      [429, 'THROTTLED'],
      [500, 'UNAVAILABLE'],
      [503, 'UNAVAILABLE'],
      [418, 'VALIDATION'],
    ] as const)('%i is %s', async (status, code) => {
      await using opened = await start()
      const { fake, store } = opened
      const body = JSON.stringify({ errors: [{ code: 'DENIED', message: 'requested\u001b[31m access' }] })
      fake.faults.push({ method: 'POST', answer: { status, body } })
      const blob = made('application/octet-stream', 'abc')
      const error = await failure(code, () => store.push(blob.descriptor, blob.bytes))
      expect(error.message).toContain(fake.host)
      expect(error.message).toContain('the push to app')
      expect(error.message).toContain(String(status))
      expect(error.message).toContain('from the registry: "denied: requested [31m access"')
    })

    test('a page of a proxy is not quoted', async () => {
      await using opened = await start()
      const { fake, store } = opened
      fake.faults.push({ answer: { status: 403, body: '<html>secret page</html>' } })
      const error = await failure('ACCESS_DENIED', () => store.resolve('v1'))
      expect(error.message).not.toContain('html')
    })

    test('Retry-After is kept, in seconds or as a date', async () => {
      await using opened = await start()
      const { fake, store } = opened
      fake.faults.push({ times: 1, answer: { status: 429, headers: { 'retry-after': '3600' } } })
      expect((await failure('THROTTLED', () => store.resolve('v1'))).retryAfterMs).toBe(3_600_000)
      const date = new Date(Date.now() + 7_200_000).toUTCString()
      fake.faults.push({ times: 1, answer: { status: 503, headers: { 'retry-after': date } } })
      const { retryAfterMs = 0 } = await failure('UNAVAILABLE', () => store.resolve('v1'))
      expect(retryAfterMs).toBeGreaterThan(7_000_000)
      expect(fake.requests).toHaveLength(2)
    })

    test('the number of a request is kept', async () => {
      await using opened = await start()
      const { fake, store } = opened
      fake.faults.push({ answer: { status: 403, headers: { 'x-request-id': 'req-7' } } })
      expect((await failure('ACCESS_DENIED', () => store.resolve('v1'))).requestId).toBe('req-7')
    })

    test('a registry that is not there is UNAVAILABLE by name', async () => {
      const server = createServer()
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      await new Promise(resolve => server.close(resolve))
      const error = await failure('UNAVAILABLE', () => registry(`127.0.0.1:${port}/app`, QUICK).resolve('v1'))
      expect(error.message).toContain(`127.0.0.1:${port}`)
      expect(error.why).toContain('ECONNREFUSED')
    })

    test('a host that does not speak TLS is not spoken to in plain http', async () => {
      await using fake = await FakeRegistry.start()
      const store = registry(`${fake.host}/app`, { ...QUICK, plainHttp: false })
      const error = await failure('UNAVAILABLE', () => store.resolve('v1'))
      expect(error.why).toMatch(/^TLS: /)
      expect(fake.requests).toHaveLength(0)
    })

    test('a registry that says it warns is heard', async () => {
      const warnings: string[] = []
      await using opened = await start(
        { warning: 'will be \\"gone\\"' },
        { onWarning: text => warnings.push(text) },
      )
      await pushImage(opened.store, madeImage(), 'v1')
      expect(new Set(warnings)).toEqual(new Set(['will be "gone"']))
    })
  })

  describe('what fails in passing is tried again', () => {
    test.each([429, 502, 503] as const)('%i, for whatever may be done twice', async status => {
      await using opened = await start()
      const { fake, store } = opened
      const image = madeImage()
      for (const method of ['HEAD', 'GET', 'POST', 'PUT', 'DELETE']) {
        fake.faults.push({ method, times: 2, answer: { status } })
      }
      const descriptor = await pushImage(store, image, 'v1')
      expect(await store.resolve('v1')).toEqual(descriptor)
      expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(image.image.bytes))
      expect(await collect(store.fetch(image.blobs[1]!.descriptor))).toEqual(
        Buffer.from(image.blobs[1]!.bytes),
      )
      await store.delete(descriptor)
      expect(fake.faults.every(fault => fault.times === 0)).toBe(true)
    })

    test('a connection that is reset', async () => {
      await using opened = await start()
      const { fake, store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      fake.faults.push({ times: 2, answer: 'reset' })
      expect(await store.resolve('v1')).toEqual(image)
    })

    test('but three times at most, and not for longer than it is worth', async () => {
      await using opened = await start()
      const { fake, store } = opened
      fake.faults.push({ answer: { status: 503 } })
      await failure('UNAVAILABLE', () => store.resolve('v1'))
      expect(fake.requests).toHaveLength(3)
    })

    test('but not after an abort', async () => {
      await using opened = await start({}, { retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 } })
      const { fake, store } = opened
      fake.faults.push({ answer: { status: 503 } })
      const controller = new AbortController()
      const aborted = failure('ABORTED', () => store.resolve('v1', { signal: controller.signal }))
      await vi.waitFor(() => expect(fake.requests).toHaveLength(1))
      controller.abort()
      await aborted
      await failure('TIMEOUT', () => store.resolve('v1', { signal: AbortSignal.timeout(50) }))
      expect(fake.requests.length).toBeLessThanOrEqual(2)
    })

    test('but not an upload from a stream to a registry that takes no chunks, which cannot begin again', async () => {
      await using opened = await start({ chunked: false }, { chunkBytes: 1000 })
      const { fake, store } = opened
      const blob = made('application/octet-stream', randomBytes(3000))
      fake.faults.push({ method: 'PUT', answer: { status: 503 } })
      await failure('UNAVAILABLE', () => store.push(blob.descriptor, pieces(blob.bytes)))
      expect(fake.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
    })
  })

  describe('content that is not what it should be is INTEGRITY', () => {
    test.each(['wrong-bytes', 'short', 'endless'] as const)('%s, of a blob', async answer => {
      await using opened = await start()
      const { fake, store } = opened
      const blob = made('application/octet-stream', randomBytes(200_000))
      await store.push(blob.descriptor, blob.bytes)
      fake.faults.push({ method: 'GET', answer })
      const seen: Uint8Array[] = []
      const read = async () => {
        for await (const chunk of store.fetch(blob.descriptor)) seen.push(chunk)
      }
      await failure('INTEGRITY', read)
      // Nobody may take what came for the whole.
      expect(Buffer.concat(seen).byteLength).toBeLessThan(200_000)
    })

    test.each(['wrong-bytes', 'short'] as const)('%s, of a manifest', async answer => {
      await using opened = await start()
      const { fake, store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      fake.faults.push({ method: 'GET', answer })
      await failure('INTEGRITY', () => collect(store.fetch(image)))
    })

    test('a manifest that does not end is not read to its end', async () => {
      await using opened = await start()
      const { fake, store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      fake.faults.push({ method: 'GET', answer: 'endless' })
      await failure('VALIDATION', () => collect(store.fetch(image)))
    })

    test('a list of referrers that does not end is not read to its end', async () => {
      await using opened = await start()
      const { fake, store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      fake.faults.push({ path: '/referrers/', answer: 'endless' })
      await failure('UNAVAILABLE', () => list(store.referrers(image)))
    })

    test('a manifest of more than 4 MiB is neither pushed nor pulled', async () => {
      await using opened = await start()
      const { store, fake } = opened
      const large = made(MANIFEST, Buffer.alloc(4 * 1024 * 1024 + 1, ' '))
      await failure('VALIDATION', () => store.push(large.descriptor, large.bytes))
      await failure('VALIDATION', () => collect(store.fetch(large.descriptor)))
      expect(fake.requests).toHaveLength(0)
    })

    test('a manifest under another Content-Type', async () => {
      await using opened = await start()
      const { fake, store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      const stored = fake.repository('app').manifests.get(image.digest)!
      fake.repository('app').manifests.set(image.digest, { ...stored, mediaType: INDEX })
      await failure('INTEGRITY', () => collect(store.fetch(image)))
    })

    test('a digest that is answered with another manifest', async () => {
      for (const bareHead of [false, true]) {
        await using opened = await start({ bareHead })
        const { fake, store } = opened
        const image = await pushImage(store, madeImage())
        const other = madeImage().image
        fake.faults.push({
          method: bareHead ? 'GET' : 'HEAD',
          answer: {
            status: 200,
            headers: {
              'content-type': MANIFEST,
              'content-length': String(other.descriptor.size),
              'docker-content-digest': other.descriptor.digest,
            },
            body: Buffer.from(other.bytes).toString(),
          },
        })
        await failure('INTEGRITY', () => store.resolve(image.digest))
      }
    })

    test('a connection that ends in the middle of a blob is UNAVAILABLE by name', async () => {
      await using opened = await start()
      const { fake, store } = opened
      const blob = made('application/octet-stream', randomBytes(200_000))
      await store.push(blob.descriptor, blob.bytes)
      fake.faults.push({ method: 'GET', answer: 'reset-midway' })
      const error = await failure('UNAVAILABLE', () => collect(store.fetch(blob.descriptor)))
      expect(error.message).toContain(fake.host)
    })

    test('a registry that falls silent is left after a while', async () => {
      await using opened = await start({}, { idleTimeoutMs: 200, retry: { attempts: 1 } })
      const { fake, store } = opened
      fake.faults.push({ answer: 'silence' })
      const error = await failure('UNAVAILABLE', () => store.resolve('v1'))
      expect(error.message).toContain(fake.host)
      expect(error.why).toContain('200 ms')
    })

    test('a tag that names something else than a manifest', async () => {
      await using opened = await start()
      const { fake, store } = opened
      fake.faults.push({ answer: { status: 200, headers: { 'content-type': 'text/html' }, body: 'hello' } })
      await failure('UNSUPPORTED', () => store.resolve('v1'))
    })
  })

  test('the error of a stream that is pushed comes through as it is', async () => {
    await using opened = await start()
    const blob = made('application/octet-stream', randomBytes(5000))
    const broken = async function* () {
      yield blob.bytes.subarray(0, 1000)
      throw new RangeError('the disk said no')
    }
    await expect(opened.store.push(blob.descriptor, broken())).rejects.toThrow(RangeError)
  })

  test('a reader who has seen enough ends the download', async () => {
    await using opened = await start()
    const { store } = opened
    const blob = made('application/octet-stream', randomBytes(3_000_000))
    await store.push(blob.descriptor, blob.bytes)
    for await (const chunk of store.fetch(blob.descriptor)) {
      expect(chunk.byteLength).toBeGreaterThan(0)
      break
    }
  })
})
