import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ArtifactStore, Descriptor } from '../src/index.ts'
import { readBlob, readManifest } from '../src/index.ts'
import {
  collect,
  INDEX,
  list,
  MANIFEST,
  made,
  madeImage,
  madeJson,
  madeSignature,
  pieces,
  pushImage,
  SIGNATURE,
} from './artifacts.ts'
import { failure } from './expect-error.ts'

export interface OpenStore extends AsyncDisposable {
  readonly store: ArtifactStore
  /** The same content through a new object. */
  again(): ArtifactStore
}

/** What every store does. Each case has a store of its own. */
export function storeCases(
  name: string,
  open: () => Promise<OpenStore>,
  found: 'api' | 'tag' | 'layout',
): void {
  describe(name, () => {
    test('gives back what was pushed, by tag and by digest', async () => {
      await using opened = await open()
      const made = madeImage(300_000)
      const image = await pushImage(opened.store, made, 'v1')
      for (const store of [opened.store, opened.again()]) {
        expect(await store.resolve('v1')).toEqual(image)
        expect(await store.resolve(image.digest)).toEqual(image)
        expect(await collect(store.fetch(image))).toEqual(Buffer.from(made.image.bytes))
        for (const blob of made.blobs) {
          expect(await store.exists(blob.descriptor)).toBe(true)
          expect(await collect(store.fetch(blob.descriptor))).toEqual(Buffer.from(blob.bytes))
        }
      }
    })

    test('takes streams, empty content and digests by SHA-384 and SHA-512', async () => {
      await using opened = await open()
      const { store } = opened
      for (const [algorithm, bytes] of [
        ['sha256', Buffer.alloc(0)],
        ['sha384', randomBytes(3000)],
        ['sha512', randomBytes(70_000)],
      ] as const) {
        const blob = made('application/octet-stream', bytes, algorithm)
        expect(await store.exists(blob.descriptor)).toBe(false)
        await store.push(blob.descriptor, pieces(bytes))
        expect(await store.exists(blob.descriptor)).toBe(true)
        expect(await collect(store.fetch(blob.descriptor))).toEqual(bytes)
      }
    })

    test('says NOT_FOUND for what it has not', async () => {
      await using opened = await open()
      const { store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      const other = made(MANIFEST, '{}').descriptor
      const blob = made('application/octet-stream', 'nothing').descriptor
      await failure('NOT_FOUND', () => store.resolve('v2'))
      await failure('NOT_FOUND', () => store.resolve(other.digest))
      await failure('NOT_FOUND', () => collect(store.fetch(other)))
      await failure('NOT_FOUND', () => collect(store.fetch(blob)))
      await failure('NOT_FOUND', () => store.delete(other))
      await failure('NOT_FOUND', () => store.delete(blob))
      await failure('NOT_FOUND', () => store.tag(other, 'v3'))
      expect(await store.exists(other)).toBe(false)
      expect(await store.exists(blob)).toBe(false)
      expect(await list(store.referrers(image))).toEqual([])
      expect(await list(store.referrers(other))).toEqual([])
    })

    test('stores nothing that does not match its descriptor', async () => {
      await using opened = await open()
      const { store } = opened
      const bytes = randomBytes(5000)
      const { descriptor } = made('application/octet-stream', bytes)
      const other = Buffer.from(bytes)
      other[4999]! ^= 1
      for (const content of [other, bytes.subarray(1), Buffer.concat([bytes, bytes])]) {
        await failure('INTEGRITY', () => store.push(descriptor, content))
        await failure('INTEGRITY', () => store.push(descriptor, pieces(content)))
        expect(await opened.again().exists(descriptor)).toBe(false)
      }
      const { image, blobs } = madeImage()
      for (const blob of blobs) await store.push(blob.descriptor, blob.bytes)
      await failure('INTEGRITY', () => store.push({ ...image.descriptor, size: 1 }, image.bytes))
      await failure('VALIDATION', () => store.push({ ...image.descriptor, mediaType: INDEX }, image.bytes))
      expect(await opened.again().exists(image.descriptor)).toBe(false)
    })

    test('says INTEGRITY when a descriptor asks for another size', async () => {
      await using opened = await open()
      const { store } = opened
      const blob = made('application/octet-stream', randomBytes(100))
      await store.push(blob.descriptor, blob.bytes)
      const image = await pushImage(store, madeImage(), 'v1')
      for (const size of [99, 101]) {
        await failure('INTEGRITY', () => collect(store.fetch({ ...blob.descriptor, size })))
      }
      await failure('INTEGRITY', () => collect(store.fetch({ ...image, size: image.size + 1 })))
    })

    test('is content to be told twice', async () => {
      await using opened = await open()
      const { store } = opened
      const made = madeImage()
      const image = await pushImage(store, made, 'v1')
      expect(await pushImage(store, made, 'v1')).toEqual(image)
      const signature = madeSignature(image)
      await pushImage(store, signature)
      await pushImage(store, signature)
      expect((await list(store.referrers(image))).map(({ digest }) => digest)).toEqual([
        signature.image.descriptor.digest,
      ])
    })

    test('moves a tag, and keeps what it named', async () => {
      await using opened = await open()
      const { store } = opened
      const first = await pushImage(store, madeImage(), 'v1')
      const second = await pushImage(store, madeImage(), 'v1')
      expect(await opened.again().resolve('v1')).toEqual(second)
      expect(await opened.again().resolve(first.digest)).toEqual(first)
      await store.tag(first, 'old')
      await store.tag(second, 'also')
      for (const [tag, image] of Object.entries({ v1: second, also: second, old: first })) {
        expect(await opened.again().resolve(tag)).toEqual(image)
      }
    })

    test('refuses tags that are none', async () => {
      await using opened = await open()
      const image = await pushImage(opened.store, madeImage(), 'v1')
      for (const tag of ['', 'a b', '../x', 'a/../b', '-x', `sha256:${'0'.repeat(64)}`]) {
        await failure('VALIDATION', () => opened.store.tag(image, tag))
      }
    })

    test('finds the referrers of a subject, by type, in both forms', async () => {
      await using opened = await open()
      const { store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      const other = await pushImage(store, madeImage(), 'v2')
      const signatures = [madeSignature(image), madeSignature(image, 'artifact-type'), madeSignature(image)]
      for (const signature of signatures) {
        for (const blob of signature.blobs) await store.push(blob.descriptor, blob.bytes)
        expect(await store.push(signature.image.descriptor, signature.image.bytes)).toEqual({
          referrers: found,
        })
      }
      const config = made('application/vnd.example.config', '{}')
      const document = madeJson(MANIFEST, { config: config.descriptor, layers: [], subject: image })
      await store.push(config.descriptor, config.bytes)
      await store.push(document.descriptor, document.bytes)

      const digests = signatures.map(signature => signature.image.descriptor.digest).sort()
      for (const each of [store, opened.again()]) {
        const all = await list(each.referrers(image))
        expect(all.map(({ digest }) => digest).sort()).toEqual(
          [...digests, document.descriptor.digest].sort(),
        )
        const listed = await list(each.referrers(image, { artifactType: SIGNATURE }))
        const truly: Descriptor[] = []
        for (const descriptor of listed) {
          const manifest = await readManifest(each, descriptor)
          expect(manifest.subject?.digest).toBe(image.digest)
          const type = manifest.kind === 'image' ? (manifest.artifactType ?? manifest.config.mediaType) : ''
          if (type === SIGNATURE) truly.push(descriptor)
        }
        expect(truly.map(({ digest }) => digest).sort()).toEqual(digests)
        expect(listed.map(({ digest }) => digest)).not.toContain(document.descriptor.digest)
        expect(truly[0]?.annotations).toHaveProperty('signer')
        expect(await list(each.referrers(other))).toEqual([])
      }
      expect(await store.resolve('v1')).toEqual(image)
    })

    test('takes a referrer before its subject', async () => {
      await using opened = await open()
      const { image } = madeImage()
      const signature = madeSignature(image.descriptor)
      await pushImage(opened.store, signature)
      const listed = await list(opened.again().referrers(image.descriptor))
      expect(listed.map(({ digest }) => digest)).toEqual([signature.image.descriptor.digest])
    })

    test('loses none of many referrers pushed at once', async () => {
      await using opened = await open()
      const image = await pushImage(opened.store, madeImage(), 'v1')
      const signatures = Array.from({ length: 8 }, () => madeSignature(image))
      const other = opened.again()
      await Promise.all(signatures.map((made, index) => pushImage(index % 2 ? opened.store : other, made)))
      const listed = await list(opened.again().referrers(image))
      expect(listed.map(({ digest }) => digest).sort()).toEqual(
        signatures.map(made => made.image.descriptor.digest).sort(),
      )
    })

    test('deletes a referrer, and lists it no more', async () => {
      await using opened = await open()
      const { store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      const [first, second] = [madeSignature(image), madeSignature(image)]
      await pushImage(store, first)
      await pushImage(store, second)
      await store.delete(first.image.descriptor)
      const listed = await list(opened.again().referrers(image))
      expect(listed.map(({ digest }) => digest)).toEqual([second.image.descriptor.digest])
      expect(await opened.again().exists(first.image.descriptor)).toBe(false)
      await store.delete(second.image.descriptor)
      expect(await list(opened.again().referrers(image))).toEqual([])
      expect(await opened.again().resolve('v1')).toEqual(image)
    })

    test('deletes an image with its tags, and a blob', async () => {
      await using opened = await open()
      const { store } = opened
      const made = madeImage()
      const image = await pushImage(store, made, 'v1')
      await store.tag(image, 'v2')
      await store.delete(image)
      for (const reference of ['v1', 'v2', image.digest]) {
        await failure('NOT_FOUND', () => opened.again().resolve(reference))
      }
      const { descriptor } = made.blobs[1]!
      await store.delete(descriptor)
      expect(await opened.again().exists(descriptor)).toBe(false)
    })

    test('stops at once when it is aborted', async () => {
      await using opened = await open()
      const { store } = opened
      const image = await pushImage(store, madeImage(), 'v1')
      const signal = AbortSignal.abort()
      const blob = made('application/octet-stream', 'abc')
      await failure('ABORTED', () => store.resolve('v1', { signal }))
      await failure('ABORTED', () => collect(store.fetch(image, { signal })))
      await failure('ABORTED', () => store.exists(image, { signal }))
      await failure('ABORTED', () => store.push(blob.descriptor, blob.bytes, { signal }))
      await failure('ABORTED', () => store.tag(image, 'v2', { signal }))
      await failure('ABORTED', () => list(store.referrers(image, { signal })))
      await failure('ABORTED', () => store.delete(image, { signal }))
      expect(await opened.again().exists(blob.descriptor)).toBe(false)
      expect(await opened.again().resolve('v1')).toEqual(image)
    })

    test('never takes a digest for a path', async () => {
      await using opened = await open()
      for (const digest of [
        'sha256:../../etc/passwd',
        `sha256:${'A'.repeat(64)}`,
        'md5:00',
        'sha256:',
        '../x',
      ]) {
        const descriptor = { mediaType: 'application/octet-stream', digest, size: 1 }
        await failure('VALIDATION', () => collect(opened.store.fetch(descriptor)))
        await failure('VALIDATION', () => opened.store.exists(descriptor))
        await failure('VALIDATION', () => opened.store.push(descriptor, Buffer.from('x')))
        await failure('VALIDATION', () => opened.store.delete(descriptor))
        await failure('VALIDATION', () => list(opened.store.referrers(descriptor)))
      }
    })

    test('reads small content whole, and large content not', async () => {
      await using opened = await open()
      const blob = made('application/octet-stream', randomBytes(1000))
      await opened.store.push(blob.descriptor, blob.bytes)
      expect(Buffer.from(await readBlob(opened.store, blob.descriptor, 1000))).toEqual(blob.bytes)
      await failure('VALIDATION', () => readBlob(opened.store, blob.descriptor, 999))
    })
  })
}
