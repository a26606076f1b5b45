import { SealwrightError } from '@sealwright/core'
import type { ArtifactStore, StoreCall } from './artifact-store.ts'
import { assertSize, collectVerified } from './content.ts'
import type { Descriptor } from './descriptor.ts'
import { MAX_MANIFEST_BYTES, type Manifest, parseManifest } from './manifest.ts'

/**
 * Reads the manifest of a descriptor, checked against it: digest, size, media type.
 *
 * @throws {@link SealwrightError} `NOT_FOUND`, `INTEGRITY`, `VALIDATION`.
 */
export async function readManifest(
  store: ArtifactStore,
  descriptor: Descriptor,
  call: StoreCall = {},
): Promise<Manifest> {
  const bytes = await readBlob(store, descriptor, MAX_MANIFEST_BYTES, call)
  try {
    return parseManifest(bytes, descriptor.mediaType)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SealwrightError('VALIDATION', `${descriptor.digest} in ${store.name} is not a manifest`, {
      why,
      cause,
    })
  }
}

/**
 * Reads a content whole.
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
