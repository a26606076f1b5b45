import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'

export interface MadeImage {
  readonly digest: string
  readonly path: string
}

interface Blob {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** Writes an OCI image layout with one image under each tag, by the specification and without our own code. */
export async function makeLayout(path: string, ...tags: string[]): Promise<MadeImage> {
  const blobs = join(path, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const put = async (mediaType: string, bytes: Buffer): Promise<Blob> => {
    const hex = createHash('sha256').update(bytes).digest('hex')
    await writeFile(join(blobs, hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
  }
  const entries: Blob[] = []
  for (const tag of tags.length === 0 ? [undefined] : tags) {
    const config = await put(
      'application/vnd.oci.image.config.v1+json',
      Buffer.from(`{"architecture":"amd64","os":"linux","x":"${tag}"}`),
    )
    const layer = await put('application/vnd.oci.image.layer.v1.tar', Buffer.from(`layer of ${tag}`))
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }
    const descriptor = await put(MANIFEST, Buffer.from(JSON.stringify(manifest)))
    entries.push({
      ...descriptor,
      ...(tag === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': tag } }),
    })
  }
  await writeFile(join(path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(
    join(path, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: entries,
    }),
  )
  return { digest: (entries[0] as Blob).digest, path }
}

export interface MadeIndex extends MadeImage {
  /** Digests of all that it names, and of what these name: without itself. */
  readonly below: readonly string[]
}

/**
 * Writes an image layout with an index under the tag v1, as buildkit makes it: an image for each platform, an attestation
 * of each, and an index of its own with one image more.
 *
 * @param options.cache - Whether it also lists a blob that is not a manifest, as build caches do; not every registry takes that.
 */
export async function makeIndexLayout(
  path: string,
  platforms: readonly string[],
  { cache = false }: { readonly cache?: boolean } = {},
): Promise<MadeIndex> {
  const blobs = join(path, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const put = async (mediaType: string, content: object): Promise<Blob> => {
    const bytes = Buffer.from(JSON.stringify(content))
    const hex = createHash('sha256').update(bytes).digest('hex')
    await writeFile(join(blobs, hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
  }
  const config = 'application/vnd.oci.image.config.v1+json'
  const image = async (name: string) =>
    put(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config: await put(config, { name }), layers: [] })
  const index = (manifests: readonly object[]) =>
    put(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests })
  const named: (Blob & object)[] = []
  for (const platform of platforms) {
    const [os, architecture, variant] = platform.split('/')
    const one = await image(platform)
    const annotations = {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': one.digest,
    }
    named.push({ ...one, platform: { os, architecture, variant } } as Blob)
    const attested = await image(`attestation of ${platform}`)
    named.push({ ...attested, platform: { os: 'unknown', architecture: 'unknown' }, annotations } as Blob)
  }
  const deep = await image('deep')
  const inner = await index([deep])
  const cached = cache ? [await put('application/vnd.buildkit.cacheconfig.v0', { cache: true })] : []
  const whole = await index([...named, inner, named[0] as Blob, ...cached])
  await writeFile(join(path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const entry = { ...whole, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }
  await writeFile(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
  return { digest: whole.digest, path, below: [...named, inner, deep].map(({ digest }) => digest) }
}
