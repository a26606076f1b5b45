import type { StoreCall } from '../artifact-store.ts'
import { collectVerified } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { MAX_MANIFEST_BYTES, type Manifest, parseManifest } from '../manifest.ts'
import type { LayoutFiles } from './backend.ts'

/** A manifest of a layout, checked; nothing if it is not there. */
export async function readLayoutManifest(
  files: LayoutFiles,
  descriptor: Descriptor,
  call: StoreCall,
): Promise<Manifest | undefined> {
  if ((await files.sizeOf(descriptor.digest, call)) === undefined) return undefined
  const bytes = await collectVerified(descriptor, files.read(descriptor.digest, call), {
    from: files.name,
    maxBytes: MAX_MANIFEST_BYTES,
  })
  return parseManifest(bytes, descriptor.mediaType)
}
