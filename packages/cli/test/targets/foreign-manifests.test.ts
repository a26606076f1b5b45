import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { program } from '../program.ts'
import {
  cosignTag,
  INDEX,
  layoutShelf,
  MANIFEST,
  NOTARY,
  type Put,
  registryShelf,
  type Shelf,
} from '../shelf.ts'

const SPDX = 'application/spdx+json'

/** What somebody else put next to a signed image. */
interface Foreign {
  readonly name: string
  /** Whether it says of itself that it refers to the image, in a way that can be read. */
  readonly refers: boolean
  /** Whether it can be read; those that can are told of nowhere. */
  readonly readable?: boolean
  put(shelf: Shelf, config: Put, layer: Put): Promise<Put>
}

function manifests(): readonly Foreign[] {
  const with_ = (
    name: string,
    change: (good: Record<string, unknown>, shelf: Shelf) => object,
    more = {},
  ): Foreign => ({
    name,
    refers: true,
    put: (shelf, config, layer) => {
      const good = {
        schemaVersion: 2,
        mediaType: MANIFEST,
        artifactType: SPDX,
        config,
        layers: [layer],
        subject: shelf.image,
      }
      return shelf.manifest(change(good, shelf))
    },
    ...more,
  })
  const text = (name: string, content: string, refers = false): Foreign => ({
    name,
    refers,
    put: shelf => shelf.manifest(content),
  })
  const readable = { readable: true }
  const nowhere = { refers: false }
  return [
    with_('null layers', good => ({ ...good, layers: null }), readable),
    with_('no layers', good => ({ ...good, layers: undefined })),
    with_('layers that are an object', good => ({ ...good, layers: {} })),
    with_('null annotations', good => ({ ...good, annotations: null }), readable),
    with_('annotations that are numbers', good => ({ ...good, annotations: { a: 1 } })),
    with_('annotations that are a list', good => ({ ...good, annotations: [] })),
    with_('a null subject', good => ({ ...good, subject: null }), { ...readable, ...nowhere }),
    with_(
      'a subject without a digest',
      good => ({ ...good, subject: { mediaType: MANIFEST, size: 1 } }),
      nowhere,
    ),
    with_('a subject that is text', good => ({ ...good, subject: 'v1' }), nowhere),
    with_('a subject of another size', (good, shelf) => ({ ...good, subject: { ...shelf.image, size: 1 } }), {
      ...readable,
      ...nowhere,
    }),
    with_('an artifactType that is not a media type', good => ({ ...good, artifactType: 'sbom' })),
    with_('an artifactType that is a number', good => ({ ...good, artifactType: 7 })),
    with_('a null artifactType', good => ({ ...good, artifactType: null }), readable),
    with_('no config', good => ({ ...good, config: undefined })),
    with_('a null config', good => ({ ...good, config: null })),
    with_('a config without a size', good => ({
      ...good,
      config: { ...(good.config as object), size: undefined },
    })),
    with_('a layer of no media type', good => ({
      ...good,
      layers: [{ ...(good.config as object), mediaType: 'x' }],
    })),
    with_('a layer of a negative size', good => ({
      ...good,
      layers: [{ ...(good.config as object), size: -1 }],
    })),
    with_('a null layer', good => ({ ...good, layers: [null] })),
    with_(
      'a layer whose platform is null',
      good => ({ ...good, layers: [{ ...(good.config as object), platform: null }] }),
      readable,
    ),
    with_('a layer whose platform is text', good => ({
      ...good,
      layers: [{ ...(good.config as object), platform: 'linux' }],
    })),
    with_(
      'a layer with null urls',
      good => ({ ...good, layers: [{ ...(good.config as object), urls: null }] }),
      readable,
    ),
    with_('a digest in capitals', good => ({
      ...good,
      layers: [{ ...(good.config as object), digest: `sha256:${'A'.repeat(64)}` }],
    })),
    with_('a digest of an unknown algorithm', good => ({
      ...good,
      layers: [{ ...(good.config as object), digest: 'blake3:aa' }],
    })),
    with_('inlined data that is another', good => ({
      ...good,
      config: { ...(good.config as object), data: 'AAAA' },
    })),
    with_('schema version 1', good => ({ ...good, schemaVersion: 1 })),
    with_('no schema version', good => ({ ...good, schemaVersion: undefined })),
    with_('another type than it is listed with', good => ({ ...good, mediaType: INDEX })),
    with_('an unknown media type', good => ({ ...good, mediaType: 'application/vnd.example.v9+json' })),
    with_('a null media type', good => ({ ...good, mediaType: null }), readable),
    with_('members of an index', good => ({ ...good, manifests: [] })),
    with_('members of an artifact manifest', good => ({ ...good, blobs: [] })),
    text('text', 'hello'),
    text('nothing', ''),
    text('a list', '[]'),
    text('a number', '7'),
    text('JSON that ends early', '{"schemaVersion":2,'),
    text('a member twice', `{"schemaVersion":2,"schemaVersion":2,"mediaType":"${MANIFEST}"}`),
    text('bytes that are no UTF-8', '\uFFFD'.repeat(3)),
    text('JSON that is too deep', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`),
    {
      name: 'a manifest of 5 MiB',
      refers: false,
      put: (shelf, config) =>
        shelf.manifest({
          schemaVersion: 2,
          mediaType: MANIFEST,
          config,
          layers: [],
          subject: shelf.image,
          annotations: { a: 'x'.repeat(5 * 1024 * 1024) },
        }),
    },
    {
      name: 'an index with a null platform',
      refers: true,
      readable: true,
      put: shelf =>
        shelf.manifest(
          {
            schemaVersion: 2,
            mediaType: INDEX,
            artifactType: SPDX,
            manifests: [{ ...shelf.image, platform: null, annotations: null }],
            subject: shelf.image,
          },
          undefined,
          INDEX,
        ),
    },
    {
      name: 'an index with a platform of numbers',
      refers: true,
      put: shelf =>
        shelf.manifest(
          {
            schemaVersion: 2,
            mediaType: INDEX,
            artifactType: SPDX,
            manifests: [{ ...shelf.image, platform: { os: 1, architecture: 2 } }],
            subject: shelf.image,
          },
          undefined,
          INDEX,
        ),
    },
    {
      name: 'a signature without layers',
      refers: true,
      readable: true,
      put: (shelf, config) =>
        shelf.manifest({
          schemaVersion: 2,
          mediaType: MANIFEST,
          config: { ...config, mediaType: NOTARY },
          layers: null,
          subject: shelf.image,
        }),
    },
  ]
}

describe('a layout with a manifest that somebody else made', () => {
  it.each(manifests().map(each => [each.name, each] as const))(
    'is used as if it were not there: %s',
    async (_, foreign) => {
      const self = await program()
      const shelf = await layoutShelf(self)
      await self.json(0, ['init', 'me', '--no-passphrase', '--scope', '*'])
      await self.json(0, ['sign', shelf.reference])
      const config = await shelf.blob('application/vnd.oci.empty.v1+json', '{}')
      const layer = await shelf.blob(SPDX, '{"spdxVersion":"SPDX-2.3"}')
      const { digest } = await foreign.put(shelf, config, layer)
      const verified = await self.expect(0, ['verify', shelf.reference])
      const told = !(foreign.readable ?? false)
      if (told) expect(verified.stderr).toContain(digest)
      const listed = await self.json(0, ['list', shelf.reference])
      expect(
        listed.referrers.some(
          (one: { kind: string; fault: null }) => one.kind === 'signature' && one.fault === null,
        ),
      ).toBe(true)
      if (foreign.refers) {
        const node = listed.referrers.find((one: { digest: string }) => one.digest === digest)
        if (told) expect(node.fault).toContain(`${digest} in oci:`)
        else expect(node.fault).toBeNull()
      }
      await self.json(0, ['inspect', shelf.reference])
      await self.json(0, ['sign', '--again', '--format', 'cose', shelf.reference])
      const copied = await self.expect(0, ['copy', shelf.reference, 'oci:copied'])
      if (told) expect(copied.stderr).toContain(digest)
      await self.json(0, ['verify', 'oci:copied:v1'])
      const hex = digest.slice('sha256:'.length)
      const bytes = await readFile(self.path('layout', 'blobs', 'sha256', hex))
      const carried = await readFile(self.path('copied', 'blobs', 'sha256', hex)).catch(() => undefined)
      if (foreign.refers) expect(carried?.equals(bytes)).toBe(true)
      // Without a tag or a digest, what cannot be read is not what is meant.
      if (told) await self.json(0, ['verify', 'oci:layout'])
    },
  )

  it.each<[string, (shelf: Shelf) => object]>([
    ['that is a number', () => 7 as unknown as object],
    ['that is null', () => null as unknown as object],
    ['without a digest', () => ({ mediaType: MANIFEST, size: 1 })],
    ['with annotations that are numbers', shelf => ({ ...shelf.image, annotations: { a: 1 } })],
    ['with a size that is text', shelf => ({ ...shelf.image, size: '1' })],
    ['without a media type', shelf => ({ ...shelf.image, mediaType: undefined })],
  ])('is used as if its index.json had no entry %s', async (_, entry) => {
    const self = await program()
    const shelf = await layoutShelf(self)
    await self.json(0, ['init', 'me', '--no-passphrase', '--scope', '*'])
    await self.json(0, ['sign', shelf.reference])
    const path = self.path('layout', 'index.json')
    const index = JSON.parse(await readFile(path, 'utf8'))
    index.manifests.unshift(entry(shelf))
    await writeFile(path, JSON.stringify(index))
    for (const args of [['verify'], ['list'], ['inspect'], ['sign', '--again', '--format', 'cose']]) {
      const { stderr } = await self.expect(0, [...args, shelf.reference])
      expect(stderr).toContain(`warning: skipped: ${path}: manifests[0]`)
    }
    expect(JSON.parse(await readFile(path, 'utf8')).manifests[0]).toEqual(index.manifests[0] ?? null)
    await self.json(0, ['copy', shelf.reference, 'oci:copied'])
    await self.json(0, ['verify', 'oci:copied:v1'])
  })

  it('is copied but for what is damaged, which is named', async () => {
    const self = await program()
    const shelf = await layoutShelf(self)
    await self.json(0, ['init', 'me', '--no-passphrase', '--scope', '*'])
    await self.json(0, ['sign', shelf.reference])
    await self.json(0, ['sign', '--again', '--format', 'cose', shelf.reference])
    const { referrers } = await self.json(0, ['list', shelf.reference])
    const [damaged] = referrers
    await writeFile(self.path('layout', 'blobs', 'sha256', damaged.digest.slice(7)), 'damaged')
    const { left } = await self.json(3, ['copy', shelf.reference, 'oci:copied'])
    expect(left).toMatchObject([{ digest: damaged.digest, error: { code: 'INTEGRITY' } }])
    await self.json(0, ['verify', 'oci:copied:v1'])
    await self.json(0, ['verify', shelf.reference])
    await self.json(0, ['sign', '--again', shelf.reference])
  })

  it('is used although a directory has the name of a blob', async () => {
    const self = await program()
    const shelf = await layoutShelf(self)
    await self.json(0, ['init', 'me', '--no-passphrase', '--scope', '*'])
    await self.json(0, ['sign', shelf.reference])
    const { digest } = await shelf.manifest('{}')
    const path = self.path('layout', 'blobs', 'sha256', digest.slice(7))
    await rm(path)
    await mkdir(path)
    expect((await self.expect(0, ['verify', shelf.reference])).stderr).toContain(digest.slice(7))
  })

  it('says which entry cannot be read where its tag is asked for', async () => {
    const self = await program()
    const shelf = await layoutShelf(self)
    const path = self.path('layout', 'index.json')
    const index = JSON.parse(await readFile(path, 'utf8'))
    index.manifests[0].size = '1'
    await writeFile(path, JSON.stringify(index))
    const { error } = await self.json(2, ['list', shelf.reference])
    expect(error.message).toContain('manifests[0].size')
  })

  it('keeps another manifest under the tag of the list of referrers', async () => {
    const self = await program()
    const shelf = await layoutShelf(self)
    const tag = cosignTag(shelf.image.digest, '')
    const config = await shelf.blob('application/vnd.oci.empty.v1+json', '{}')
    const other = await shelf.manifest({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [] }, tag)
    await self.json(0, ['init', 'me', '--no-passphrase', '--scope', '*'])
    await self.json(0, ['sign', shelf.reference])
    await self.json(0, ['verify', shelf.reference])
    expect(await shelf.tagged(tag)).toBe(other.digest)
  })
})

describe.each([
  ['with the referrers API', true],
  ['without it', false],
])('a registry %s', (_, referrersApi) => {
  it('is used although one entry of its list of referrers, and one referrer, cannot be read', async () => {
    const self = await program()
    const shelf = await registryShelf(self, { referrersApi })
    await self.json(0, ['init', 'me', '--no-passphrase', '--scope', '*'])
    await self.json(0, ['sign', shelf.reference])
    const config = await shelf.blob('application/vnd.oci.empty.v1+json', '{}')
    const bad = { schemaVersion: 2, mediaType: MANIFEST, artifactType: NOTARY, config, subject: shelf.image }
    const unreadable = await shelf.manifest(bad)
    const listed = { ...unreadable, artifactType: NOTARY, annotations: { a: 1 } }
    const { tags, manifests: stored } = shelf.fake.repository('app')
    const tag = cosignTag(shelf.image.digest, '')
    if (!referrersApi) {
      const list = JSON.parse(stored.get(tags.get(tag)!)!.bytes.toString())
      await shelf.manifest(
        { ...list, manifests: [listed, { ...unreadable, artifactType: NOTARY }, ...list.manifests] },
        tag,
        INDEX,
      )
    } else {
      const annotated = { ...bad, annotations: { a: 1 } }
      await shelf.manifest(annotated)
    }
    const { stderr } = await self.expect(0, ['verify', shelf.reference])
    expect(stderr).toContain('manifests[')
    await self.json(0, ['list', shelf.reference])
    await self.json(0, ['inspect', shelf.reference])
    await self.json(0, ['sign', '--again', '--format', 'cose', shelf.reference])
    await self.json(0, ['verify', shelf.reference])
    if (!referrersApi) {
      const list = JSON.parse(stored.get(tags.get(tag)!)!.bytes.toString())
      expect(list.manifests).toContainEqual(listed)
    }
    await self.run(['copy', shelf.reference, `oci:${join(self.home, 'copied')}`])
    await self.json(0, ['verify', 'oci:copied:v1'])
  })
})
