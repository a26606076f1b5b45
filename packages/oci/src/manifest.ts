import { decodeJson, type JsonObject, type JsonValue } from '@sealwright/core/encoding'
import type { Descriptor } from './descriptor.ts'
import {
  invalid,
  printDescriptor,
  readAnnotations,
  readDescriptor,
  readList,
  readMediaType,
  readObject,
  withoutNulls,
} from './descriptor-json.ts'
import { isManifestMediaType, type ManifestMediaType, MediaTypes } from './media-types.ts'

/** What distribution-spec has every registry take, and the most that is read here: 4 MiB. */
export const MAX_MANIFEST_BYTES: number = 4 * 1024 * 1024
/** An index as large as may be has some eight for each manifest that it lists. */
const MAX_MANIFEST_VALUES = 150_000

interface ManifestCommon {
  readonly mediaType: ManifestMediaType
  readonly artifactType?: string
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
  /** The bytes as received: they are what the digest names, and nothing is ever written again from the members. */
  readonly raw: Uint8Array
}

/** An image manifest of OCI or Docker: one config, any number of layers. Signatures are stored as such. */
export interface ImageManifest extends ManifestCommon {
  readonly kind: 'image'
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** An image index of OCI, or a manifest list of Docker. */
export interface ImageIndex extends ManifestCommon {
  readonly kind: 'index'
  readonly manifests: readonly Descriptor[]
}

/** The artifact manifest that image-spec 1.1 dropped before its release; still found in registries. */
export interface ArtifactManifest extends ManifestCommon {
  readonly kind: 'artifact'
  readonly blobs: readonly Descriptor[]
}

export type Manifest = ImageManifest | ImageIndex | ArtifactManifest

/**
 * Reads a manifest strictly: its JSON (no member twice), its media type, which must agree with the one it was stored
 * or served under, and that it is of one kind only. Members it does not know are passed over, and stay in `raw`.
 *
 * @param mediaType - What the descriptor or the Content-Type says; taken from the manifest itself when absent.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string): Manifest {
  const label = 'the manifest'
  const options = { label, maxBytes: MAX_MANIFEST_BYTES, maxValues: MAX_MANIFEST_VALUES }
  const document = readObject(decodeJson(bytes, options), label)
  const object = withoutNulls(document)
  const type = manifestType(object, mediaType)
  const { subject, annotations, artifactType } = object
  const common = {
    mediaType: type,
    ...(artifactType === undefined
      ? {}
      : { artifactType: readMediaType(artifactType, `${label}'s artifactType`) }),
    ...(subject === undefined ? {} : { subject: readDescriptor(subject, 'subject') }),
    ...(annotations === undefined ? {} : { annotations: readAnnotations(annotations, 'annotations') }),
    raw: bytes,
  }
  switch (type) {
    case MediaTypes.manifest:
    case MediaTypes.dockerManifest:
      assertKind(object, type, ['manifests', 'blobs'])
      return {
        kind: 'image',
        ...common,
        config: readDescriptor(object.config, 'config'),
        layers: readDescriptors(document.layers, 'layers'),
      }
    case MediaTypes.index:
    case MediaTypes.dockerList:
      assertKind(object, type, ['config', 'layers', 'blobs'])
      return { kind: 'index', ...common, manifests: readDescriptors(document.manifests, 'manifests') }
    case MediaTypes.artifactManifest:
      assertKind(object, type, ['config', 'layers', 'manifests'])
      return { kind: 'artifact', ...common, blobs: readDescriptors(object.blobs ?? [], 'blobs') }
  }
}

/**
 * Prints the members that {@link parseManifest} reads, compact and in the order of the specification: for manifests
 * made here. A manifest that was read is passed on as its `raw` bytes instead.
 */
export function formatManifest(manifest: ManifestMembers): Uint8Array {
  const { mediaType, artifactType, subject, annotations } = manifest
  const object: JsonObject = {
    ...(manifest.kind === 'artifact' ? {} : { schemaVersion: 2 }),
    mediaType,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...printContent(manifest),
    ...(subject === undefined ? {} : { subject: printDescriptor(subject) }),
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
  }
  return Buffer.from(JSON.stringify(object))
}

/** A manifest that has no bytes yet. */
export type ManifestMembers =
  | Omit<ImageManifest, 'raw'>
  | Omit<ImageIndex, 'raw'>
  | Omit<ArtifactManifest, 'raw'>

/** What the referrers API calls the type of a manifest: `artifactType`, or else the media type of the config. */
export function artifactTypeOf(manifest: Manifest): string | undefined {
  return manifest.artifactType ?? (manifest.kind === 'image' ? manifest.config.mediaType : undefined)
}

/** `null` is an empty list as programs in Go print one, some registries among them. */
function readDescriptors(value: JsonValue | undefined, label: string): readonly Descriptor[] {
  if (value === null) return []
  return readList(value, label).map((item, index) => readDescriptor(item, `${label}[${index}]`))
}

function printContent(manifest: ManifestMembers): JsonObject {
  switch (manifest.kind) {
    case 'image':
      return { config: printDescriptor(manifest.config), layers: manifest.layers.map(printDescriptor) }
    case 'index':
      return { manifests: manifest.manifests.map(printDescriptor) }
    case 'artifact':
      return { blobs: manifest.blobs.map(printDescriptor) }
  }
}

function manifestType(object: JsonObject, expected: string | undefined): ManifestMediaType {
  const own =
    object.mediaType === undefined ? undefined : readMediaType(object.mediaType, "the manifest's mediaType")
  if (own !== undefined && expected !== undefined && own !== expected) {
    throw invalid('the manifest', `says it is ${own}, and is stored or served as ${expected}`)
  }
  const type = own ?? expected ?? impliedType(object)
  if (!isManifestMediaType(type)) throw invalid('the manifest', `is of the unknown type ${type}`)
  // Docker's types always name themselves; an OCI manifest need not.
  if (own === undefined && type.startsWith('application/vnd.docker.')) {
    throw invalid('the manifest', `does not say that it is ${type}`)
  }
  const wanted = type === MediaTypes.artifactManifest ? undefined : 2
  if (object.schemaVersion !== wanted && !(wanted === undefined && object.schemaVersion === 2)) {
    throw invalid('the manifest', 'is not of schema version 2')
  }
  return type
}

function impliedType(object: JsonObject): ManifestMediaType {
  if (object.manifests !== undefined) return MediaTypes.index
  if (object.config !== undefined) return MediaTypes.manifest
  throw invalid('the manifest', 'does not say what it is')
}

/** A document that can be read as two kinds means two things under one digest (CVE-2021-41190). */
function assertKind(object: JsonObject, type: string, foreign: readonly string[]): void {
  const found = foreign.find(name => object[name] !== undefined)
  if (found !== undefined) throw invalid('the manifest', `is ${type} and yet has "${found}"`)
}
