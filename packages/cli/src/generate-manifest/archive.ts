import { SealwrightError } from '@sealwright/core'
import { layoutArchive, parseManifest, soleTarget, TarFile } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import { isDockerArchive, readDockerImage } from './docker-archive.ts'
import { dockerManifest } from './docker-manifest.ts'
import { exactManifest, type ManifestRequest } from './exact-manifest.ts'

export interface ArchiveRequest extends ManifestRequest {
  /** What the archive is called in messages. */
  readonly name: string
  /** `docker-archive`: nothing else will do. */
  readonly kind?: 'archive' | 'docker-archive'
}

/**
 * The manifest of the image in an archive. A layout holds it; `docker save` writes none in its own form, and what Docker
 * would push is computed.
 */
export async function manifestOfArchive(
  context: Context,
  path: string,
  { name, kind, ...request }: ArchiveRequest,
): Promise<Uint8Array> {
  const tar = await TarFile.open(path, { links: true })
  if (tar === undefined) throw new SealwrightError('NOT_FOUND', `there is no archive ${name}`)
  const isDocker = isDockerArchive(tar)
  if (!isDocker && (kind === 'docker-archive' || !tar.entries.has('oci-layout'))) {
    throw usageError(`${name} holds no image`, {
      why: 'it is neither an image layout nor what docker save writes',
      fix: 'docker save NAME > app.tar, or skopeo copy … oci-archive:app.tar',
    })
  }
  if (tar.entries.has('oci-layout')) {
    const store = layoutArchive(path)
    const bytes = await exactManifest(store, await soleTarget(store, { signal: request.signal }), request)
    if (!isDocker || !isUnpacked(bytes)) return bytes
  }
  if (request.platform !== undefined) {
    throw usageError('--platform has nothing to say here', {
      why: `${name} holds one image`,
      fix: 'leave it out',
    })
  }
  const image = await readDockerImage(tar, name)
  context.note(
    'docker save keeps no manifest: this is the one that docker push makes, with the layers compressed as Docker does; layers that came from a registry are pushed as they came, and then it is another',
  )
  return context.dialogue.waiting(`the layers of ${name}`, () => dockerManifest(tar, image, request.signal))
}

/** Docker's own store writes layouts too, with layers that are not compressed: nothing pushes an image so. */
function isUnpacked(bytes: Uint8Array): boolean {
  const manifest = parseManifest(bytes)
  return manifest.kind === 'image' && manifest.layers.some(({ mediaType }) => /\.tar$/.test(mediaType))
}
