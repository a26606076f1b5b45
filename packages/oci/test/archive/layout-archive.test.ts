import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, copyFile, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { packTar, type TarEntry } from 'modern-tar'
import { beforeEach, describe, expect, test } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { layoutArchive, layoutDirectory, soleTarget, spool } from '../../src/index.ts'
import { collect, list, made, madeImage, madeSignature, pieces, pushImage } from '../artifacts.ts'
import { failure } from '../expect-error.ts'
import { temporaryFolder } from '../temporary.ts'

const run = promisify(execFile)
const hasTar = await run('tar', ['--version']).then(
  () => true,
  () => false,
)

/** A layout with an image and a signature, in a directory. */
async function layoutIn(folder: string, layerBytes = 3000) {
  const image = madeImage(layerBytes)
  const signature = madeSignature(image.image.descriptor)
  const path = join(folder, 'layout')
  const store = layoutDirectory(path, { create: true })
  await pushImage(store, image, 'v1')
  await pushImage(store, signature)
  return { path, image, signature }
}

async function entriesOf(layout: string): Promise<TarEntry[]> {
  const entries: TarEntry[] = []
  for (const file of await readdir(layout, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const path = join(file.parentPath, file.name)
    const body = await readFile(path)
    entries.push({ header: { name: path.slice(layout.length + 1), size: body.byteLength }, body })
  }
  return entries
}

describe('archives of GNU tar', () => {
  beforeEach(({ skip }) => skip(!hasTar, 'no GNU tar on PATH'))

  test.each([
    ['gnu', []],
    ['ustar', []],
    ['pax', []],
    ['v7', []],
    ['gnu', ['--gzip']],
    ['pax', ['--gzip']],
  ] as const)('in the format %s with %j are read', async (format, options) => {
    await using folder = await temporaryFolder()
    const { path, image, signature } = await layoutIn(folder.path, 500_000)
    const archive = join(folder.path, 'a.tar')
    // SHA-512 needs a name of more than 100 characters, which these two do not have.
    const long = made(
      'application/octet-stream',
      randomBytes(700),
      ['v7', 'ustar'].includes(format) ? 'sha256' : 'sha512',
    )
    await layoutDirectory(path).push(long.descriptor, long.bytes)
    await run('tar', ['-C', path, `--format=${format}`, ...options, '-cf', archive, '.'])
    const store = layoutArchive(archive)
    expect(await store.resolve('v1')).toEqual(image.image.descriptor)
    for (const { descriptor, bytes } of [image.image, ...image.blobs, ...signature.blobs, long]) {
      expect(await store.exists(descriptor)).toBe(true)
      expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
    }
    const found = await list(store.referrers(image.image.descriptor))
    expect(found.map(({ digest }) => digest)).toEqual([signature.image.descriptor.digest])
    expect(await soleTarget(store)).toEqual(image.image.descriptor)
  })

  test('what we write, GNU tar unpacks into the same layout', async () => {
    await using folder = await temporaryFolder()
    for (const name of ['a.tar', 'a.tar.gz']) {
      const archive = join(folder.path, name)
      const image = madeImage(200_000)
      await pushImage(layoutArchive(archive, { create: true }), image, 'v1')
      const long = made('application/octet-stream', randomBytes(5_000_000), 'sha512')
      await layoutArchive(archive).push(long.descriptor, pieces(long.bytes, 65_536))
      const signature = madeSignature(image.image.descriptor)
      const store = layoutArchive(archive)
      await store.push(long.descriptor, pieces(long.bytes, 65_536))
      await pushImage(store, signature)
      const path = join(folder.path, `unpacked-${name}`)
      await mkdir(path)
      await run('tar', ['-C', path, '-xf', archive])
      const unpacked = layoutDirectory(path)
      expect(await unpacked.resolve('v1')).toEqual(image.image.descriptor)
      for (const { descriptor, bytes } of [image.image, ...image.blobs, signature.image, long]) {
        expect(await collect(unpacked.fetch(descriptor))).toEqual(Buffer.from(bytes))
      }
      expect(await readdir(folder.path)).not.toContainEqual(expect.stringMatching(/tmp|lock/))
    }
  })
})

describe('a signature pushed into an archive', () => {
  test('leaves everything else as it was, and the mode too', async () => {
    await using folder = await temporaryFolder()
    const { path, image } = await layoutIn(folder.path)
    const archive = join(folder.path, 'a.tar')
    const foreign = { header: { name: 'manifest.json', size: 2 }, body: '[]' }
    await writeFile(archive, await packTar([...(await entriesOf(path)), foreign]))
    await chmod(archive, 0o640)
    const signature = madeSignature(image.image.descriptor)
    await pushImage(layoutArchive(archive), signature)
    expect((await stat(archive)).mode & 0o777).toBe(0o640)
    expect(await list(layoutArchive(archive).referrers(image.image.descriptor))).toHaveLength(2)
    const bytes = await readFile(archive)
    expect(bytes.includes('manifest.json')).toBe(true)
  })

  test('does not rewrite what is there already', async () => {
    await using folder = await temporaryFolder()
    const archive = join(folder.path, 'a.tar')
    const image = madeImage()
    const signature = madeSignature(image.image.descriptor)
    const store = layoutArchive(archive, { create: true })
    await pushImage(store, image, 'v1')
    await pushImage(store, signature)
    const { ino } = await stat(archive)
    await pushImage(layoutArchive(archive), signature)
    await pushImage(store, image, 'v1')
    expect((await stat(archive)).ino).toBe(ino)
  })

  test('is refused, and nothing changed, when the archive is damaged', async () => {
    await using folder = await temporaryFolder()
    const { path, image } = await layoutIn(folder.path)
    const archive = join(folder.path, 'a.tar')
    const entries = await entriesOf(path)
    const layer = entries.find(({ header }) => header.size === 3000)!
    await writeFile(
      archive,
      await packTar([...entries.filter(entry => entry !== layer), { ...layer, body: Buffer.alloc(3000) }]),
    )
    const before = await readFile(archive)
    await failure('INTEGRITY', () => pushImage(layoutArchive(archive), madeSignature(image.image.descriptor)))
    expect((await readFile(archive)).equals(before)).toBe(true)
    expect(await readdir(folder.path)).not.toContainEqual(expect.stringMatching(/tmp|lock/))
  })
})

describe('an archive that another program would read otherwise is refused', () => {
  const SHA = 'a'.repeat(64)
  const file = (name: string, body = 'x'): TarEntry => ({ header: { name, size: body.length }, body })
  test.each<[string, TarEntry, string]>([
    ['leads out', file('../escape'), 'leads out'],
    ['leads out deeper', file('blobs/../../escape'), 'leads out'],
    ['is absolute', file('/etc/passwd'), 'leads out'],
    ['has a backslash', file('blobs\\x'), 'leads out'],
    ['has a control character', file('blobs/\u0007'), 'leads out'],
    ['comes twice', file('index.json', '{}'), 'comes twice'],
    ['comes twice by another spelling', file('./index.json', '{}'), 'comes twice'],
    [
      'is a symbolic link',
      { header: { name: `blobs/sha256/${SHA}`, size: 0, type: 'symlink', linkname: '/etc/passwd' } },
      'a link',
    ],
    [
      'is a hard link',
      { header: { name: `blobs/sha256/${SHA}`, size: 0, type: 'link', linkname: 'index.json' } },
      'a link',
    ],
    ['is a pipe', { header: { name: 'pipe', size: 0, type: 'fifo' } }, 'no regular file'],
    ['is a device', { header: { name: 'device', size: 0, type: 'character-device' } }, 'no regular file'],
  ])('because an entry %s', async (_, entry, why) => {
    await using folder = await temporaryFolder()
    const { path, image } = await layoutIn(folder.path)
    const archive = join(folder.path, 'a.tar')
    for (const bytes of [
      await packTar([...(await entriesOf(path)), entry]),
      await packTar([entry, ...(await entriesOf(path))]),
    ]) {
      for (const content of [bytes, gzipSync(bytes)]) {
        await writeFile(archive, content)
        const error = await failure('VALIDATION', () => layoutArchive(archive).resolve('v1'))
        expect(error.why).toContain(why)
        await failure('VALIDATION', () =>
          pushImage(layoutArchive(archive), madeSignature(image.image.descriptor)),
        )
      }
    }
  })

  test('because it is cut off, anywhere', async () => {
    await using folder = await temporaryFolder()
    const { path } = await layoutIn(folder.path)
    const archive = join(folder.path, 'a.tar')
    const bytes = Buffer.from(await packTar(await entriesOf(path)))
    const zipped = gzipSync(bytes)
    // An end is two blocks of zeros; one of them is not enough.
    for (const length of [
      1,
      511,
      512,
      700,
      5000,
      bytes.byteLength - 1024,
      bytes.byteLength - 513,
      bytes.byteLength - 512,
    ]) {
      await writeFile(archive, bytes.subarray(0, length))
      expect((await failure('VALIDATION', () => layoutArchive(archive).resolve('v1'))).why).toContain(
        'too early',
      )
    }
    for (const length of [3, 20, 700, zipped.byteLength - 9, zipped.byteLength - 1]) {
      await writeFile(archive, zipped.subarray(0, length))
      await failure('VALIDATION', () => layoutArchive(archive).resolve('v1'))
    }
  })

  test('because something follows its end', async () => {
    await using folder = await temporaryFolder()
    const { path } = await layoutIn(folder.path)
    const archive = join(folder.path, 'a.tar')
    const bytes = await packTar(await entriesOf(path))
    for (const tail of [bytes, Buffer.alloc(2 * 1024 * 1024), Buffer.from('x')]) {
      await writeFile(archive, Buffer.concat([bytes, tail]))
      await failure('VALIDATION', () => layoutArchive(archive).resolve('v1'))
    }
    await writeFile(archive, Buffer.concat([bytes, Buffer.alloc(8 * 1024)]))
    await layoutArchive(archive).resolve('v1')
  })

  test('because a header does not add up, or a number is none', async () => {
    await using folder = await temporaryFolder()
    const { path } = await layoutIn(folder.path)
    const archive = join(folder.path, 'a.tar')
    const bytes = Buffer.from(await packTar(await entriesOf(path)))
    for (const [offset, value] of [
      [0, 0x58],
      [124, 0x39],
      [124, 0xff],
      [148, 0x41],
    ] as const) {
      const damaged = Buffer.from(bytes)
      damaged[offset] = value
      await writeFile(archive, damaged)
      await failure('VALIDATION', () => layoutArchive(archive).resolve('v1'))
    }
  })

  test('because it expands out of proportion, in bounded time and memory', async () => {
    await using folder = await temporaryFolder()
    const archive = join(folder.path, 'bomb.tar.gz')
    await writeFile(archive, gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 }))
    const tall = await packTar([
      { header: { name: 'oci-layout', size: 200 * 1024 * 1024 }, body: Buffer.alloc(200 * 1024 * 1024) },
    ])
    for (const content of [gzipSync(Buffer.alloc(1024)), gzipSync(tall)]) {
      await writeFile(archive, content)
      const before = process.threadCpuUsage()
      await failure(content.byteLength < 100 ? 'NOT_FOUND' : 'VALIDATION', () =>
        layoutArchive(archive).resolve('v1'),
      )
      expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(5000)
    }
  })

  test('because it is not an archive', async () => {
    await using folder = await temporaryFolder()
    const archive = join(folder.path, 'a.tar')
    await failure('NOT_FOUND', () => layoutArchive(archive).resolve('v1'))
    await failure('VALIDATION', () => layoutArchive(folder.path).resolve('v1'))
    for (const [content, code] of [
      [Buffer.alloc(0), 'VALIDATION'],
      [Buffer.from('PK\u0003\u0004 a zip'), 'VALIDATION'],
      [randomBytes(2000), 'VALIDATION'],
      [Buffer.from('28b52ffd00000000', 'hex'), 'UNSUPPORTED'],
      [await packTar([file('thesis.txt')]), 'NOT_FOUND'],
      [await packTar([file('oci-layout', '{"imageLayoutVersion":"9.0.0"}')]), 'UNSUPPORTED'],
    ] as const) {
      await writeFile(archive, content)
      await failure(code, () => layoutArchive(archive).resolve('v1'))
    }
  })

  test('and no mutation of one crashes, hangs, or changes what is read', async () => {
    await using folder = await temporaryFolder()
    const { path, image } = await layoutIn(folder.path)
    const archive = join(folder.path, 'a.tar')
    const bytes = Buffer.from(await packTar(await entriesOf(path)))
    const expected = image.image.descriptor
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.byteLength - 1), fc.nat(255), fc.nat(600), async (at, value, cut) => {
        const mutated = Buffer.from(bytes)
        mutated[at] = value
        const content = cut > 590 ? mutated.subarray(0, at) : mutated
        await writeFile(archive, content)
        const store = layoutArchive(archive)
        try {
          const descriptor = await store.resolve('v1')
          const read = await collect(store.fetch(descriptor))
          expect(createHash('sha256').update(read).digest('hex')).toBe(
            descriptor.digest.slice('sha256:'.length),
          )
          if (descriptor.digest === expected.digest) expect(read).toEqual(Buffer.from(image.image.bytes))
        } catch (error) {
          expect(error).toMatchObject({
            code: expect.stringMatching(/^(?:VALIDATION|INTEGRITY|NOT_FOUND|UNSUPPORTED)$/),
          })
        }
      }),
      // Each is a file written and read; the headers alone have all their runs in tar-entries.test.ts.
      { numRuns: Math.ceil(numRuns / 100) },
    )
  })
})

test('an archive that is replaced while a blob is read is noticed', async () => {
  await using folder = await temporaryFolder()
  const { path, image } = await layoutIn(folder.path)
  const archive = join(folder.path, 'a.tar')
  await writeFile(archive, await packTar(await entriesOf(path)))
  const store = layoutArchive(archive)
  expect(await store.resolve('v1')).toEqual(image.image.descriptor)
  await pushImage(layoutArchive(archive), madeImage(), 'v2')
  expect(await collect(store.fetch(image.image.descriptor))).toEqual(Buffer.from(image.image.bytes))
  expect((await store.resolve('v2')).digest).not.toBe(image.image.descriptor.digest)
  await copyFile(join(path, 'oci-layout'), archive)
  await failure('VALIDATION', () => store.resolve('v1'))
})

test('a compressed archive is not expanded again for each of its blobs', async () => {
  await using folder = await temporaryFolder()
  const { path } = await layoutIn(folder.path)
  const store = layoutDirectory(path)
  const blobs = Array.from({ length: 48 }, (_, index) =>
    made('application/octet-stream', Buffer.alloc(1.25 * 1024 * 1024, `${index} `)),
  )
  for (const { descriptor, bytes } of blobs) await store.push(descriptor, bytes)
  const archive = join(folder.path, 'a.tgz')
  await writeFile(archive, gzipSync(await packTar(await entriesOf(path))))
  const read = layoutArchive(archive)
  const before = process.cpuUsage()
  await read.resolve('v1')
  const once = process.cpuUsage(before)
  const then = process.cpuUsage()
  for (const { descriptor, bytes } of blobs)
    expect(Buffer.compare(await collect(read.fetch(descriptor)), bytes)).toBe(0)
  const all = process.cpuUsage(then)
  expect((all.user + all.system) / (once.user + once.system)).toBeLessThan(9)
})

test('a large blob is read without being held whole', async () => {
  await using folder = await temporaryFolder()
  const { path } = await layoutIn(folder.path)
  const size = 96 * 1024 * 1024
  const bytes = randomBytes(size)
  const blob = made('application/octet-stream', bytes)
  await layoutDirectory(path).push(blob.descriptor, bytes)
  for (const zip of [false, true]) {
    const archive = join(folder.path, zip ? 'a.tar.gz' : 'a.tar')
    const tar = await packTar(await entriesOf(path))
    await writeFile(archive, zip ? gzipSync(tar, { level: 1 }) : tar)
    let most = 0
    let total = 0
    for await (const chunk of layoutArchive(archive).fetch(blob.descriptor)) {
      total += chunk.byteLength
      most = Math.max(most, chunk.byteLength)
    }
    expect(total).toBe(size)
    expect(most).toBeLessThanOrEqual(256 * 1024)
  }
})

describe('spool', () => {
  test('keeps a stream in a private file for as long as it is needed', async () => {
    await using folder = await temporaryFolder()
    const { path, image } = await layoutIn(folder.path)
    const bytes = Buffer.from(await packTar(await entriesOf(path)))
    let kept: string
    {
      await using spooled = await spool(pieces(bytes))
      kept = spooled.path
      if (process.platform !== 'win32') expect((await stat(kept)).mode & 0o077).toBe(0)
      expect(await layoutArchive(kept).resolve('v1')).toEqual(image.image.descriptor)
    }
    await expect(stat(kept)).rejects.toThrow()
  })

  test('takes no more than it was told, and leaves nothing', async () => {
    await failure('VALIDATION', () => spool(pieces(Buffer.alloc(5000)), { maxBytes: 4999 }))
    await failure('ABORTED', () => spool(pieces(Buffer.alloc(5000)), { signal: AbortSignal.abort() }))
  })
})

test('copies of one archive do not disturb each other', async () => {
  await using folder = await temporaryFolder()
  const { path, image } = await layoutIn(folder.path)
  const archive = join(folder.path, 'a.tar')
  await writeFile(archive, await packTar(await entriesOf(path)))
  await cp(archive, join(folder.path, 'b.tar'))
  await pushImage(layoutArchive(archive), madeSignature(image.image.descriptor))
  expect(
    await list(layoutArchive(join(folder.path, 'b.tar')).referrers(image.image.descriptor)),
  ).toHaveLength(1)
})
