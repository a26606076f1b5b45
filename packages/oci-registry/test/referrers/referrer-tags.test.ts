import { type Descriptor, memory, referrersTag } from '@sealwright/oci'
import { describe, expect, test, vi } from 'vitest'
import {
  INDEX,
  list,
  type MadeImage,
  madeImage,
  madeJson,
  madeSignature,
  pushImage,
  SIGNATURE,
} from '../../../oci/test/artifacts.ts'
import { failure } from '../../../oci/test/expect-error.ts'
import {
  isRepairable,
  type RegistryOptions,
  type RepairableStore,
  registry,
  repairReferrers,
} from '../../src/index.ts'
import { FakeRegistry, type FakeRegistryOptions } from '../fake-registry.ts'

async function start(options: FakeRegistryOptions = {}, more: RegistryOptions = {}) {
  const warnings: string[] = []
  const fake = await FakeRegistry.start({ referrersApi: false, ...options })
  const open = () =>
    registry(`${fake.host}/app`, {
      settleMs: 1,
      retry: { baseDelayMs: 5 },
      onWarning: text => warnings.push(text),
      ...more,
    })
  const store = open()
  const image = await pushImage(store, madeImage(), 'v1')
  /** What a client does that knows nothing of others: the list holds these and no more. */
  const overwrite = (...signatures: readonly MadeImage[]) => {
    const manifests = signatures.map(made => ({ ...made.image.descriptor, artifactType: SIGNATURE }))
    putTag(fake, referrersTag(image.digest), madeJson(INDEX, { manifests }))
  }
  return {
    fake,
    store,
    open,
    image,
    warnings,
    overwrite,
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  }
}

function putTag(fake: FakeRegistry, tag: string, { descriptor, bytes }: MadeImage['image']): void {
  const repository = fake.repository('app')
  repository.manifests.set(descriptor.digest, { mediaType: descriptor.mediaType, bytes: Buffer.from(bytes) })
  repository.tags.set(tag, descriptor.digest)
}

function referrerPart(subject: Descriptor, { image }: MadeImage): string {
  return `sha256-${subject.digest.slice(7)}.${image.descriptor.digest.slice(7, 39)}`
}

const digestsOf = (...made: readonly MadeImage[]) => made.map(({ image }) => image.descriptor.digest).sort()

const found = async (store: ReturnType<typeof registry>, image: Descriptor, artifactType?: string) =>
  (await list(store.referrers(image, artifactType === undefined ? {} : { artifactType })))
    .map(({ digest }) => digest)
    .sort()

describe('a tag of its own for each referrer', () => {
  test('is written beside the fallback index, and nowhere else', async () => {
    await using opened = await start()
    const { fake, store, image } = opened
    const signature = madeSignature(image)
    await pushImage(store, signature)
    expect(Object.fromEntries(fake.repository('app').tags)).toEqual({
      v1: image.digest,
      [referrersTag(image.digest)]: expect.any(String),
      [referrerPart(image, signature)]: signature.image.descriptor.digest,
    })
    await using other = await start({ referrersApi: true })
    await pushImage(other.store, madeSignature(other.image))
    expect([...other.fake.repository('app').tags.keys()]).toEqual(['v1'])
  })

  test.each(['specified', 'newest', 'marks'] as const)(
    'is found when the index has lost it, however tags are listed (%s)',
    async tagOrder => {
      await using opened = await start({ tagOrder, tagPageSize: 2 })
      const { store, open, image, overwrite } = opened
      for (const tag of ['a', 'latest', 'sha256-0', `sha256-${'f'.repeat(64)}.sig`, 'zz'])
        await store.tag(image, tag)
      const signatures = [madeSignature(image), madeSignature(image, 'artifact-type'), madeSignature(image)]
      for (const signature of signatures) await pushImage(store, signature)
      overwrite(signatures[1]!)
      expect(await found(open(), image)).toEqual(digestsOf(...signatures))
      expect(await found(open(), image, SIGNATURE)).toEqual(digestsOf(...signatures))
      expect(await found(open(), image, 'application/other')).toEqual([])
      const all = await list(open().referrers(image))
      expect(
        all.every(({ annotations, artifactType }) => artifactType === SIGNATURE || annotations?.signer),
      ).toBe(true)
    },
  )

  test('is looked for from its prefix on, and not beyond', async () => {
    await using opened = await start({ tagPageSize: 3 })
    const { fake, open, store, image } = opened
    for (let count = 0; count < 20; count++) await store.tag(image, `z${count}`)
    await pushImage(store, madeSignature(image))
    const before = fake.requests.length
    await found(open(), image)
    const asked = fake.requests.slice(before).filter(({ path }) => path.includes('tags/list'))
    expect(asked.map(({ path }) => path)).toEqual([
      `/v2/app/tags/list?n=1000&last=${referrersTag(image.digest)}`,
    ])
  })

  test('counts only if its manifest says the same', async () => {
    await using opened = await start()
    const { fake, open, store, image } = opened
    const signature = madeSignature(image)
    await pushImage(store, signature)
    const tag = referrersTag(image.digest)
    const { image: foreign } = madeSignature(madeImage().image.descriptor)
    putTag(fake, `${tag}.${foreign.descriptor.digest.slice(7, 39)}`, foreign)
    putTag(fake, `${tag}.${'0'.repeat(32)}`, madeSignature(image).image)
    putTag(fake, `${tag}.sig`, madeImage().image)
    putTag(fake, `${tag}.${'1'.repeat(31)}`, madeSignature(image).image)
    fake.repository('app').tags.set(`${tag}.${'2'.repeat(32)}`, `sha256:${'2'.repeat(64)}`)
    putTag(fake, `${tag}.${'3'.repeat(32)}`, madeJson('application/vnd.example+json', {}))
    expect(await found(open(), image)).toEqual(digestsOf(signature))
  })

  test('with other content than the registry says is an error, never an absence', async () => {
    await using opened = await start()
    const { fake, open, store, image, overwrite } = opened
    const signature = madeSignature(image)
    await pushImage(store, signature)
    overwrite()
    fake.faults.push({ method: 'GET', path: referrerPart(image, signature), answer: 'wrong-bytes' })
    await failure('INTEGRITY', () => found(open(), image))
  })

  test.each([401, 403, 404, 405])(
    'that cannot be looked for (%i) is said once, and the index is read',
    async status => {
      await using opened = await start()
      const { fake, open, store, image, warnings } = opened
      const signature = madeSignature(image)
      await pushImage(store, signature)
      fake.faults.push({ path: '/tags/list', answer: { status } })
      const reader = open()
      expect(await found(reader, image)).toEqual(digestsOf(signature))
      expect(await found(reader, image)).toEqual(digestsOf(signature))
      expect(warnings).toEqual([expect.stringContaining('does not list its tags')])
    },
  )

  test('that cannot be looked for in passing is an error', async () => {
    await using opened = await start()
    const { fake, open, image } = opened
    fake.faults.push({ path: '/tags/list', answer: { status: 503 } })
    await failure('UNAVAILABLE', () => found(open(), image))
  })

  test('is enough when others never stop to change the index, and that is said', async () => {
    await using opened = await start()
    const { fake, open, store, image, warnings } = opened
    const repository = fake.repository('app')
    const tag = referrersTag(image.digest)
    fake.beforeRequest = ({ method, path }) => {
      if (method === 'GET' && path.endsWith(tag)) repository.tags.delete(tag)
    }
    const signature = madeSignature(image)
    await pushImage(store, signature)
    expect(warnings).toEqual([expect.stringContaining('others changed it each time')])
    expect(await found(open(), image)).toEqual(digestsOf(signature))
  })

  test('that nobody can list makes it an error that the index cannot be changed', async () => {
    await using opened = await start()
    const { fake, store, image } = opened
    const repository = fake.repository('app')
    const tag = referrersTag(image.digest)
    fake.faults.push({ path: '/tags/list', answer: { status: 403 } })
    fake.beforeRequest = ({ method, path }) => {
      if (method === 'GET' && path.endsWith(tag)) repository.tags.delete(tag)
    }
    await failure('UNAVAILABLE', () => pushImage(store, madeSignature(image)))
  })

  test('is all there is with GitLab, which takes the tag of the index for the digest', async () => {
    await using opened = await start({ gitlab: true })
    const { open, store, image, warnings } = opened
    expect(await found(store, image)).toEqual([])
    const signature = madeSignature(image)
    await pushImage(store, signature)
    expect(await found(open(), image)).toEqual(digestsOf(signature))
    expect(await store.resolve('v1')).toEqual(image)
    expect(warnings).toEqual([expect.stringContaining('with the subject')])
  })

  test('is enough when the index would grow beyond what can be read again', async () => {
    await using opened = await start()
    const { fake, open, store, image, warnings } = opened
    const made = [0, 1].map(count => madeSignature(image, 'config-type', { k: `${count}`.repeat(2_500_000) }))
    for (const signature of made) await pushImage(store, signature)
    const index = fake
      .repository('app')
      .manifests.get(fake.repository('app').tags.get(referrersTag(image.digest))!)!
    expect(JSON.parse(index.bytes.toString()).manifests).toHaveLength(1)
    expect(await found(open(), image)).toEqual(digestsOf(...made))
    expect(warnings).toEqual([expect.stringContaining('would exceed')])
  })

  test('goes with its manifest, even where nothing that has a tag is deleted', async () => {
    for (const keepsTagged of [false, true]) {
      await using opened = await start({ keepsTagged })
      const { fake, open, store, image } = opened
      const [gone, kept] = [madeSignature(image), madeSignature(image)]
      await pushImage(store, gone)
      await pushImage(store, kept)
      await store.delete(gone.image.descriptor)
      expect(fake.repository('app').tags.has(referrerPart(image, gone))).toBe(false)
      expect(await found(open(), image)).toEqual(digestsOf(kept))
    }
  })

  test('heals what a conflict took from others', async () => {
    await using opened = await start()
    const { fake, store, image, overwrite } = opened
    const [lost, mine] = [madeSignature(image), madeSignature(image)]
    await pushImage(store, lost)
    let struck = false
    fake.beforeRequest = ({ method, path }) => {
      // Between our write and our second look, a client that had read an empty list.
      const mineIsListed = fake.requests.some(
        seen => seen.method === 'PUT' && seen.path.endsWith(referrerPart(image, mine)),
      )
      if (struck || !mineIsListed || method !== 'PUT' || !path.endsWith(referrersTag(image.digest))) return
      struck = true
      fake.beforeRequest = ({ method: next, path: at }) => {
        if (next !== 'GET' || !at.endsWith(referrersTag(image.digest))) return
        fake.beforeRequest = undefined
        overwrite()
      }
    }
    await pushImage(store, mine)
    expect(struck).toBe(true)
    const { tags, manifests } = fake.repository('app')
    const index = JSON.parse(manifests.get(tags.get(referrersTag(image.digest))!)!.bytes.toString())
    expect(index.manifests.map(({ digest }: Descriptor) => digest).sort()).toEqual(digestsOf(lost, mine))
  })

  test('is all that is written of the next, when the first has shown that no API is there', async () => {
    await using opened = await start()
    const { fake, store, image } = opened
    await pushImage(store, madeSignature(image))
    const second = madeSignature(image)
    const before = fake.requests.length
    await pushImage(store, second)
    const put = fake.requests.slice(before).filter(({ method }) => method === 'PUT')
    expect(put.map(({ path }) => path).filter(path => path.includes('/manifests/'))).toEqual([
      `/v2/app/manifests/${referrerPart(image, second)}`,
      `/v2/app/manifests/${referrersTag(image.digest)}`,
    ])
    expect(fake.repository('app').manifests.has(second.image.descriptor.digest)).toBe(true)
    expect(await found(store, image)).toContain(second.image.descriptor.digest)
  })

  test('is not written where a repository that was not there seemed to lack the API', async () => {
    await using opened = await start({ referrersApi: true })
    const { fake, open } = opened
    const image = madeImage()
    fake.faults.push({ path: '/referrers/', answer: { status: 404 }, times: 1 })
    const store = open()
    expect(await found(store, image.image.descriptor)).toEqual([])
    const { digest } = await pushImage(store, image)
    const signature = madeSignature(image.image.descriptor)
    await pushImage(store, signature)
    expect([...fake.repository('app').tags.keys()].filter(tag => tag.includes(digest.slice(7)))).toEqual([])
    expect(await found(store, image.image.descriptor)).toEqual(digestsOf(signature))
  })

  test('is followed by no wait for others where nobody else can know the subject', async () => {
    await using opened = await start({}, { settleMs: 3_600_000 })
    const { open, store, image } = opened
    const signature = madeSignature(image)
    await pushImage(store, signature)
    expect(await found(open(), image)).toEqual(digestsOf(signature))
  })

  test('of who comes while another waits for others goes into the list at once', async () => {
    await using opened = await start({}, { settleMs: 3_600_000 })
    const { fake, open, image } = opened
    const store = open()
    const stop = new AbortController()
    const signatures = [madeSignature(image), madeSignature(image)]
    const pushed: Promise<unknown>[] = []
    for (const [index, { image, blobs }] of signatures.entries()) {
      for (const { descriptor, bytes } of blobs) await store.push(descriptor, bytes)
      pushed.push(store.push(image.descriptor, image.bytes, { signal: stop.signal }))
      await vi.waitFor(() => expect(indexOf(fake, opened.image)).toHaveLength(index + 1))
    }
    expect(indexOf(fake, image).map(({ digest }) => digest)).toEqual(
      signatures.map(({ image }) => image.descriptor.digest),
    )
    stop.abort()
    for (const each of pushed) await expect(each).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('of who comes first is done though others go on to come', async () => {
    await using opened = await start({}, { settleMs: 50 })
    const { fake, open, image } = opened
    const store = open()
    const more = Array.from({ length: 8 }, () => madeSignature(image))
    const first = madeSignature(image)
    for (const { blobs } of [first, ...more])
      for (const { descriptor, bytes } of blobs) await store.push(descriptor, bytes)
    const pushed: Promise<unknown>[] = []
    const list = referrersTag(image.digest)
    let writes = 0
    fake.beforeRequest = ({ method, path }) => {
      if (method !== 'PUT' || !path.endsWith(list)) return
      writes++
      const next = more.pop()
      if (next !== undefined) pushed.push(store.push(next.image.descriptor, next.image.bytes))
    }
    await store.push(first.image.descriptor, first.image.bytes)
    expect(writes).toBeLessThanOrEqual(4)
    while (pushed.length < 8 || more.length > 0) await pushed.at(-1)
    await Promise.all(pushed)
    expect(await found(open(), image)).toHaveLength(9)
  })

  test('that is taken away while its list is written is taken away', async () => {
    await using opened = await start({}, { settleMs: 200 })
    const { fake, open, image } = opened
    const store = open()
    const signature = madeSignature(image)
    let deleted: Promise<void> | undefined
    fake.beforeRequest = ({ method, path }) => {
      if (method === 'PUT' && path.endsWith(referrersTag(image.digest)))
        deleted ??= store.delete(signature.image.descriptor)
    }
    await pushImage(store, signature)
    await deleted
    expect(await found(open(), image)).toEqual([])
    expect(indexOf(fake, image)).toEqual([])
  })

  test('is not what a slip of the registry leads to', async () => {
    await using opened = await start({ referrersApi: true, ociSubject: false })
    const { fake, store, image } = opened
    fake.faults.push({ path: '/referrers/', answer: { status: 404 }, times: 1 })
    expect(await found(store, image)).toEqual([])
    const signature = madeSignature(image)
    await pushImage(store, signature)
    expect([...fake.repository('app').tags.keys()]).toEqual(['v1'])
    expect(await found(store, image)).toEqual(digestsOf(signature))
  })

  test('takes the writes of many that wait together', async () => {
    await using opened = await start()
    const { fake, open, store, image } = opened
    const signatures = Array.from({ length: 30 }, () => madeSignature(image))
    for (const { blobs } of signatures)
      for (const blob of blobs) await store.push(blob.descriptor, blob.bytes)
    const before = fake.requests.length
    await Promise.all(signatures.map(made => store.push(made.image.descriptor, made.image.bytes)))
    const writes = fake.requests
      .slice(before)
      .filter(({ method, path }) => method === 'PUT' && path.endsWith(referrersTag(image.digest)))
    expect(writes.length).toBeLessThan(15)
    expect(await found(open(), image)).toEqual(digestsOf(...signatures))
  })
})

describe('repairReferrers', () => {
  test('lists again what was lost, and drops what is gone, foreign or described wrongly', async () => {
    for (const conditional of [false, true]) {
      await using opened = await start({ conditional })
      const { fake, store, image } = opened
      const [lost, kept, wrong] = [madeSignature(image), madeSignature(image), madeSignature(image)]
      for (const signature of [lost, kept, wrong]) await pushImage(store, signature)
      const foreign = madeSignature(madeImage().image.descriptor)
      await pushImage(store, foreign)
      const { image: gone } = madeSignature(image)
      const list_ = madeJson(INDEX, {
        manifests: [
          { ...kept.image.descriptor, artifactType: SIGNATURE, annotations: annotationsOf(kept) },
          { ...wrong.image.descriptor, artifactType: 'application/other' },
          { ...gone.descriptor, artifactType: SIGNATURE },
          { ...foreign.image.descriptor, artifactType: SIGNATURE },
        ],
      })
      putTag(fake, referrersTag(image.digest), list_)
      const expected = {
        subject: image.digest,
        tag: referrersTag(image.digest),
        referrers: 3,
        taken: false,
        faults: expect.arrayContaining([
          { digest: lost.image.descriptor.digest, fault: 'unlisted' },
          { digest: wrong.image.descriptor.digest, fault: 'misdescribed' },
          { digest: gone.descriptor.digest, fault: 'gone' },
          { digest: foreign.image.descriptor.digest, fault: 'foreign' },
        ]),
      }
      expect(await repairReferrers(store, image, { dryRun: true })).toEqual({ ...expected, repaired: false })
      expect(fake.repository('app').tags.get(referrersTag(image.digest))).toBe(list_.descriptor.digest)
      expect(await repairReferrers(store, image)).toEqual({ ...expected, repaired: true })
      const index = indexOf(fake, image)
      expect(index.map(({ digest }) => digest).sort()).toEqual(digestsOf(lost, kept, wrong))
      for (const made of [lost, kept, wrong]) {
        expect(index.find(({ digest }) => digest === made.image.descriptor.digest)).toEqual({
          ...made.image.descriptor,
          artifactType: SIGNATURE,
          annotations: annotationsOf(made),
        })
      }
      const before = fake.requests.length
      expect(await repairReferrers(store, image)).toMatchObject({ faults: [], repaired: false })
      expect(fake.requests.slice(before).every(({ method }) => method !== 'PUT')).toBe(true)
    }
  })

  test('makes a list of what a damaged one still names', async () => {
    await using opened = await start()
    const { fake, store, image } = opened
    const [claimed, named] = [madeSignature(image), madeSignature(image)]
    await pushImage(store, claimed)
    await pushImage(store, named)
    fake.repository('app').tags.delete(referrerPart(image, named))
    const damaged = madeJson(INDEX, { manifests: [{ digest: named.image.descriptor.digest, size: 'no' }] })
    putTag(fake, referrersTag(image.digest), damaged)
    expect(await found(store, image)).toEqual(digestsOf(claimed))
    expect(await repairReferrers(store, image)).toMatchObject({
      referrers: 2,
      damage: expect.any(String),
      repaired: true,
    })
    expect(await found(store, image)).toEqual(digestsOf(claimed, named))
  })

  test("leaves another's manifest where it is, and where no list can be kept says so", async () => {
    await using opened = await start()
    const { fake, store, image } = opened
    const tag = referrersTag(image.digest)
    const other = await pushImage(store, madeImage(), tag)
    expect(await repairReferrers(store, image)).toMatchObject({
      damage: expect.stringContaining('no index'),
      repaired: false,
    })
    expect(fake.repository('app').tags.get(tag)).toBe(other.digest)
    await using gitlab = await start({ gitlab: true })
    expect(await repairReferrers(gitlab.store, gitlab.image)).toMatchObject({ taken: true, repaired: false })
  })

  test('is for registries', async () => {
    const subject = madeImage().image.descriptor
    expect(await failure('UNSUPPORTED', async () => repairReferrers(memory(), subject))).toBeDefined()
  })

  test('is for whatever can, be it not of this package', async () => {
    await using opened = await start()
    const { store, image } = opened
    if (!isRepairable(store)) throw new Error('a registry is repairable')
    const around: RepairableStore = Object.assign(memory(), {
      repairReferrers: store.repairReferrers.bind(store),
    })
    expect(await repairReferrers(around, image)).toMatchObject({ subject: image.digest, faults: [] })
  })
})

function annotationsOf({ image }: MadeImage): Record<string, string> {
  return JSON.parse(Buffer.from(image.bytes).toString()).annotations
}

function indexOf(fake: FakeRegistry, subject: Descriptor): readonly Descriptor[] {
  const { tags, manifests } = fake.repository('app')
  return JSON.parse(manifests.get(tags.get(referrersTag(subject.digest))!)!.bytes.toString()).manifests
}
