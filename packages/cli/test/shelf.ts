import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FakeRegistry } from '../../oci-registry/test/fake-registry.ts'
import { makeLayout } from './image.ts'
import type { Program } from './program.ts'
import { registryWith } from './registry-with.ts'

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX = 'application/vnd.oci.image.index.v1+json'
export const NOTARY = 'application/vnd.cncf.notary.signature'
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'

export interface Put {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** A place with an image under `v1` into which anything can be put, past our own code. */
export interface Shelf {
  /** The image, as a command takes it. */
  readonly reference: string
  readonly at: (selector: string) => string
  readonly image: Put
  blob(mediaType: string, bytes: string | Uint8Array): Promise<Put>
  manifest(content: object | string, tag?: string, mediaType?: string): Promise<Put>
  has(digest: string): Promise<boolean>
  tagged(tag: string): Promise<string | undefined>
  readonly fake?: FakeRegistry
}

export async function layoutShelf(self: Program, name = 'layout'): Promise<Shelf> {
  const path = self.path(name)
  const { digest } = await makeLayout(path, 'v1')
  const file = (of: string) => join(path, 'blobs', 'sha256', of.slice('sha256:'.length))
  const index = async () => JSON.parse(await readFile(join(path, 'index.json'), 'utf8'))
  const blob = async (mediaType: string, content: string | Uint8Array): Promise<Put> => {
    const put = identity(mediaType, Buffer.from(content as string))
    await writeFile(file(put.digest), content)
    return put
  }
  const size = (await readFile(file(digest))).byteLength
  return {
    reference: `oci:${path}:v1`,
    at: selector => `oci:${path}${selector}`,
    image: { mediaType: MANIFEST, digest, size },
    blob,
    async manifest(content, tag, mediaType = MANIFEST) {
      const put = await blob(mediaType, typeof content === 'string' ? content : JSON.stringify(content))
      const document = await index()
      const annotations =
        tag === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': tag } }
      document.manifests.push({ ...put, ...annotations })
      await writeFile(join(path, 'index.json'), JSON.stringify(document))
      return put
    },
    has: of =>
      readFile(file(of)).then(
        () => true,
        () => false,
      ),
    async tagged(tag) {
      const { manifests } = await index()
      return manifests.find(
        (each: { annotations?: Record<string, string> }) =>
          each.annotations?.['org.opencontainers.image.ref.name'] === tag,
      )?.digest
    },
  }
}

export async function registryShelf(
  self: Program,
  options: Parameters<typeof registryWith>[1] = {},
): Promise<Shelf & { readonly fake: FakeRegistry }> {
  const { fake, repository, digest, reference } = await registryWith(self, options)
  const size = repository.manifests.get(digest)!.bytes.byteLength
  return {
    fake,
    reference,
    at: selector => `${fake.host}/app${selector}`,
    image: { mediaType: MANIFEST, digest, size },
    async blob(mediaType, content) {
      const put = identity(mediaType, Buffer.from(content as string))
      repository.blobs.set(put.digest, Buffer.from(content as string))
      return put
    },
    async manifest(content, tag, mediaType = MANIFEST) {
      const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
      const put = identity(mediaType, bytes)
      repository.manifests.set(put.digest, { mediaType, bytes })
      if (tag !== undefined) repository.tags.set(tag, put.digest)
      return put
    },
    has: async of => repository.manifests.has(of) || repository.blobs.has(of),
    tagged: async tag => repository.tags.get(tag),
  }
}

function identity(mediaType: string, bytes: Buffer): Put {
  return {
    mediaType,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    size: bytes.byteLength,
  }
}

/** Another image, with content of its own. */
export async function imageOn(shelf: Shelf, name: string, ...tags: string[]): Promise<Put> {
  const config = await shelf.blob('application/vnd.oci.image.config.v1+json', JSON.stringify({ name }))
  const content = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [] }
  let put = await shelf.manifest(content, tags[0])
  for (const tag of tags.slice(1)) put = await shelf.manifest(content, tag)
  return put
}

/** What cosign puts under the tag of a digest: a layer for each that it is said to sign, and by whom. */
export async function cosignSignature(
  shelf: Shelf,
  tagOf: string,
  ...signed: (string | readonly [digest: string, signer: string])[]
): Promise<Put> {
  const config = await shelf.blob('application/vnd.oci.image.config.v1+json', '{}')
  const layers = []
  for (const [index, each] of signed.entries()) {
    const [digest, signer] = typeof each === 'string' ? [each, `signer ${index}`] : each
    const critical = {
      identity: { 'docker-reference': signer },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    }
    const layer = await shelf.blob(SIMPLE_SIGNING, JSON.stringify({ critical, optional: null }))
    layers.push({ ...layer, annotations: { 'dev.cosignproject.cosign/signature': 'AAAA' } })
  }
  return shelf.manifest({ schemaVersion: 2, mediaType: MANIFEST, config, layers }, cosignTag(tagOf))
}

export function cosignTag(digest: string, suffix = '.sig'): string {
  return `${digest.replace(':', '-')}${suffix}`
}
