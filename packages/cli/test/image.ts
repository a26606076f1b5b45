import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

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
