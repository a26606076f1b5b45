import { isSealwrightError, SealwrightError } from '@sealwright/core'
import type { ArtifactStore, StoreCall } from './artifact-store.ts'
import { assertSize, collectVerified } from './content.ts'
import type { Descriptor } from './descriptor.ts'
import { MAX_MANIFEST_BYTES, type Manifest, parseManifest } from './manifest.ts'

/**
 * Reads the manifest of a descriptor, checked against it: digest, size, media type.
 *
 * @throws {@link SealwrightError} `NOT_FOUND`, `INTEGRITY`, `VALIDATION`.
 *
 * @example
 * ```ts
 * import { layoutDirectory, readManifest } from '@sealwright/oci'
 *
 * const artifacts = layoutDirectory('image')
 * const { mediaType } = await readManifest(artifacts, await artifacts.resolve('v1'))
 * ```
 */
export async function readManifest(
  store: ArtifactStore,
  descriptor: Descriptor,
  call: StoreCall = {},
): Promise<Manifest> {
  const bytes = await readBlob(store, descriptor, MAX_MANIFEST_BYTES, call)
  return parseNamed(bytes, descriptor, store.name)
}

/** As `parseManifest`; the error names the manifest and where it is. */
export function parseNamed(
  bytes: Uint8Array,
  { digest, mediaType }: { readonly digest: string; readonly mediaType?: string },
  store: string,
): Manifest {
  try {
    return parseManifest(bytes, mediaType)
  } catch (cause) {
    if (!isSealwrightError(cause)) throw cause
    throw new SealwrightError('VALIDATION', `${digest} in ${store} is not a manifest`, {
      why: cause.message,
      fix: 'have whoever made it correct it, or leave it out',
      cause,
    })
  }
}

/**
 * Reads a blob or manifest into memory.
 *
 * @param maxBytes - A descriptor that says more is `VALIDATION`, before anything is asked of the store.
 * @throws {@link SealwrightError} `NOT_FOUND`, `INTEGRITY`, `VALIDATION`.
 */
export async function readBlob(
  store: ArtifactStore,
  descriptor: Descriptor,
  maxBytes: number,
  call: StoreCall = {},
): Promise<Uint8Array> {
  assertSize(descriptor, maxBytes)
  return collectVerified(descriptor, store.fetch(descriptor, call), { from: store.name, maxBytes })
}
