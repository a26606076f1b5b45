import { SealwrightError } from '@sealwright/core'
import type { ArtifactStore } from '../artifact-store.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Manifest } from '../manifest.ts'
import type { SalvagedManifest } from '../salvage.ts'
import type { LeftBehind } from './copy-options.ts'
import { blobsOf, childrenOf, type GraphNode } from './graph-node.ts'
import { type WalkOptions, walkGraph } from './walk-graph.ts'

/** One manifest that is to be copied, and what must be there before it. */
export interface PlannedManifest {
  readonly descriptor: Descriptor
  /** Its bytes, if they were few enough to be kept. */
  readonly bytes?: Uint8Array
  readonly blobs: readonly Descriptor[]
  readonly children: readonly Descriptor[]
  /** Of a referrer: its subject. Of one found by a tag: what the tag is made of. */
  readonly after?: Descriptor
  readonly subject?: Descriptor
  /** Tags that are made of a digest, as cosign's. */
  readonly tags: string[]
}

/** All that belongs to an artifact, each content once. */
export interface CopyPlan {
  readonly root: PlannedManifest
  /** In the order of the walk: parents first. */
  readonly manifests: ReadonlyMap<string, PlannedManifest>
  /** By {@link keyOf}. */
  readonly blobs: ReadonlyMap<string, Descriptor>
  /** Digests of all that refers to another, by its subject or by a tag; one may be a child as well. */
  readonly referring: ReadonlySet<string>
  /** Digests of all that was found otherwise than by a tag that is made of a digest. */
  readonly needed: ReadonlySet<string>
  /** What cannot be read. */
  readonly left: readonly LeftBehind[]
}

const KEPT_BYTES = 64 * 1024 * 1024

/** A content as a descriptor states it: of two that state different sizes one is wrong. */
export function keyOf({ digest, size }: Descriptor): string {
  return `${digest} ${size}`
}

/** Layers that their owner lets be fetched from him alone (image-spec `layer.md`, "Non-Distributable Layers"). */
export function isForeign({ mediaType, urls }: Descriptor): boolean {
  return urls !== undefined && /\.(?:foreign|nondistributable)\./.test(mediaType)
}

/** @throws {@link SealwrightError} as {@link walkGraph}. */
export async function planCopy(
  from: ArtifactStore,
  artifact: Descriptor,
  options: WalkOptions,
): Promise<CopyPlan> {
  const manifests = new Map<string, PlannedManifest>()
  const blobs = new Map<string, Descriptor>()
  const left = new Map<string, LeftBehind>()
  const referring = new Set<string>()
  const needed = new Set<string>()
  let root: PlannedManifest | undefined
  let kept = 0
  for await (const node of walkGraph(from, artifact, options)) {
    const { descriptor, manifest, salvaged, role, tag } = node
    if (role === 'referrer' || role === 'tagged') referring.add(descriptor.digest)
    if (role !== 'tagged') needed.add(descriptor.digest)
    if (node.fault !== undefined && salvaged === undefined)
      left.set(descriptor.digest, { descriptor: plain(descriptor), why: node.fault })
    if (tag !== undefined) manifests.get(descriptor.digest)?.tags.push(tag)
    const read = manifest ?? salvaged
    if (read === undefined) continue
    kept += read.raw.byteLength
    const planned = plannedOf(node, read, kept <= KEPT_BYTES)
    manifests.set(descriptor.digest, planned)
    for (const blob of planned.blobs) if (!blobs.has(keyOf(blob))) blobs.set(keyOf(blob), blob)
    root ??= planned
  }
  if (root === undefined) throw new SealwrightError('INTERNAL', 'a walk gave nothing')
  return { root, manifests, blobs, referring, needed, left: [...left.values()] }
}

function plannedOf(
  { descriptor, parent, role, tag }: GraphNode,
  manifest: Manifest | SalvagedManifest,
  keep: boolean,
): PlannedManifest {
  const after = role === 'referrer' || role === 'tagged' ? parent : undefined
  return {
    descriptor: plain(descriptor),
    ...(keep ? { bytes: manifest.raw } : {}),
    blobs: 'kind' in manifest ? blobsOf(manifest) : manifest.blobs,
    children: 'kind' in manifest ? childrenOf(manifest) : [],
    ...(after === undefined ? {} : { after }),
    ...(manifest.subject === undefined ? {} : { subject: manifest.subject }),
    tags: tag === undefined ? [] : [tag],
  }
}

function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}
