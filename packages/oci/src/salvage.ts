import { isSealwrightError } from '@sealwright/core'
import { decodeJson, isJsonObject, type JsonObject, type JsonValue } from '@sealwright/core/encoding'
import type { Descriptor } from './descriptor.ts'
import { invalid, readDescriptor, readList, readObject } from './descriptor-json.ts'
import { MAX_MANIFEST_BYTES, type Manifest, parseManifest } from './manifest.ts'
import { isManifestMediaType, MediaTypes } from './media-types.ts'
import { referrerEntry } from './referrers-tag.ts'

/**
 * What can be told of a manifest that cannot be read as one: enough to find it and to carry its bytes, and nothing to rely
 * on.
 */
export interface SalvagedManifest {
  readonly raw: Uint8Array
  readonly subject?: Descriptor
  /** Its own, or the type of its config. */
  readonly artifactType?: string
  /** What it names and could be read of that, without manifests. */
  readonly blobs: readonly Descriptor[]
}

/** Never throws for what is wrong with the bytes. */
export function salvageManifest(raw: Uint8Array): SalvagedManifest {
  const object = objectIn(raw)
  if (object === undefined) return { raw, blobs: [] }
  const config = salvageDescriptor(object.config)
  const subject = salvageDescriptor(object.subject)
  const artifactType = typeof object.artifactType === 'string' ? object.artifactType : config?.mediaType
  const named = [config, ...[object.layers, object.blobs, object.manifests].flatMap(salvageList)]
  const blobs = named.filter(each => each !== undefined && !isManifestMediaType(each.mediaType))
  return {
    raw,
    ...(subject === undefined ? {} : { subject }),
    ...(artifactType === undefined ? {} : { artifactType }),
    blobs: [...new Map(blobs.map(each => [each!.digest, each!])).values()],
  }
}

/** What a store needs to know of a manifest that it is given: what it refers to, and how it is listed. */
export interface ReferrerParts {
  readonly subject?: Descriptor
  readonly entry: Descriptor
}

/**
 * @param anyway - Whether one that cannot be read is taken as it is.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function referrerParts(descriptor: Descriptor, bytes: Uint8Array, anyway = false): ReferrerParts {
  const { mediaType, digest, size } = descriptor
  try {
    const manifest: Manifest = parseManifest(bytes, mediaType)
    const { subject } = manifest
    return { ...(subject === undefined ? {} : { subject }), entry: referrerEntry(descriptor, manifest) }
  } catch (error) {
    if (!anyway || !isSealwrightError(error)) throw error
    const { subject } = salvageManifest(bytes)
    return { ...(subject === undefined ? {} : { subject }), entry: { mediaType, digest, size } }
  }
}

/** What an index of referrers lists. */
export interface ListedIndex {
  readonly manifests: readonly Descriptor[]
  /** Entries that cannot be read: they are others', and stay when the index is written again. */
  readonly unreadable: readonly { readonly fault: string; readonly entry: JsonValue }[]
}

/**
 * Reads an index that lists referrers. Others keep it, too: an entry that cannot be read does not stop the rest.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what is not such an index.
 */
export function readReferrersIndex(bytes: Uint8Array): ListedIndex {
  const label = 'the index'
  const object = readObject(decodeJson(bytes, { label, maxBytes: MAX_MANIFEST_BYTES }), label)
  const { mediaType, schemaVersion, manifests } = object
  if ((mediaType ?? MediaTypes.index) !== MediaTypes.index) throw invalid(label, 'says it is something else')
  if (schemaVersion !== 2) throw invalid(label, 'is not of schema version 2')
  const readable: Descriptor[] = []
  const unreadable: { readonly fault: string; readonly entry: JsonValue }[] = []
  const items = manifests === null ? [] : readList(manifests, `${label}'s manifests`)
  for (const [index, entry] of items.entries()) {
    try {
      readable.push(readDescriptor(entry, `manifests[${index}]`))
    } catch (error) {
      if (!isSealwrightError(error)) throw error
      unreadable.push({ fault: error.message, entry })
    }
  }
  return { manifests: readable, unreadable }
}

function objectIn(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value = decodeJson(bytes, { label: 'the manifest', maxBytes: MAX_MANIFEST_BYTES })
    return isJsonObject(value) ? value : undefined
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
}

function salvageList(value: JsonValue | undefined): readonly (Descriptor | undefined)[] {
  return Array.isArray(value) ? value.map(salvageDescriptor) : []
}

function salvageDescriptor(value: JsonValue | undefined): Descriptor | undefined {
  try {
    const { mediaType, digest, size } = readDescriptor(value, 'a descriptor')
    return { mediaType, digest, size }
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
}
