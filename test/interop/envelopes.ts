import { readFile } from 'node:fs/promises'
import { blobPath, readLayoutIndex } from '../services/image.ts'
import { MEDIA_TYPES } from './forge.ts'
import type { Format } from './ours.ts'

/** The envelopes stored in a layout, in the order they were added. */
export async function envelopesIn(directory: string, format: Format): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = []
  for (const { digest } of (await readLayoutIndex(directory)).manifests) {
    const manifest = JSON.parse(await readFile(blobPath(directory, digest), 'utf8')) as {
      layers?: readonly { mediaType: string; digest: string }[]
    }
    for (const layer of manifest.layers ?? [])
      if (layer.mediaType === MEDIA_TYPES[format])
        found.push(await readFile(blobPath(directory, layer.digest)))
  }
  return found
}
