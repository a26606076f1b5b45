import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import { pause } from '../abort.ts'
import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestOf } from '../digest.ts'
import { formatManifest, type ImageManifest, MAX_MANIFEST_BYTES, type Manifest } from '../manifest.ts'
import { MediaTypes, ReferrerTypes } from '../media-types.ts'
import { readManifest } from '../read.ts'
import { referrersTag } from '../referrers-tag.ts'

/** What a copy does with a tag that is made of a digest. */
export type TagChange =
  /** Nothing else has it at the destination, or what has it is part of what comes. */
  | { readonly type: 'set' }
  /** What has it at the destination holds all that comes. */
  | { readonly type: 'keep' }
  /** Both are cosign's: one manifest with the layers of both takes the tag. */
  | { readonly type: 'merge'; readonly config: TaggedContent; readonly manifest: TaggedContent }
  /** It would be lost what has it at the destination. */
  | { readonly type: 'refuse'; readonly why: SealwrightError }

export interface TaggedContent {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** Under which tags cosign keeps what it appends to: one layer for each signature, and for each attestation. */
const LAYER_TYPES: Readonly<Record<string, string>> = {
  '.sig': ReferrerTypes.simpleSigning,
  '.att': ReferrerTypes.dsse,
}
/** With more cosign refuses all of them. */
const MAX_LAYERS = 1000
/** What cosign writes, so that equal signatures have equal manifests. */
const NO_TIME = '0001-01-01T00:00:00Z'

export interface TagQuery extends StoreCall {
  readonly descriptor: Descriptor
  /** That of `descriptor`, read where it comes from. */
  readonly manifest: () => Promise<Manifest>
  /** Whether the copy brings what the tag is made of; else that belongs to the destination, and so does its tag. */
  readonly isCopied: () => boolean
}

/**
 * Says what becomes of a tag at the destination. A tag `sha256-<hex>.sig` there may hold signatures that the source never
 * had, and they are not lost: cosign appends to what is there, and so does a copy.
 */
export async function tagChange(to: ArtifactStore, tag: string, query: TagQuery): Promise<TagChange> {
  const { descriptor, isCopied, signal } = query
  const call = signal === undefined ? {} : { signal }
  const there = await resolved(to, tag, call)
  if (there === undefined || there.digest === descriptor.digest) return { type: 'set' }
  const refuse = (reason: string): TagChange => ({
    type: 'refuse',
    why: new SealwrightError('VALIDATION', `the tag ${tag} in ${to.name} stays with another manifest`, {
      why: `it names ${there.digest}, and the copy would move it to ${descriptor.digest}: ${reason}`,
      fix: `compare the two; if the one in ${to.name} is not needed, delete it and copy again`,
    }),
  })
  const type = LAYER_TYPES[/\.[a-z]+$/.exec(tag)?.[0] ?? '']
  if (type === undefined) return refuse('only signatures and attestations of cosign can be merged')
  let own: Manifest
  let coming: Manifest
  try {
    own = await readManifest(to, there, call)
    coming = await query.manifest()
  } catch (error) {
    if (isSealwrightError(error) && ['NOT_FOUND', 'INTEGRITY', 'VALIDATION'].includes(error.code))
      return refuse(error.message)
    throw error
  }
  if (!isCosigns(own, type)) return refuse('the one that has it is not of the form that cosign writes')
  if (!isCosigns(coming, type)) return refuse('the one that comes is not of the form that cosign writes')
  const known = new Set(own.layers.map(keyOf))
  const added = coming.layers.filter(layer => !known.has(keyOf(layer)))
  if (added.length === 0) return { type: 'keep' }
  const count = own.layers.length + added.length
  if (count > MAX_LAYERS)
    return refuse(`together they have ${count} layers, and cosign reads ${MAX_LAYERS} layers at most`)
  const comes = new Set(coming.layers.map(keyOf))
  if (own.layers.every(layer => comes.has(keyOf(layer)))) return { type: 'set' }
  if (!isCopied()) return refuse('the manifest that they are about was there before the copy')
  const merged = mergedOf(own, [...own.layers, ...added])
  return merged.manifest.bytes.byteLength <= MAX_MANIFEST_BYTES
    ? { type: 'merge', ...merged }
    : refuse(`together they exceed ${MAX_MANIFEST_BYTES} bytes`)
}

/** Whether a manifest holds nothing but what cosign keeps under a tag: it is never an artifact of its own. */
export function isTaggedSignature(manifest: Manifest): boolean {
  return Object.values(LAYER_TYPES).some(type => isCosigns(manifest, type))
}

function isCosigns(manifest: Manifest, type: string): manifest is ImageManifest {
  return (
    manifest.kind === 'image' &&
    manifest.subject === undefined &&
    manifest.layers.length > 0 &&
    manifest.layers.every(layer => layer.mediaType === type)
  )
}

/** Two signatures of the same payload differ in the annotations alone. */
function keyOf({ digest, annotations = {} }: Descriptor): string {
  return JSON.stringify([
    digest,
    Object.entries(annotations).sort(([one], [other]) => (one < other ? -1 : 1)),
  ])
}

const IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json'

function mergedOf(
  own: ImageManifest | undefined,
  layers: readonly Descriptor[],
): { readonly config: TaggedContent; readonly manifest: TaggedContent } {
  const image = {
    architecture: '',
    created: NO_TIME,
    history: layers.map(() => ({ created: NO_TIME })),
    os: '',
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    config: {},
  }
  const annotations = own?.annotations
  const configured = contentOf(own?.config.mediaType ?? IMAGE_CONFIG, Buffer.from(JSON.stringify(image)))
  const manifest = formatManifest({
    kind: 'image',
    mediaType: MediaTypes.manifest,
    config: configured.descriptor,
    layers,
    ...(annotations === undefined ? {} : { annotations }),
  })
  return { config: configured, manifest: contentOf(MediaTypes.manifest, manifest) }
}

function contentOf(mediaType: string, bytes: Uint8Array): TaggedContent {
  return { descriptor: { mediaType, digest: digestOf('sha256', bytes), size: bytes.byteLength }, bytes }
}

async function resolved(to: ArtifactStore, tag: string, call: StoreCall): Promise<Descriptor | undefined> {
  try {
    return await to.resolve(tag, call)
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

const ATTEMPTS = 6
const SHORTEST_SETTLE_MS = 20
const LONGEST_SETTLE_MS = 2000

/** All writers of this process: a registry knows no condition for a tag. */
const writers = new KeyedMutex()

/**
 * Adds a signature to those that cosign finds under the tag `sha256-<hex>.sig` of a subject, and reads it back. What others
 * write at the same time is kept: after each write the tag is read again, and what was lost is written again.
 *
 * @param layer - With annotations; one that is there already stays.
 * @returns The manifest that the tag names.
 * @throws {@link SealwrightError} of the store; `VALIDATION` if the tag names something else, or has no room left;
 *   `UNAVAILABLE` if others overwrite the tag again and again.
 */
export async function appendTaggedSignature(
  store: ArtifactStore,
  subject: Pick<Descriptor, 'digest'>,
  { descriptor, bytes }: TaggedContent,
  call: StoreCall = {},
): Promise<Descriptor> {
  const tag = `${referrersTag(subject.digest)}.sig`
  const key = keyOf(descriptor)
  const { mediaType, digest, size } = descriptor
  return writers.run(`${store.name} ${tag}`, async () => {
    for (let attempt = 1; ; attempt++) {
      const started = performance.now()
      const named = await resolved(store, tag, call)
      const own = named === undefined ? undefined : await readManifest(store, named, call)
      if (own !== undefined && !isCosigns(own, ReferrerTypes.simpleSigning))
        throw tagRefuses(store, tag, `it names ${named!.digest}, which is not of the form that cosign writes`)
      const layers = own?.layers ?? []
      if (layers.some(layer => keyOf(layer) === key)) return named!
      if (attempt > ATTEMPTS) {
        throw new SealwrightError('UNAVAILABLE', `the tag ${tag} in ${store.name} could not be changed`, {
          why: `others changed it each time, ${ATTEMPTS} times`,
          fix: 'try again when others are done',
        })
      }
      if (layers.length >= MAX_LAYERS)
        throw tagRefuses(
          store,
          tag,
          `it has ${layers.length} signatures, and cosign reads ${MAX_LAYERS} at most`,
        )
      const { config, manifest } = mergedOf(own, [...layers, descriptor])
      if (manifest.bytes.byteLength > MAX_MANIFEST_BYTES)
        throw tagRefuses(store, tag, `its manifest would exceed ${MAX_MANIFEST_BYTES} bytes`)
      await store.push({ mediaType, digest, size }, bytes, { ...call, assumeAbsent: true })
      await store.push(config.descriptor, config.bytes, { ...call, assumeAbsent: true })
      const { tagged } = await store.push(manifest.descriptor, manifest.bytes, { ...call, tag })
      if (tagged !== true) await store.tag(manifest.descriptor, tag, { ...call, bytes: manifest.bytes })
      // About as long as another writer takes that read the tag before this write.
      const took = performance.now() - started
      const settleMs = Math.min(Math.max(2 * took, SHORTEST_SETTLE_MS), LONGEST_SETTLE_MS)
      await pause(settleMs * (0.5 + Math.random()) * attempt, call.signal)
    }
  })
}

function tagRefuses(store: ArtifactStore, tag: string, why: string): SealwrightError {
  return new SealwrightError(
    'VALIDATION',
    `no signature can be added under the tag ${tag} in ${store.name}`,
    {
      why,
      fix: 'store the signature as a Sigstore bundle, or delete what has the tag if it is not needed',
    },
  )
}
