import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  type ArtifactStore,
  archiveInput,
  copyGraph,
  isManifestMediaType,
  layoutArchive,
  layoutDirectory,
  memory,
  walkGraph,
} from '@sealwright/oci'
import { packTar, type TarEntry } from 'modern-tar'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  INDEX,
  MANIFEST,
  made,
  madeImage,
  madeJson,
  madeSignature,
  pieces,
  pushImage,
} from '../../../oci/test/artifacts.ts'
import { failure } from '../../../oci/test/expect-error.ts'
import { temporaryFolder } from '../../../oci/test/temporary.ts'
import { registry } from '../../src/index.ts'
import { FakeRegistry, type Fault } from '../fake-registry.ts'

const QUICK = { settleMs: 1, retry: { attempts: 2, baseDelayMs: 1 } }
const AGAIN = { retry: { attempts: 2, baseDelayMs: 1 } }

let source: FakeRegistry
let target: FakeRegistry

beforeEach(async () => {
  source = await FakeRegistry.start()
  target = await FakeRegistry.start({ referrersApi: false })
})
afterEach(async () => {
  await source[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
})

const from = () => registry(`${source.host}/app`, QUICK)
const to = () => registry(`${target.host}/app`, QUICK)

/** An index of two images, both signed, and cosign's tag. */
async function fill(store: ArtifactStore) {
  const images = [madeImage(), madeImage()]
  for (const image of images) await pushImage(store, image)
  const index = madeJson(INDEX, { manifests: images.map(({ image }) => image.descriptor) })
  await store.push(index.descriptor, index.bytes)
  await store.tag(index.descriptor, 'v1')
  const signatures = images.map(({ image }) => madeSignature(image.descriptor))
  for (const signature of signatures) await pushImage(store, signature)
  await pushImage(store, madeImage(), `${index.descriptor.digest.replace(':', '-')}.sig`)
  return { index, images, signatures }
}

const CONTENTS = 1 + 2 * (1 + 2) + 2 * 2 + 1 + 3

/** What a registry holds is what its name says, and of a manifest all is there; a tag leads to what is there. */
function assertSound(fake: FakeRegistry): void {
  const { blobs, manifests, tags } = fake.repository('app')
  for (const [digest, bytes] of blobs) expect(hashOf(bytes)).toBe(digest)
  for (const [digest, { bytes }] of manifests) {
    expect(hashOf(bytes)).toBe(digest)
    const { config, layers = [] } = JSON.parse(bytes.toString())
    for (const blob of config ? [config, ...layers] : []) expect(blobs.has(blob.digest)).toBe(true)
  }
  for (const digest of tags.values()) expect(manifests.has(digest)).toBe(true)
}

const hashOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Every digest of an artifact's graph, and where it is. */
async function graphOf(store: ArtifactStore): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { role, descriptor, tag, fault } of walkGraph(store, await store.resolve('v1'))) {
    found.push(`${role} ${tag ?? ''} ${descriptor.digest} ${fault?.code ?? ''}`)
  }
  return found.sort()
}

/** Breaks every connection from one request on, and counts them. */
function cutFrom(fake: FakeRegistry, at: number): { count: number } {
  const state = { count: 0 }
  fake.faults.length = 0
  fake.beforeRequest = () => {
    state.count++
    if (state.count === at) fake.faults.push({ answer: 'reset' })
  }
  return state
}

describe('a copy whose connection is cut', () => {
  test.each(['source', 'destination'] as const)(
    'at every request to the %s in turn stores nothing wrong, and completes when run again',
    {
      timeout: 600_000,
    },
    async side => {
      await fill(from())
      const expected = await graphOf(from())
      let cuts = 0
      for (let at = 1; ; at++) {
        target.repositories.clear()
        const cut = cutFrom(side === 'source' ? source : target, at)
        const failed = await copyGraph(from(), 'v1', to(), AGAIN).then(
          () => false,
          () => true,
        )
        for (const fake of [source, target]) {
          fake.beforeRequest = undefined
          fake.faults.length = 0
        }
        assertSound(target)
        if (!failed) {
          expect(cut.count).toBeLessThan(at)
          break
        }
        cuts++
        // Who finds the tag finds all of it.
        expect(target.repository('app').tags.has('v1')).toBe(false)
        const { left, copied, skipped } = await copyGraph(from(), 'v1', to(), AGAIN)
        expect(left).toEqual([])
        expect(copied.length + skipped.length).toBe(CONTENTS)
        expect(await graphOf(to()), `cut at ${at}`).toEqual(expected)
        assertSound(target)
      }
      expect(cuts).toBeGreaterThan(20)
    },
  )

  test('in the middle of one body goes on by itself', async () => {
    await fill(from())
    source.faults.push({ method: 'GET', path: '/blobs/', answer: 'reset-midway', times: 1 })
    const { left } = await copyGraph(from(), 'v1', to(), AGAIN)
    expect(left).toEqual([])
    assertSound(target)
  })

  test('into a layout, at every request in turn, lists nothing before all is there', {
    timeout: 600_000,
  }, async () => {
    await using folder = await temporaryFolder()
    await fill(from())
    const expected = await graphOf(from())
    for (let at = 1; ; at++) {
      const path = join(folder.path, String(at))
      const store = () => layoutDirectory(path, { create: true })
      cutFrom(source, at)
      const failed = await copyGraph(from(), 'v1', store(), AGAIN).then(
        () => false,
        () => true,
      )
      source.beforeRequest = undefined
      source.faults.length = 0
      if (!failed) break
      expect((await store().entries!()).length).toBe(0)
      expect((await copyGraph(from(), 'v1', store(), AGAIN)).left).toEqual([])
      expect(await graphOf(store())).toEqual(expected)
    }
  })
})

describe('a storm', () => {
  const storms: readonly (readonly [string, Fault['answer']])[] = [
    ['of 429 with Retry-After', { status: 429, headers: { 'retry-after': '0' } }],
    ['of 429 without', { status: 429 }],
    ['of 500', { status: 500 }],
    ['of 503 with Retry-After', { status: 503, headers: { 'retry-after': '0' } }],
    ['of lost connections', 'reset'],
  ]
  test.each(storms)('%s on every other request passes', async (_title, answer) => {
    await fill(from())
    const expected = await graphOf(from())
    for (const fake of [source, target]) {
      let count = 0
      fake.beforeRequest = () => {
        fake.faults.length = 0
        if (count++ % 3 === 1) fake.faults.push({ answer, times: 1 })
      }
    }
    const patient = { settleMs: 1, retry: { attempts: 8, baseDelayMs: 1 } }
    const stores = [registry(`${source.host}/app`, patient), registry(`${target.host}/app`, patient)] as const
    const { left } = await copyGraph(stores[0], 'v1', stores[1], { retry: patient.retry })
    for (const fake of [source, target]) {
      fake.beforeRequest = undefined
      fake.faults.length = 0
    }
    expect(left).toEqual([])
    expect(await graphOf(to())).toEqual(expected)
    assertSound(target)
  })

  test('in the middle of a layer has it read and sent again, whole', async () => {
    const image = madeImage(3 * 2 ** 20)
    await pushImage(from(), image, 'v1')
    const layer = image.blobs[1]!.descriptor
    target.faults.push({
      method: 'PUT',
      path: encodeURIComponent(layer.digest),
      answer: { status: 503 },
      times: 1,
    })
    const steps: number[] = []
    const { left } = await copyGraph(from(), 'v1', to(), {
      ...AGAIN,
      onProgress: event => {
        if (event.type === 'bytes' && event.descriptor.digest === layer.digest) steps.push(event.bytes)
      },
    })
    expect(left).toEqual([])
    const read = source.requests.filter(({ method, path }) => method === 'GET' && path.includes(layer.digest))
    expect(read).toHaveLength(2)
    expect(steps.filter(bytes => bytes === 0)).toHaveLength(2)
    expect(steps.at(-1)).toBe(layer.size)
    assertSound(target)
    expect(target.repository('app').blobs.has(layer.digest)).toBe(true)
  })

  test.each([429, 500, 503])(
    'of %i that does not end is an error that may pass, and nothing wrong is stored',
    async status => {
      await fill(from())
      target.faults.push({ method: 'POST', answer: { status } })
      const error = await failure(status === 429 ? 'THROTTLED' : 'UNAVAILABLE', () =>
        copyGraph(from(), 'v1', to(), AGAIN),
      )
      expect(error.retryable).toBe(true)
      target.faults.length = 0
      assertSound(target)
      expect((await copyGraph(from(), 'v1', to(), AGAIN)).left).toEqual([])
    },
  )
})

describe('a source that lies', () => {
  const lies: readonly (readonly [string, Fault['answer']])[] = [
    ['gives other bytes', 'wrong-bytes'],
    ['gives one byte too few', 'short'],
    ['does not end', 'endless'],
  ]
  test.each(lies)(
    'and %s for a layer: the image is an error, and nothing of it is stored',
    async (_title, answer) => {
      const { images } = await fill(from())
      const { digest } = images[0]!.blobs[1]!.descriptor
      const only = images[0]!.image.descriptor
      source.faults.push({ method: 'GET', path: digest, answer })
      await failure('INTEGRITY', () => copyGraph(from(), only.digest, to(), AGAIN))
      assertSound(target)
      expect(target.repository('app').blobs.has(digest)).toBe(false)
      expect(target.repository('app').manifests.has(only.digest)).toBe(false)
    },
  )

  test.each(lies)(
    'and %s for a signature: it stays behind, is listed, and the rest comes',
    async (_title, answer) => {
      const { signatures, index } = await fill(from())
      const { descriptor } = signatures[0]!.blobs[1]!
      source.faults.push({ method: 'GET', path: descriptor.digest, answer })
      const { left } = await copyGraph(from(), 'v1', to(), AGAIN)
      expect(left.map(each => [each.descriptor.digest, each.why.code])).toEqual([
        [descriptor.digest, 'INTEGRITY'],
        [signatures[0]!.image.descriptor.digest, 'INTEGRITY'],
      ])
      expect(target.repository('app').tags.get('v1')).toBe(index.descriptor.digest)
      assertSound(target)
      source.faults.length = 0
      expect((await copyGraph(from(), 'v1', to(), AGAIN)).left).toEqual([])
      expect(await graphOf(to())).toEqual(await graphOf(from()))
    },
  )

  test.each(lies)('and %s for a signature manifest: it stays behind', async (_title, answer) => {
    const { signatures } = await fill(from())
    const { digest } = signatures[0]!.image.descriptor
    source.faults.push({ method: 'GET', path: `manifests/${digest}`, answer })
    const { left } = await copyGraph(from(), 'v1', to(), AGAIN)
    expect(left.map(each => each.descriptor.digest)).toEqual([digest])
    expect(target.repository('app').manifests.has(digest)).toBe(false)
    assertSound(target)
  })

  test('about the size of a layer is found out', async () => {
    const store = memory()
    const { blobs } = madeImage()
    for (const { descriptor, bytes } of blobs) await store.push(descriptor, bytes)
    const [config, layer] = blobs.map(({ descriptor }) => descriptor)
    const image = madeJson(MANIFEST, { config, layers: [{ ...layer, size: layer!.size - 1 }] })
    await store.push(image.descriptor, image.bytes)
    await failure('INTEGRITY', () => copyGraph(store, image.descriptor.digest, to(), AGAIN))
    expect(target.repository('app').blobs.has(layer!.digest)).toBe(false)
    assertSound(target)
  })

  test('by a loop of redirects is an error', async () => {
    await fill(from())
    source.faults.push({
      path: '/blobs/',
      answer: { status: 307, headers: { location: `http://${source.host}/v2/app/blobs/round` } },
    })
    await failure('UNAVAILABLE', () => copyGraph(from(), 'v1', to(), AGAIN))
    assertSound(target)
  })

  test('about a manifest of 1 GiB is not believed, and not read', async () => {
    const { index } = await fill(from())
    const huge = { mediaType: MANIFEST, digest: `sha256:${'1'.repeat(64)}`, size: 2 ** 30 }
    const lying = madeJson(INDEX, { manifests: [huge], name: index.descriptor.digest })
    await from().push(lying.descriptor, lying.bytes)
    source.requests.length = 0
    const { left } = await copyGraph(from(), lying.descriptor.digest, memory(), AGAIN)
    expect(left).toMatchObject([{ descriptor: { digest: huge.digest }, why: { code: 'VALIDATION' } }])
    expect(source.requests.some(({ path }) => path.includes('1111'))).toBe(false)
    // Nor is one that is served endlessly under a tag.
    source.faults.push({ method: 'HEAD', answer: { status: 405 } })
    source.faults.push({ method: 'GET', path: 'manifests/v1', answer: 'endless' })
    await failure('VALIDATION', () => copyGraph(from(), 'v1', memory(), AGAIN))
  })

  test('about who refers to what brings no referrers of others', async () => {
    const { images } = await fill(from())
    const [one, other] = images.map(({ image }) => image.descriptor)
    const foreign = madeSignature(other!)
    await pushImage(from(), foreign)
    const list = madeJson(INDEX, {
      manifests: [{ ...foreign.image.descriptor, artifactType: 'application/vnd.cncf.notary.signature' }],
    })
    source.faults.push({
      path: `referrers/${one!.digest}`,
      answer: { status: 200, headers: { 'content-type': INDEX }, body: list.bytes.toString() },
    })
    const { left } = await copyGraph(from(), one!.digest, to(), AGAIN)
    expect(left).toMatchObject([
      { descriptor: { digest: foreign.image.descriptor.digest }, why: { code: 'VALIDATION' } },
    ])
    expect(target.repository('app').manifests.has(foreign.image.descriptor.digest)).toBe(false)
    assertSound(target)
  })
})

describe('a destination', () => {
  test('that refuses a referrer gets the rest', async () => {
    const { signatures } = await fill(from())
    const { digest } = signatures[0]!.image.descriptor
    target.faults.push({ method: 'PUT', path: digest.slice(7, 39), answer: { status: 403 } })
    const { left } = await copyGraph(from(), 'v1', to(), AGAIN)
    expect(left).toMatchObject([{ descriptor: { digest }, why: { code: 'ACCESS_DENIED' } }])
    expect(target.repository('app').tags.has('v1')).toBe(true)
    assertSound(target)
  })

  test.each([400, 404, 413])(
    'that answers %i to an image of an index, or to its layer, gets no tag: nobody is led to less than was there',
    async status => {
      const store = memory()
      const images = [madeImage(), madeImage()]
      for (const image of images) await pushImage(store, image)
      const index = madeJson(INDEX, { manifests: images.map(({ image }) => image.descriptor) })
      await store.push(index.descriptor, index.bytes)
      await store.tag(index.descriptor, 'v1')
      const { image, blobs } = images[0]!
      for (const { digest } of [blobs[1]!.descriptor, image.descriptor]) {
        const fault = { method: 'PUT', path: new RegExp(digest.slice(7)), answer: { status } } as const
        target.faults.push(fault)
        const error = await failure(status === 404 ? 'NOT_FOUND' : 'VALIDATION', () =>
          copyGraph(store, 'v1', to(), AGAIN),
        )
        expect(error.message).toContain(index.descriptor.digest)
        expect(target.repository('app').tags.size).toBe(0)
        target.faults.length = 0
      }
      expect((await copyGraph(store, 'v1', to(), AGAIN)).left).toEqual([])
    },
  )

  test('that refuses the artifact is an error, in its own words', async () => {
    await fill(from())
    target.faults.push({ method: 'POST', answer: { status: 403 } })
    await failure('ACCESS_DENIED', () => copyGraph(from(), 'v1', to(), AGAIN))
    target.faults.length = 0
    target.faults.push({ answer: { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } } })
    await failure('UNAUTHENTICATED', () => copyGraph(from(), 'v1', to(), AGAIN))
  })
})

test.each([
  ['a registry', async () => to()],
  ['a directory', async (path: string) => layoutDirectory(join(path, 'to'), { create: true })],
  ['an archive', async (path: string) => layoutArchive(join(path, 'to.tar'), { create: true })],
  ['memory', async () => memory()],
] as const)(
  'a source that lacks the layer of one image, or has a wrong one, gives %s the rest of the index',
  async (_title, open) => {
    await using folder = await temporaryFolder()
    const store = from()
    const images = [madeImage(), madeImage(), madeImage()]
    for (const image of images) await pushImage(store, image)
    const index = madeJson(INDEX, { manifests: images.map(({ image }) => image.descriptor) })
    await store.push(index.descriptor, index.bytes)
    await store.tag(index.descriptor, 'v1')
    const [lacking, wrong, whole] = images.map(({ blobs }) => blobs[1]!.descriptor)
    const { blobs } = source.repository('app')
    blobs.delete(lacking!.digest)
    blobs.set(wrong!.digest, randomBytes(wrong!.size))
    const destination = await open(folder.path)
    const { left } = await copyGraph(from(), 'v1', destination, AGAIN)
    const expected = images.slice(0, 2).map(({ image }) => image.descriptor.digest)
    expect(left.map(({ descriptor }) => descriptor.digest).toSorted()).toEqual(
      [...expected, lacking!.digest, wrong!.digest].toSorted(),
    )
    expect(await destination.resolve('v1')).toEqual(index.descriptor)
    expect(await destination.exists(whole!)).toBe(true)
  },
)

test('an aborted copy ends, and stores nothing wrong', async () => {
  await fill(from())
  const abort = new AbortController()
  target.beforeRequest = ({ method }) => {
    if (method === 'PUT') abort.abort()
  }
  await failure('ABORTED', () => copyGraph(from(), 'v1', to(), { ...AGAIN, signal: abort.signal }))
  assertSound(target)
  target.beforeRequest = undefined
  expect((await copyGraph(from(), 'v1', to(), AGAIN)).left).toEqual([])
})

describe('a damaged layout', () => {
  test('gives what is sound, and says what is not', async () => {
    await using folder = await temporaryFolder()
    const store = layoutDirectory(folder.path, { create: true })
    const { signatures } = await fill(store)
    const { digest } = signatures[0]!.blobs[1]!.descriptor
    const file = join(folder.path, 'blobs', 'sha256', digest.slice(7))
    await writeFile(file, randomBytes((await readFile(file)).byteLength))
    const { left } = await copyGraph(layoutDirectory(folder.path), 'v1', to(), AGAIN)
    expect(left.map(each => each.descriptor.digest)).toContain(digest)
    expect(target.repository('app').blobs.has(digest)).toBe(false)
    assertSound(target)
  })
})

/** The files of a layout with one image. */
async function layoutEntries(folder: string): Promise<{ entries: TarEntry[]; layer: string }> {
  const store = layoutDirectory(folder, { create: true })
  const image = madeImage(100_000)
  await pushImage(store, image, 'v1')
  const names = ['oci-layout', 'index.json']
  for (const name of await readdir(join(folder, 'blobs', 'sha256'))) names.push(`blobs/sha256/${name}`)
  const entries = await Promise.all(
    names.map(async (name): Promise<TarEntry> => {
      const body = await readFile(join(folder, name))
      return { header: { name, size: body.byteLength }, body }
    }),
  )
  return { entries, layer: `blobs/sha256/${image.blobs[1]!.descriptor.digest.slice(7)}` }
}

describe('a malicious archive', () => {
  const file = (name: string, body: Uint8Array): TarEntry => ({
    header: { name, size: body.byteLength },
    body,
  })
  const evil: readonly (readonly [string, (entries: TarEntry[], layer: string) => TarEntry[]])[] = [
    ['with a name that leads out of it', entries => [...entries, file('../../evil', Buffer.from('x'))]],
    ['with an absolute name', entries => [...entries, file('/etc/evil', Buffer.from('x'))]],
    [
      'with a symbolic link',
      entries => [
        ...entries,
        { header: { name: 'blobs/x', size: 0, type: 'symlink', linkname: '/etc/passwd' } },
      ],
    ],
    [
      'with a hard link',
      entries => [...entries, { header: { name: 'blobs/x', size: 0, type: 'link', linkname: 'oci-layout' } }],
    ],
    ['with a file twice', entries => [...entries, entries.at(-1)!]],
    ['with index.json twice', entries => [...entries, entries[1]!]],
  ]

  test.each(evil)('%s is refused, as a file and as a stream', async (_title, spoil) => {
    await using folder = await temporaryFolder()
    const { entries, layer } = await layoutEntries(join(folder.path, 'layout'))
    const bytes = Buffer.from(await packTar(spoil(entries, layer)))
    const path = join(folder.path, 'a.tar')
    for (const content of [bytes, gzipSync(bytes)]) {
      await writeFile(path, content)
      await failure('VALIDATION', () => copyGraph(layoutArchive(path), 'v1', to(), AGAIN))
      expect(target.repositories.size).toBe(0)
      await using input = archiveInput(pieces(content, 4096))
      await failure('VALIDATION', async () => {
        await copyGraph(input.store, 'v1', memory(), AGAIN)
        await input.finish()
      })
    }
  })

  test('that ends too early is refused wherever it ends', async () => {
    await using folder = await temporaryFolder()
    const { entries } = await layoutEntries(join(folder.path, 'layout'))
    const bytes = Buffer.from(await packTar(entries))
    const path = join(folder.path, 'a.tar')
    for (let length = 0; length < bytes.byteLength; length += 9_973) {
      await writeFile(path, bytes.subarray(0, length))
      await failure('VALIDATION', () => copyGraph(layoutArchive(path), 'v1', to(), AGAIN))
      await using input = archiveInput(pieces(bytes.subarray(0, length), 4096))
      await failure('VALIDATION', async () => {
        await copyGraph(input.store, 'v1', to(), AGAIN)
        await input.finish()
      })
    }
    assertSound(target)
  })

  test('that expands out of all proportion is refused, and fills no disk', async () => {
    await using folder = await temporaryFolder()
    vi.stubEnv('TMPDIR', folder.path)
    try {
      const { entries } = await layoutEntries(join(folder.path, 'layout'))
      const bomb = file('blobs/sha256/bomb', Buffer.alloc(200 * 2 ** 20))
      const content = gzipSync(Buffer.from(await packTar([bomb, ...entries])), { level: 9 })
      const path = join(folder.path, 'bomb.tar.gz')
      await writeFile(path, content)
      expect(
        (await failure('VALIDATION', () => copyGraph(layoutArchive(path), 'v1', to(), AGAIN))).why,
      ).toContain('attack')
      await using input = archiveInput(pieces(content, 65_536))
      expect((await failure('VALIDATION', () => copyGraph(input.store, 'v1', to(), AGAIN))).why).toContain(
        'attack',
      )
      expect(target.repositories.size).toBe(0)
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

test('copyGraph treats what is called a manifest among the layers as a blob', async () => {
  const store = memory()
  const inner = madeImage()
  const config = made('application/vnd.oci.empty.v1+json', '{}')
  await store.push(config.descriptor, config.bytes)
  const odd = { ...inner.image.descriptor, mediaType: 'application/octet-stream' }
  await store.push(odd, inner.image.bytes)
  const image = madeJson(MANIFEST, { config: config.descriptor, layers: [inner.image.descriptor] })
  await store.push(image.descriptor, image.bytes)
  expect(isManifestMediaType(inner.image.descriptor.mediaType)).toBe(true)
  expect((await copyGraph(store, image.descriptor.digest, to(), AGAIN)).left).toEqual([])
  expect(target.repository('app').blobs.has(odd.digest)).toBe(true)
  expect(target.repository('app').manifests.has(odd.digest)).toBe(false)
})
