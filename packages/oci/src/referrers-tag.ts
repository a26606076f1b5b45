import type { Descriptor } from './descriptor.ts'
import { artifactTypeOf, formatManifest, type Manifest } from './manifest.ts'
import { MediaTypes } from './media-types.ts'

/**
 * The tag under which the referrers of a digest are listed where there is no referrers API (distribution-spec,
 * "Referrers Tag Schema"): at most 32 characters of the algorithm and 64 of the hash.
 */
export function referrersTag(digest: string): string {
  const [algorithm = '', encoded = ''] = digest.split(':')
  const legal = (text: string) => text.replace(/[^\w.-]/g, '-')
  return `${legal(algorithm).slice(0, 32)}-${legal(encoded).slice(0, 64)}`
}

/** Whether a tag is one of these, or one of cosign's older `sha256-<hex>.sig`, `.att`, `.sbom`. */
export function isReferrersTag(tag: string): boolean {
  return /^sha(?:256|384|512)-[0-9a-f]{64}(?:\.[a-z]+)?$/.test(tag)
}

/** How a referrer is listed: its own descriptor, its type and all of its annotations. */
export function referrerEntry(descriptor: Descriptor, manifest: Manifest): Descriptor {
  const { mediaType, digest, size } = descriptor
  const artifactType = artifactTypeOf(manifest)
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  }
}

/** The bytes of a list of referrers. */
export function referrersIndex(manifests: readonly Descriptor[]): Uint8Array {
  return formatManifest({ kind: 'index', mediaType: MediaTypes.index, manifests })
}

/**
 * Whether a listed referrer may be of the wanted type. Some registries list the media type of the config instead of
 * the artifactType, and others list none: those are let through, and whoever asked judges by the manifest.
 */
export function mayBeOfType(listed: Descriptor, artifactType: string | undefined): boolean {
  return (
    artifactType === undefined ||
    listed.artifactType === undefined ||
    listed.artifactType === artifactType ||
    listed.artifactType === MediaTypes.empty
  )
}
