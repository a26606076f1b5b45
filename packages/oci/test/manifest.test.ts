import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { artifactTypeOf, emptyConfig, formatManifest, type Manifest, parseManifest } from '../src/index.ts'
import { INDEX, MANIFEST, madeImage, madeSignature, SIGNATURE } from './artifacts.ts'
import { failure } from './expect-error.ts'

const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const ARTIFACT = 'application/vnd.oci.artifact.manifest.v1+json'
const DESCRIPTOR = { mediaType: 'application/octet-stream', digest: `sha256:${'0'.repeat(64)}`, size: 1 }

const bytesOf = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

describe('parseManifest', () => {
  test('reads an image manifest and keeps its bytes', () => {
    const { image } = madeImage()
    const manifest = parseManifest(image.bytes, MANIFEST)
    expect(manifest.kind).toBe('image')
    expect(manifest.raw).toBe(image.bytes)
  })

  test('knows the type of a signature in both forms', () => {
    for (const form of ['config-type', 'artifact-type'] as const) {
      const { image } = madeSignature(DESCRIPTOR, form)
      const manifest = parseManifest(image.bytes, MANIFEST)
      expect(artifactTypeOf(manifest)).toBe(SIGNATURE)
      expect(manifest.subject).toEqual(DESCRIPTOR)
    }
  })

  test.each([
    [
      'an index',
      {
        schemaVersion: 2,
        mediaType: INDEX,
        manifests: [
          {
            ...DESCRIPTOR,
            platform: {
              os: 'linux',
              architecture: 'arm',
              variant: 'v7',
              'os.version': '1',
              'os.features': ['a'],
            },
          },
        ],
      },
      'index',
    ],
    ["Go's empty index", { schemaVersion: 2, mediaType: INDEX, manifests: null }, 'index'],
    ['a Docker manifest', { schemaVersion: 2, mediaType: DOCKER, config: DESCRIPTOR, layers: [] }, 'image'],
    ['a Docker list', { schemaVersion: 2, mediaType: DOCKER_LIST, manifests: [] }, 'index'],
    [
      'an artifact manifest',
      { mediaType: ARTIFACT, artifactType: SIGNATURE, blobs: [DESCRIPTOR], subject: DESCRIPTOR },
      'artifact',
    ],
    ['an artifact manifest without blobs', { mediaType: ARTIFACT, artifactType: SIGNATURE }, 'artifact'],
    ['a manifest that does not name itself', { schemaVersion: 2, config: DESCRIPTOR, layers: [] }, 'image'],
    ['an index that does not name itself', { schemaVersion: 2, manifests: [] }, 'index'],
    [
      'unknown members',
      { schemaVersion: 2, mediaType: MANIFEST, config: { ...DESCRIPTOR, x: 1 }, layers: [], x: { y: [] } },
      'image',
    ],
    [
      'null for what is not set, as programs in Go write it',
      {
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { ...DESCRIPTOR, platform: null, annotations: null, urls: null },
        layers: null,
        subject: null,
        annotations: null,
        artifactType: null,
      },
      'image',
    ],
    ['inlined content', { schemaVersion: 2, mediaType: MANIFEST, config: emptyConfig, layers: [] }, 'image'],
  ])('reads %s', (_, value, kind) => {
    expect(parseManifest(bytesOf(value)).kind).toBe(kind)
  })

  const good = { schemaVersion: 2, mediaType: MANIFEST, config: DESCRIPTOR, layers: [] }
  test.each<[string, unknown, string?]>([
    ['no JSON', 'hello'],
    ['an array', []],
    ['nothing', ''],
    ['text after the end', `${JSON.stringify(good)} {}`],
    [
      'a member twice',
      `{"schemaVersion":2,"mediaType":"${MANIFEST}","config":${JSON.stringify(DESCRIPTOR)},"layers":[],"layers":[]}`,
    ],
    ['another type than it is stored under', good, INDEX],
    ['an unknown type', { ...good, mediaType: 'application/vnd.docker.distribution.manifest.v1+json' }],
    ['a type that is none', { ...good, mediaType: 'manifest' }],
    ['a Docker manifest that does not say so', { schemaVersion: 2, config: DESCRIPTOR, layers: [] }, DOCKER],
    ['schema version 1', { ...good, schemaVersion: 1 }],
    ['no schema version', { ...good, schemaVersion: undefined }],
    ['a manifest that is an index too', { ...good, manifests: [] }],
    ['an index that is a manifest too', { schemaVersion: 2, mediaType: INDEX, manifests: [], layers: [] }],
    ['no config', { ...good, config: undefined }],
    ['no layers', { ...good, layers: undefined }],
    ['a negative size', { ...good, config: { ...DESCRIPTOR, size: -1 } }],
    ['a size beyond counting', { ...good, config: { ...DESCRIPTOR, size: 2 ** 53 } }],
    ['half a byte', { ...good, config: { ...DESCRIPTOR, size: 0.5 } }],
    ['a size as text', { ...good, config: { ...DESCRIPTOR, size: '1' } }],
    ['a digest of an unknown kind', { ...good, config: { ...DESCRIPTOR, digest: 'md5:00' } }],
    ['a subject without a digest', { ...good, subject: { mediaType: MANIFEST, size: 1 } }],
    ['annotations that are no text', { ...good, annotations: { a: 1 } }],
    ['content inlined that is other content', { ...good, config: { ...emptyConfig, data: 'e31=' } }],
    ['content inlined that is another size', { ...good, config: { ...emptyConfig, size: 3 } }],
    ['an artifactType that is none', { ...good, artifactType: 'x' }],
  ])('refuses %s', async (_, value, mediaType) => {
    await failure('VALIDATION', () => parseManifest(bytesOf(value), mediaType))
  })

  test('refuses in bounded time and memory what is too large or too deep', async () => {
    const before = process.threadCpuUsage()
    await failure('VALIDATION', () => parseManifest(Buffer.alloc(4 * 1024 * 1024 + 1, ' ')))
    await failure('VALIDATION', () =>
      parseManifest(bytesOf(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`)),
    )
    await failure('VALIDATION', () => parseManifest(bytesOf(`{"a":${'{"a":'.repeat(20_000)}`)))
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(1000)
  })

  const mediaType = fc.constantFrom(
    'application/octet-stream',
    SIGNATURE,
    'text/plain; charset=utf-8',
    MANIFEST,
  )
  const annotations = fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' }), { maxKeys: 3 })
  const descriptor = fc.record(
    {
      mediaType,
      digest: fc.constantFrom(`sha256:${'1'.repeat(64)}`, `sha512:${'a'.repeat(128)}`),
      size: fc.nat(),
      artifactType: mediaType,
      annotations,
      urls: fc.array(fc.webUrl(), { maxLength: 2 }),
      platform: fc.record(
        { os: fc.string(), architecture: fc.string(), variant: fc.string() },
        { requiredKeys: ['os', 'architecture'] },
      ),
    },
    { requiredKeys: ['mediaType', 'digest', 'size'] },
  )
  const common = { artifactType: mediaType, subject: descriptor, annotations }
  const list = fc.array(descriptor, { maxLength: 3 })
  const document = fc.oneof(
    fc.record(
      {
        schemaVersion: fc.constant(2),
        mediaType: fc.constantFrom(MANIFEST, DOCKER),
        config: descriptor,
        layers: list,
        ...common,
      },
      { requiredKeys: ['schemaVersion', 'mediaType', 'config', 'layers'] },
    ),
    fc.record(
      {
        schemaVersion: fc.constant(2),
        mediaType: fc.constantFrom(INDEX, DOCKER_LIST),
        manifests: list,
        ...common,
      },
      { requiredKeys: ['schemaVersion', 'mediaType', 'manifests'] },
    ),
    fc.record(
      { mediaType: fc.constant(ARTIFACT), blobs: list, ...common },
      { requiredKeys: ['mediaType', 'blobs'] },
    ),
  )

  const again = (manifest: Manifest) => {
    const printed = formatManifest(manifest)
    const { raw: _, ...members } = manifest
    const { raw, ...reread } = parseManifest(printed, manifest.mediaType)
    expect(reread).toEqual(members)
    expect(Buffer.from(formatManifest({ ...reread, raw } as Manifest))).toEqual(Buffer.from(printed))
  }

  test('read, printed and read again it is the same', () => {
    fc.assert(
      fc.property(document, value => again(parseManifest(bytesOf(value)))),
      { numRuns },
    )
  })

  test('a mutated one is read or refused, and nothing else', () => {
    const mutated = fc
      .tuple(
        document,
        fc.nat(),
        fc.nat(4),
        fc.oneof(
          fc.constantFrom('"', '{', '}', '[', ',', ':', '\\u0000', '1e9', 'null', '"mediaType":"x",'),
          fc.string({ maxLength: 4, unit: 'binary' }),
        ),
      )
      .map(([value, at, remove, insert]) => {
        const text = JSON.stringify(value)
        const start = at % (text.length + 1)
        return Buffer.from(text.slice(0, start) + insert + text.slice(start + remove))
      })
    fc.assert(
      fc.property(mutated, bytes => {
        let manifest: Manifest
        try {
          manifest = parseManifest(bytes)
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION' })
          return
        }
        expect(manifest.raw).toBe(bytes)
        again(manifest)
      }),
      { numRuns },
    )
  })
})
