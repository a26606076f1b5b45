import { randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  type ArtifactStore,
  archiveInput,
  archiveOutput,
  copyGraph,
  layoutArchive,
  layoutDirectory,
  memory,
} from '@sealwright/oci'
import { packTar, type TarEntry } from 'modern-tar'
import { describe, expect, it, vi } from 'vitest'
import { list, madeImage, madeSignature, pieces, pushImage } from '../../../oci/test/artifacts.ts'
import { failure } from '../../../oci/test/expect-error.ts'
import { temporaryFolder } from '../../../oci/test/temporary.ts'
import { registry } from '../../src/index.ts'
import { FakeRegistry } from '../fake-registry.ts'

const LAYER = 2 * 1024 * 1024

async function signedImage(store: ArtifactStore, layerBytes = LAYER) {
  const image = await pushImage(store, madeImage(layerBytes), 'v1')
  await pushImage(store, madeSignature(image))
  return image
}

/** The bytes that a copy writes to a stream. */
async function streamed(store: ArtifactStore): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  await copyGraph(
    store,
    'v1',
    archiveOutput(async chunk => void chunks.push(chunk)),
  )
  return Buffer.concat(chunks)
}

const namesIn = (bytes: Buffer) =>
  [...bytes.toString('latin1').matchAll(/(oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64})\0/g)].map(
    match => match[1],
  )

/** Each in memory of its own. */
function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.byteLength; at += size)
    chunks.push(Uint8Array.from(bytes.subarray(at, at + size)))
  return chunks
}

/** A folder for temporary files that nobody else uses. */
async function ownTemporary() {
  const folder = await temporaryFolder()
  vi.stubEnv('TMPDIR', folder.path)
  return {
    /** How many private files lie there now. */
    count: async () => (await readdir(folder.path)).length,
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('an archive written to a stream', () => {
  it('has its index first, then the manifests, then the blobs, and is what another program reads', async () => {
    await using folder = await temporaryFolder()
    const store = memory()
    const image = await signedImage(store)
    const bytes = await streamed(store)
    const names = namesIn(bytes)
    expect(names.slice(0, 2)).toEqual(['oci-layout', 'index.json'])
    const layer = names.findIndex(name => bytes.includes(`${name}`) && name?.includes('blobs'))
    expect(layer).toBe(2)
    expect(names.indexOf(`blobs/sha256/${image.digest.slice(7)}`)).toBeLessThan(6)
    const path = join(folder.path, 'a.tar')
    await writeFile(path, bytes)
    expect(await list(layoutArchive(path).referrers(image))).toHaveLength(1)
  })

  it('leaves out what the source does not have, and names it nowhere', async () => {
    await using folder = await temporaryFolder()
    const store = memory()
    const image = await signedImage(store)
    const signature = madeSignature(image)
    await store.push(signature.image.descriptor, signature.image.bytes)
    const chunks: Uint8Array[] = []
    const report = await copyGraph(
      store,
      'v1',
      archiveOutput(async chunk => void chunks.push(chunk)),
    )
    expect(report.left.map(({ descriptor }) => descriptor.digest).sort()).toEqual(
      [signature.image.descriptor, signature.blobs[1]!.descriptor].map(({ digest }) => digest).sort(),
    )
    const path = join(folder.path, 'a.tar')
    await writeFile(path, Buffer.concat(chunks))
    expect(await list(layoutArchive(path).referrers(image))).toHaveLength(1)
    expect(Buffer.concat(chunks).includes(signature.image.descriptor.digest.slice(7))).toBe(false)
  })

  it('has no end when its source turns out to be damaged', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'layout')
    const store = layoutDirectory(path, { create: true })
    const image = madeImage(LAYER)
    await pushImage(store, image, 'v1')
    const { digest } = image.blobs[1]!.descriptor
    await writeFile(join(path, 'blobs', 'sha256', digest.slice(7)), randomBytes(LAYER))
    const chunks: Uint8Array[] = []
    await failure('INTEGRITY', () =>
      copyGraph(
        store,
        'v1',
        archiveOutput(async chunk => void chunks.push(chunk)),
      ),
    )
    const written = join(folder.path, 'a.tar')
    await writeFile(written, Buffer.concat(chunks))
    expect((await failure('VALIDATION', () => layoutArchive(written).resolve('v1'))).why).toContain(
      'ends too early',
    )
  })

  it('is written in one go or not at all', async () => {
    const store = archiveOutput(async () => {})
    const image = madeImage()
    await failure('UNSUPPORTED', () => pushImage(store, image))
  })
})

describe('an archive read from a stream', () => {
  it('leaves the memory of its chunks to whoever gave them, wherever it is copied to', async () => {
    await using folder = await temporaryFolder()
    await using fake = await FakeRegistry.start()
    const source = memory()
    await signedImage(source)
    const bytes = await streamed(source)
    const targets = [
      registry(`${fake.host}/app`),
      registry(`${fake.host}/chunked`, { chunkBytes: 300_000 }),
      await layoutDirectory(join(folder.path, 'layout'), { create: true }),
      layoutArchive(join(folder.path, 'a.tar'), { create: true }),
    ]
    for (const target of targets) {
      const chunks = cut(bytes, 65_536)
      const giving = async function* () {
        yield* chunks
      }
      await using input = archiveInput(giving())
      await copyGraph(input.store, 'v1', target)
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    }
  })

  it.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes, { level: 1 })],
  ])('in its own order goes through without a private file: %s', async (_title, packed) => {
    const store = memory()
    const image = await signedImage(store)
    const bytes = packed(await streamed(store))
    await using waiting = await ownTemporary()
    let most = 0
    const counting = async function* () {
      for await (const piece of pieces(bytes, 65_536)) {
        most = Math.max(most, await waiting.count())
        yield piece
      }
    }
    await using input = archiveInput(counting())
    const destination = memory()
    const { left } = await copyGraph(input.store, 'v1', destination)
    await input.finish()
    expect(left).toEqual([])
    expect(most).toBe(0)
    expect(await list(destination.referrers(image))).toHaveLength(1)
  })

  it('in another order waits in a private file, which is gone afterwards', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'layout')
    const store = layoutDirectory(path, { create: true })
    const image = await signedImage(store)
    // As `tar` packs a directory: the layers before index.json.
    const entries: TarEntry[] = []
    const blobs = join(path, 'blobs', 'sha256')
    for (const name of await readdir(blobs)) {
      const body = await readFile(join(blobs, name))
      entries.push({ header: { name: `blobs/sha256/${name}`, size: body.byteLength }, body })
    }
    for (const name of ['index.json', 'oci-layout']) {
      const body = await readFile(join(path, name))
      entries.push({ header: { name, size: body.byteLength }, body })
    }
    const bytes = Buffer.from(await packTar(entries))
    await using waiting = await ownTemporary()
    const destination = memory()
    {
      await using input = archiveInput(pieces(bytes, 65_536))
      const { left } = await copyGraph(input.store, 'v1', destination)
      expect(left).toEqual([])
      expect(await waiting.count()).toBe(1)
    }
    expect(await waiting.count()).toBe(0)
    expect(await list(destination.referrers(image))).toHaveLength(1)
  })

  it('is refused when it is not whole, however far a copy came', async () => {
    const store = memory()
    await signedImage(store)
    const bytes = await streamed(store)
    for (const length of [bytes.length - 512, bytes.length - LAYER, 5000, 512, 100, 0]) {
      await using input = archiveInput(pieces(bytes.subarray(0, length), 65_536))
      const error = await failure('VALIDATION', async () => {
        await copyGraph(input.store, 'v1', memory())
        await input.finish()
      })
      expect(error.why).toContain('ends too early')
    }
    await using twice = archiveInput(pieces(Buffer.concat([bytes.subarray(0, -1024), bytes]), 65_536))
    await copyGraph(twice.store, 'v1', memory())
    expect((await failure('VALIDATION', () => twice.finish())).why).toContain('twice')
  })

  it('cannot be written to', async () => {
    const store = memory()
    await signedImage(store)
    await using input = archiveInput(pieces(await streamed(store)))
    await failure('UNSUPPORTED', () => pushImage(input.store, madeImage()))
  })
})

describe('a batch', () => {
  it('of an archive becomes visible as a whole, or not at all', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'a.tar')
    const archive = layoutArchive(path, { create: true })
    const kept = await archive.batch!(store => signedImage(store))
    const before = await readFile(path)
    await expect(
      archive.batch!(async store => {
        await pushImage(store, madeImage(LAYER), 'v2')
        throw new Error('stopped')
      }),
    ).rejects.toThrow('stopped')
    expect((await readFile(path)).equals(before)).toBe(true)
    const other = madeImage(LAYER)
    await archive.batch!(async store => {
      // Manifest first: what comes next goes straight into the archive.
      await store.push(other.image.descriptor, other.image.bytes)
      for (const { descriptor, bytes } of other.blobs) await store.push(descriptor, pieces(bytes, 65_536))
      await failure('INTEGRITY', () =>
        store.push(other.blobs[1]!.descriptor, pieces(randomBytes(LAYER), 65_536)),
      )
      expect(await store.exists(other.blobs[1]!.descriptor)).toBe(true)
      await store.tag(other.image.descriptor, 'v2')
    })
    const after = layoutArchive(path)
    expect((await after.resolve('v2')).digest).toBe(other.image.descriptor.digest)
    expect((await copyGraph(after, 'v2', memory())).left).toEqual([])
    expect((await copyGraph(after, 'v1', memory())).root.digest).toBe(kept.digest)
    expect((await readdir(folder.path)).sort()).toEqual(['a.tar'])
  })

  it('of a layout directory changes index.json once', async () => {
    await using folder = await temporaryFolder()
    const store = layoutDirectory(folder.path, { create: true })
    const image = await signedImage(store)
    const path = join(folder.path, 'index.json')
    const before = await readFile(path)
    await store.batch!(async inner => {
      for (let count = 0; count < 5; count++) await pushImage(inner, madeSignature(image))
      expect(await list(inner.referrers(image))).toHaveLength(6)
      expect((await readFile(path)).equals(before)).toBe(true)
    })
    expect(await list(store.referrers(image))).toHaveLength(6)
  })
})
