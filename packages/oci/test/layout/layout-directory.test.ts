import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  access,
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { layoutDirectory, readManifest, referrersTag } from '../../src/index.ts'
import { IndexDocument } from '../../src/layout/index-document.ts'
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
  SIGNATURE,
} from '../artifacts.ts'
import { failure } from '../expect-error.ts'
import { temporaryFolder } from '../temporary.ts'

interface Listed {
  readonly digest: string
  readonly annotations?: Readonly<Record<string, string>>
}

const REF_NAME = 'org.opencontainers.image.ref.name'
const run = promisify(execFile)

const open = (path: string) => layoutDirectory(path, { create: true })
const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'))
const blobFile = (layout: string, digest: string) => join(layout, 'blobs', ...digest.split(':'))

describe('referrers in a layout with something listed that is not what it says it is', () => {
  const signed = async (path: string) => {
    const store = open(path)
    const image = await pushImage(store, madeImage(), 'v1')
    const signature = await pushImage(store, madeSignature(image))
    return { store, image, signature }
  }

  test('are given, and what is not a manifest is told', async () => {
    await using folder = await temporaryFolder()
    const { image, signature } = await signed(folder.path)
    const junk = made(MANIFEST, 'no manifest')
    const index = await readJson(join(folder.path, 'index.json'))
    await writeFile(blobFile(folder.path, junk.descriptor.digest), junk.bytes)
    index.manifests.unshift(junk.descriptor)
    await writeFile(join(folder.path, 'index.json'), JSON.stringify(index))
    const warnings: string[] = []
    const store = layoutDirectory(folder.path, { onWarning: text => warnings.push(text) })
    for (let run = 0; run < 2; run++) {
      const found = await list(store.referrers(image))
      expect(found.map(({ digest }) => digest)).toEqual([signature.digest])
    }
    expect(warnings).toEqual([expect.stringContaining(`${junk.descriptor.digest} in oci:`)])
  })

  test('are not those that name the subject by another size', async () => {
    await using folder = await temporaryFolder()
    const { store, image, signature } = await signed(folder.path)
    await pushImage(store, madeSignature({ ...image, size: image.size - 1 }))
    const found = await list(layoutDirectory(folder.path).referrers(image))
    expect(found.map(({ digest }) => digest)).toEqual([signature.digest])
  })

  test('are not looked for where the subject itself is stored with another size', async () => {
    await using folder = await temporaryFolder()
    const { image } = await signed(folder.path)
    const listed = { ...image, size: image.size - 1 }
    await failure('INTEGRITY', () => list(layoutDirectory(folder.path).referrers(listed)))
  })
})

describe('the files of a layout', () => {
  test('are those of image-layout.md', async () => {
    await using folder = await temporaryFolder()
    const store = open(folder.path)
    const image = await pushImage(store, madeImage(), 'v1')
    expect((await readdir(folder.path)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    expect(await readJson(join(folder.path, 'oci-layout'))).toEqual({ imageLayoutVersion: '1.0.0' })
    expect(await readJson(join(folder.path, 'index.json'))).toEqual({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [{ ...image, annotations: { [REF_NAME]: 'v1' } }],
    })
    expect(await readdir(join(folder.path, 'blobs'))).toEqual(['sha256'])
    expect(await readdir(join(folder.path, 'blobs', 'sha256'))).toHaveLength(3)
  })

  test('list a referrer without a name, and in the fallback index of its subject', async () => {
    await using folder = await temporaryFolder()
    const store = open(folder.path)
    const image = await pushImage(store, madeImage(), 'v1')
    const signatures = [madeSignature(image), madeSignature(image)]
    for (const signature of signatures) await pushImage(store, signature)
    const manifests: Listed[] = (await readJson(join(folder.path, 'index.json'))).manifests
    const tag = referrersTag(image.digest)
    const fallback = manifests.find(entry => entry.annotations?.[REF_NAME] === tag)!
    const descriptors = signatures.map(signature => signature.image.descriptor)
    expect(manifests).toHaveLength(4)
    for (const entry of [{ ...image, annotations: { [REF_NAME]: 'v1' } }, ...descriptors]) {
      expect(manifests).toContainEqual(entry)
    }
    const index = await readJson(blobFile(folder.path, fallback.digest))
    expect(
      index.manifests.map((entry: { digest: string; artifactType: string }) => [
        entry.digest,
        entry.artifactType,
      ]),
    ).toEqual(descriptors.map(({ digest }) => [digest, SIGNATURE]))
    // The list before the last is gone: image (3), signatures (config shared: 1 + 2 + 2), one list.
    expect(await readdir(join(folder.path, 'blobs', 'sha256'))).toHaveLength(3 + 5 + 1)
  })

  test('keep what other programs wrote into index.json', async () => {
    await using folder = await temporaryFolder()
    const store = open(folder.path)
    const image = await pushImage(store, madeImage(), 'v1')
    const path = join(folder.path, 'index.json')
    const index = await readJson(path)
    index.manifests[0].platform = { os: 'linux', architecture: 'arm64' }
    index.manifests[0].annotations['com.example'] = 'kept'
    await writeFile(path, JSON.stringify({ ...index, annotations: { a: 'b' }, unknown: [1] }))
    await pushImage(store, madeSignature(image))
    const after = await readJson(path)
    expect(after).toMatchObject({ annotations: { a: 'b' }, unknown: [1] })
    expect(after.manifests[0]).toEqual(index.manifests[0])
  })
})

describe('a directory that is not a layout', () => {
  test('is NOT_FOUND, to read and to write, unless it may be made', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'x')
    const blob = made('application/octet-stream', 'x')
    await failure('NOT_FOUND', () => layoutDirectory(path).resolve('v1'))
    await failure('NOT_FOUND', () => layoutDirectory(path).push(blob.descriptor, blob.bytes))
    await failure('NOT_FOUND', () => open(path).resolve('v1'))
    await expect(access(path)).rejects.toThrow()
  })

  test('is never made where something else lies', async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'thesis.txt'), '')
    const blob = made('application/octet-stream', 'x')
    await failure('VALIDATION', () => open(folder.path).push(blob.descriptor, blob.bytes))
    expect(await readdir(folder.path)).toEqual(['thesis.txt'])
  })

  test.each([
    ['{"imageLayoutVersion":"2.0.0"}', 'UNSUPPORTED'],
    ['{}', 'UNSUPPORTED'],
    ['not json', 'VALIDATION'],
  ] as const)('because oci-layout says %s', async (text, code) => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, 'oci-layout'), text)
    await failure(code, () => open(folder.path).resolve('v1'))
  })

  test.each([
    'not json',
    '[]',
    '{"schemaVersion":1}',
    '{"schemaVersion":2,"manifests":{}}',
    `{"schemaVersion":2,"mediaType":"${MANIFEST}","manifests":[]}`,
    '{"schemaVersion":2,"manifests":[],"manifests":[]}',
  ])('because index.json says %s', async text => {
    await using folder = await temporaryFolder()
    const image = await pushImage(open(folder.path), madeImage(), 'v1')
    await writeFile(join(folder.path, 'index.json'), text)
    await failure('VALIDATION', () => open(folder.path).resolve('v1'))
    await failure('VALIDATION', () => pushImage(open(folder.path), madeSignature(image)))
    expect(await readFile(join(folder.path, 'index.json'), 'utf8')).toBe(text)
  })
})

test('an entry whose digest leads out of the layout is skipped, told, and kept', async () => {
  await using folder = await temporaryFolder()
  const image = await pushImage(open(folder.path), madeImage(), 'v1')
  const entry = '{"mediaType":"a/b","digest":"sha256:../../x","size":1}'
  await writeFile(join(folder.path, 'index.json'), `{"schemaVersion":2,"manifests":[${entry}]}`)
  const warnings: string[] = []
  const store = layoutDirectory(folder.path, { onWarning: text => warnings.push(text) })
  await failure('NOT_FOUND', () => store.resolve('v1'))
  expect(warnings).toEqual([expect.stringContaining('manifests[0].digest')])
  await pushImage(store, madeSignature(image))
  expect(await readFile(join(folder.path, 'index.json'), 'utf8')).toContain(entry)
})

describe('what is damaged on disk', () => {
  test('is INTEGRITY when it is read, and is replaced when it is pushed again', async () => {
    await using folder = await temporaryFolder()
    const store = open(folder.path)
    const image = madeImage()
    await pushImage(store, image, 'v1')
    for (const { descriptor, bytes } of [...image.blobs, image.image]) {
      const file = blobFile(folder.path, descriptor.digest)
      const damaged = Buffer.from(bytes)
      damaged[3]! ^= 1
      for (const content of [damaged, bytes.subarray(1), Buffer.concat([bytes, bytes]), Buffer.alloc(0)]) {
        await writeFile(file, content)
        await failure('INTEGRITY', () => collect(store.fetch(descriptor)))
        await store.push(descriptor, bytes)
        expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
      }
    }
  })

  test('makes no absence of a referrer', async () => {
    await using folder = await temporaryFolder()
    const store = open(folder.path)
    const image = await pushImage(store, madeImage(), 'v1')
    const signature = madeSignature(image)
    await pushImage(store, signature)
    await appendFile(blobFile(folder.path, signature.image.descriptor.digest), ' ')
    const found = await list(open(folder.path).referrers(image))
    expect(found).toMatchObject([{ digest: signature.image.descriptor.digest }])
    await failure('INTEGRITY', () => readManifest(store, found[0]!))
  })

  test('a manifest that is listed and not there is no referrer, and no obstacle', async () => {
    await using folder = await temporaryFolder()
    const store = open(folder.path)
    const image = await pushImage(store, madeImage(), 'v1')
    const [gone, kept] = [madeSignature(image), madeSignature(image)]
    await pushImage(store, gone)
    await pushImage(store, kept)
    await rm(blobFile(folder.path, gone.image.descriptor.digest))
    const found = await list(store.referrers(image))
    expect(found.map(({ digest }) => digest)).toEqual([kept.image.descriptor.digest])
  })

  test('a tag that is there twice is refused by name', async () => {
    await using folder = await temporaryFolder()
    const store = open(folder.path)
    const [one, two] = [await pushImage(store, madeImage()), await pushImage(store, madeImage())]
    const annotations = { [REF_NAME]: 'latest' }
    const index = madeJson(INDEX, {
      manifests: [
        { ...one, annotations },
        { ...two, annotations },
      ],
    })
    await writeFile(join(folder.path, 'index.json'), index.bytes)
    const error = await failure('VALIDATION', () => store.resolve('latest'))
    expect(error.why).toContain(two.digest)
  })
})

test('referrers are found in the layouts of others', async () => {
  await using folder = await temporaryFolder()
  const store = open(folder.path)
  const image = await pushImage(store, madeImage(), 'v1')
  const [listed, inFallback, ofOther] = [
    madeSignature(image),
    madeSignature(image, 'artifact-type'),
    madeSignature({ ...image, mediaType: INDEX }),
  ]
  for (const signature of [listed, inFallback, ofOther]) await pushImage(store, signature)
  const fallback = madeJson(INDEX, { manifests: [inFallback.image.descriptor] })
  await store.push(fallback.descriptor, fallback.bytes)
  // oras lists every manifest and knows no fallback; regclient has the fallback only.
  await writeFile(
    join(folder.path, 'index.json'),
    madeJson(INDEX, {
      manifests: [
        { ...image, annotations: { [REF_NAME]: 'v1' } },
        listed.image.descriptor,
        ofOther.image.descriptor,
        { ...fallback.descriptor, annotations: { [REF_NAME]: referrersTag(image.digest) } },
      ],
    }).bytes,
  )
  const found = await list(store.referrers(image, { artifactType: SIGNATURE }))
  expect(found.map(({ digest }) => digest)).toEqual([
    listed.image.descriptor.digest,
    inFallback.image.descriptor.digest,
  ])
})

describe('links and other things that are not files', () => {
  beforeEach(({ skip }) => skip(process.platform === 'win32', 'it needs a POSIX system'))

  test('a linked blob is read, and never written through', async () => {
    await using folder = await temporaryFolder()
    const layout = join(folder.path, 'layout')
    const image = madeImage()
    await pushImage(open(layout), image, 'v1')
    const { descriptor, bytes } = image.blobs[1]!
    const file = blobFile(layout, descriptor.digest)
    const elsewhere = join(folder.path, 'elsewhere')
    await rename(file, elsewhere)
    await symlink(elsewhere, file)
    expect(await collect(open(layout).fetch(descriptor))).toEqual(Buffer.from(bytes))
    await writeFile(elsewhere, 'precious')
    await failure('INTEGRITY', () => collect(open(layout).fetch(descriptor)))
    await open(layout).push(descriptor, bytes)
    expect(await readFile(elsewhere, 'utf8')).toBe('precious')
    expect(await collect(open(layout).fetch(descriptor))).toEqual(Buffer.from(bytes))
  })

  test('nothing is written into a linked directory', async () => {
    await using folder = await temporaryFolder()
    for (const name of ['blobs', 'blobs/sha256']) {
      const layout = join(folder.path, `layout-${name.length}`)
      await pushImage(open(layout), madeImage(), 'v1')
      const elsewhere = join(folder.path, `elsewhere-${name.length}`)
      await rename(join(layout, name), elsewhere)
      await symlink(elsewhere, join(layout, name))
      const before = await readdir(elsewhere)
      const blob = made('application/octet-stream', randomBytes(9))
      const error = await failure('VALIDATION', () => open(layout).push(blob.descriptor, blob.bytes))
      expect(error.why).toContain('symbolic link')
      expect(await readdir(elsewhere)).toEqual(before)
    }
  })

  test('a pipe is refused at once, and so is a directory', async () => {
    await using folder = await temporaryFolder()
    const store = open(folder.path)
    const image = await pushImage(store, madeImage(), 'v1')
    const file = blobFile(folder.path, image.digest)
    await rm(file)
    await run('mkfifo', [file])
    await failure('VALIDATION', () => collect(store.fetch(image)))
    await rm(file)
    await mkdir(file)
    await failure('VALIDATION', () => collect(store.fetch(image)))
    await rm(join(folder.path, 'index.json'))
    await run('mkfifo', [join(folder.path, 'index.json')])
    await failure('VALIDATION', () => store.resolve('v1'))
  })
})

describe('the lock', () => {
  const deadPid = async () => {
    const child = run(process.execPath, ['-e', ''])
    const { pid } = child.child
    await child
    return pid
  }

  test('of a process that was killed is taken away', async () => {
    await using folder = await temporaryFolder()
    const store = open(folder.path)
    const image = await pushImage(store, madeImage(), 'v1')
    const lock = join(folder.path, 'index.json.lock')
    for (const content of [`${'0'.repeat(32)} ${await deadPid()} ${hostname()}\n`, '']) {
      await writeFile(lock, content)
      const signature = madeSignature(image)
      await pushImage(store, signature)
      await expect(access(lock)).rejects.toThrow()
    }
    expect(await list(store.referrers(image))).toHaveLength(2)
  })

  test('of a process that lives is respected', async () => {
    await using folder = await temporaryFolder()
    const store = open(folder.path)
    const image = await pushImage(store, madeImage(), 'v1')
    const lock = join(folder.path, 'index.json.lock')
    await writeFile(lock, `${'0'.repeat(32)} ${process.ppid} ${hostname()}\n`)
    const alive = setInterval(() => utimes(lock, new Date(), new Date()).catch(() => {}), 200)
    try {
      const signal = AbortSignal.timeout(2500)
      const signature = madeSignature(image)
      for (const { descriptor, bytes } of signature.blobs) await store.push(descriptor, bytes)
      const { descriptor, bytes } = signature.image
      await failure('TIMEOUT', () => store.push(descriptor, bytes, { signal }))
      expect((await stat(lock)).isFile()).toBe(true)
      expect(await list(store.referrers(image))).toEqual([])
    } finally {
      clearInterval(alive)
    }
  })
})

test('temporary files of yesterday are swept, those of today are not', async () => {
  await using folder = await temporaryFolder()
  const image = await pushImage(open(folder.path), madeImage(), 'v1')
  const blobs = join(folder.path, 'blobs', 'sha256')
  const [old, recent] = ['1', '2'].map(digit =>
    join(blobs, `.${'0'.repeat(64)}.${digit.repeat(12)}.tmp`),
  ) as [string, string]
  for (const file of [old, recent]) await writeFile(file, 'half')
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000)
  await utimes(old, yesterday, yesterday)
  await pushImage(open(folder.path), madeSignature(image))
  await expect(access(old)).rejects.toThrow()
  await access(recent)
})

describe('index.json', () => {
  test('is read again when another program wrote it in place, to the same length and with its time put back', async () => {
    await using folder = await temporaryFolder()
    await pushImage(open(folder.path), madeImage(), 'v1')
    const path = join(folder.path, 'index.json')
    const store = layoutDirectory(folder.path)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
    try {
      const { digest } = await store.resolve('v1')
      expect((await store.resolve('v1')).digest).toBe(digest)
      const { atime, mtime } = await stat(path)
      await writeFile(path, (await readFile(path, 'utf8')).replace('"v1"', '"v2"'))
      await utimes(path, atime, mtime)
      await expect(store.resolve('v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await store.resolve('v2')).digest).toBe(digest)
    } finally {
      vi.useRealTimers()
    }
  })

  test('is parsed once as long as it says the same', async () => {
    await using folder = await temporaryFolder()
    await pushImage(open(folder.path), madeImage(), 'v1')
    const store = layoutDirectory(folder.path)
    const parse = vi.spyOn(IndexDocument, 'parse')
    try {
      await store.resolve('v1')
      await store.resolve('v1')
      expect(parse).toHaveBeenCalledTimes(1)
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
      await store.resolve('v1')
      await store.resolve('v1')
      expect(parse).toHaveBeenCalledTimes(1)
      await pushImage(open(folder.path), madeImage(), 'v2')
      parse.mockClear()
      await store.resolve('v2')
      expect(parse).toHaveBeenCalledTimes(1)
    } finally {
      vi.useRealTimers()
      parse.mockRestore()
    }
  })
})
