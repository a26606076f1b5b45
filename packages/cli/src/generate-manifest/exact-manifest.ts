import {
  type ArtifactStore,
  type Descriptor,
  MAX_MANIFEST_BYTES,
  parseManifest,
  readBlob,
} from '@sealwright/oci'
import { usageError } from '../frame/usage.ts'

export interface ManifestRequest {
  readonly signal: AbortSignal
  /** `os/architecture[/variant]`: of an index, the manifest for it. */
  readonly platform?: string
}

/** The bytes of a manifest, as they are stored and as their digest names them. */
export async function exactManifest(
  store: ArtifactStore,
  descriptor: Descriptor,
  { signal, platform }: ManifestRequest,
): Promise<Uint8Array> {
  const bytes = await readBlob(store, descriptor, MAX_MANIFEST_BYTES, { signal })
  if (platform === undefined) return bytes
  const manifest = parseManifest(bytes, descriptor.mediaType)
  if (manifest.kind !== 'index') {
    throw usageError('--platform has no effect here', {
      why: `${descriptor.digest} is one image, and no index of several`,
      fix: 'leave it out',
    })
  }
  const found = manifest.manifests.filter(child => nameOf(child) === platform)
  const [child] = found
  if (child === undefined || found.length > 1) {
    throw usageError(`the index has ${found.length} images for ${platform}`, {
      why: `it has ${manifest.manifests.map(nameOf).join(', ') || 'none'}`,
      fix: 'name one of them, as os/architecture[/variant]',
    })
  }
  return exactManifest(store, child, { signal })
}

function nameOf({ platform, digest }: Descriptor): string {
  if (platform === undefined) return digest
  const { os, architecture, variant } = platform
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
}
