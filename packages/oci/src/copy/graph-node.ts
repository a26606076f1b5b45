import type { SealwrightError } from '@sealwright/core'
import type { Descriptor } from '../descriptor.ts'
import type { Manifest } from '../manifest.ts'
import { isManifestMediaType } from '../media-types.ts'
import type { SalvagedManifest } from '../salvage.ts'
import type { ArtifactKind } from './artifact-kind.ts'

/** How a manifest belongs to an artifact. */
export type GraphRole =
  /** It is the artifact itself. */
  | 'artifact'
  /** An image index lists it. */
  | 'child'
  /** Its `subject` is the parent. */
  | 'referrer'
  /** It has a tag that is made of the parent's digest, as cosign's `sha256-<hex>.sig`, `.att` and `.sbom`. */
  | 'tagged'

/** One manifest of an artifact's graph, at one of its places. */
export interface GraphNode {
  readonly role: GraphRole
  /**
   * Media type, digest and size as stored; `artifactType` and annotations as far as the manifest was read, or the store
   * lists them and its word is taken.
   */
  readonly descriptor: Descriptor
  /** The index that lists it, or what it refers to. Nothing for the artifact. */
  readonly parent?: Descriptor
  /** Steps from the artifact by referring; a child is as deep as its index. */
  readonly depth: number
  /** The tag it was found by, if `tagged`. */
  readonly tag?: string
  readonly kind?: ArtifactKind
  /** What was read. Nothing if there is a fault, if it comes again, or if the store's word was taken for it. */
  readonly manifest?: Manifest
  /** Why it cannot be read, or does not belong where the store lists it. */
  readonly fault?: SealwrightError
  /** Of one whose bytes are sound and cannot be read as a manifest: what a copy carries of it. */
  readonly salvaged?: SalvagedManifest
  /** It came before, at another place: what hangs on it is not walked twice. */
  readonly again?: true
}

/**
 * The blobs of a manifest, each once: config and layers, and what an index lists that is not a manifest (build caches do
 * so). A blob that is called a manifest there is a blob all the same.
 */
export function blobsOf(manifest: Manifest): readonly Descriptor[] {
  const blobs = new Map<string, Descriptor>()
  for (const blob of listedBlobs(manifest)) if (!blobs.has(blob.digest)) blobs.set(blob.digest, asBlob(blob))
  return [...blobs.values()]
}

/** The manifests that an index lists, in its order. */
export function childrenOf(manifest: Manifest): readonly Descriptor[] {
  return manifest.kind === 'index'
    ? manifest.manifests.filter(({ mediaType }) => isManifestMediaType(mediaType))
    : []
}

function listedBlobs(manifest: Manifest): readonly Descriptor[] {
  switch (manifest.kind) {
    case 'image':
      return [manifest.config, ...manifest.layers]
    case 'index':
      return manifest.manifests.filter(({ mediaType }) => !isManifestMediaType(mediaType))
    case 'artifact':
      return manifest.blobs
  }
}

function asBlob(descriptor: Descriptor): Descriptor {
  return isManifestMediaType(descriptor.mediaType)
    ? { ...descriptor, mediaType: 'application/octet-stream' }
    : descriptor
}
