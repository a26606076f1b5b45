import { SealwrightError } from '@sealwright/core'
import { layoutArchive, parseManifest, soleTarget, TarFile } from '@sealwright/oci'
import { usageError } from '../frame/usage.ts'
import { exactManifest, type ManifestRequest } from './exact-manifest.ts'

/**
 * Reads the manifest of the image in an archive that holds an image layout. `docker save` writes one, too: with the
 * containerd image store its manifest is the one that a registry has; with the classic store there is no such manifest.
 *
 * @param name - What messages call the archive.
 * @throws {@link SealwrightError} `NOT_FOUND`, `UNSUPPORTED` for an archive of the classic store, `VALIDATION`.
 */
export async function manifestOfArchive(
  path: string,
  name: string,
  request: ManifestRequest,
): Promise<Uint8Array> {
  const tar = await TarFile.open(path, { links: true })
  if (tar === undefined) {
    throw new SealwrightError('NOT_FOUND', `${name} does not exist`, {
      fix: `docker save --output ${name} IMAGE`,
    })
  }
  if (!tar.entries.has('oci-layout')) {
    if (tar.entries.has('manifest.json')) throw unknowable(name)
    throw usageError(`${name} is not an image archive`, {
      why: 'it has neither oci-layout nor manifest.json',
      fix: 'docker save IMAGE > app.tar, or skopeo copy docker://IMAGE oci-archive:app.tar',
    })
  }
  const store = layoutArchive(path)
  const bytes = await exactManifest(store, await soleTarget(store, { signal: request.signal }), request)
  if (hasUncompressedLayers(bytes) && tar.entries.has('manifest.json')) throw unknowable(name)
  return bytes
}

/** Docker 25 and later write layouts from the classic store, too. Their layers are not compressed, and no push sends such. */
function hasUncompressedLayers(bytes: Uint8Array): boolean {
  const manifest = parseManifest(bytes)
  return manifest.kind === 'image' && manifest.layers.some(({ mediaType }) => mediaType.endsWith('.tar'))
}

function unknowable(name: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', `${name} does not hold the manifest that a registry will have`, {
    why: "Docker's classic image store keeps layers uncompressed, and docker push makes the manifest when it compresses them",
    fix: 'push the image and name it in the registry, or build it with: docker buildx build --output type=oci,dest=app.tar .',
  })
}
