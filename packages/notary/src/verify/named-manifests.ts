import { isSealwrightError } from '@sealwright/core'
import { childrenOf, formatPlatform, parseManifest } from '@sealwright/oci'
import type { NamedManifest } from './report.ts'

/**
 * What an index names, in its order; `undefined` for every other manifest, and for bytes that are none: whoever signed
 * them decides what they are.
 */
export function manifestsOf(bytes: Uint8Array, mediaType: string): readonly NamedManifest[] | undefined {
  try {
    const manifest = parseManifest(bytes, mediaType)
    if (manifest.kind !== 'index') return undefined
    return childrenOf(manifest).map(({ digest, mediaType: type, platform }) => ({
      digest,
      mediaType: type,
      ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
    }))
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
}
