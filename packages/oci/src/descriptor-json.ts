import { SealwrightError } from '@sealwright/core'
import { decodeBase64, type JsonObject, type JsonValue } from '@sealwright/core/encoding'
import type { Descriptor, Platform } from './descriptor.ts'
import { digestOf, parseDigest } from './digest.ts'
import { isMediaType } from './media-types.ts'

/**
 * Reads a descriptor (image-spec `descriptor.md`). Members it does not know are passed over.
 *
 * @param label - Where it stands, for the message: `manifest.layers[0]`.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readDescriptor(value: JsonValue | undefined, label: string): Descriptor {
  const object = withoutNulls(readObject(value, label))
  const mediaType = readMediaType(object.mediaType, `${label}.mediaType`)
  const digest = readDigest(object.digest, `${label}.digest`)
  const { size } = object
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw invalid(`${label}.size`, 'is not a whole number of bytes')
  }
  const { artifactType, annotations, platform, urls, data } = object
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined
      ? {}
      : { artifactType: readMediaType(artifactType, `${label}.artifactType`) }),
    ...(annotations === undefined
      ? {}
      : { annotations: readAnnotations(annotations, `${label}.annotations`) }),
    ...(platform === undefined ? {} : { platform: readPlatform(platform, `${label}.platform`) }),
    ...(urls === undefined ? {} : { urls: readStrings(urls, `${label}.urls`) }),
    ...(data === undefined ? {} : { data: readData(data, { digest, size }, `${label}.data`) }),
  }
}

/** The descriptor as JSON, members in the order of the specification. */
export function printDescriptor(descriptor: Descriptor): JsonObject {
  const { mediaType, digest, size, urls, annotations, data, artifactType, platform } = descriptor
  return {
    mediaType,
    digest,
    size,
    ...(urls === undefined ? {} : { urls: [...urls] }),
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    ...(data === undefined ? {} : { data }),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(platform === undefined ? {} : { platform: printPlatform(platform) }),
  }
}

/**
 * Returns `value`, which must be a JSON object.
 *
 * @throws {@link SealwrightError} `VALIDATION` for anything else.
 */
export function readObject(value: JsonValue | undefined, label: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(label, value === undefined ? 'is missing' : 'is not an object')
  }
  return value as JsonObject
}

/** Programs in Go write `null` for what they do not set, and read it so. */
export function withoutNulls(object: JsonObject): JsonObject {
  const entries = Object.entries(object)
  return entries.some(([, value]) => value === null)
    ? Object.fromEntries(entries.filter(([, value]) => value !== null))
    : object
}

/**
 * Returns `value`, which must be a JSON array.
 *
 * @throws {@link SealwrightError} `VALIDATION` for anything else.
 */
export function readList(value: JsonValue | undefined, label: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw invalid(label, value === undefined ? 'is missing' : 'is not a list')
  return value
}

export function readMediaType(value: JsonValue | undefined, label: string): string {
  const text = readString(value, label)
  if (!isMediaType(text)) throw invalid(label, 'is not a media type')
  return text
}

/** Keys may be any text; the values must be text. */
export function readAnnotations(value: JsonValue, label: string): Readonly<Record<string, string>> {
  const annotations: Record<string, string> = Object.create(null)
  for (const [key, text] of Object.entries(readObject(value, label))) {
    annotations[key] = readString(text, `${label}[${JSON.stringify(key.slice(0, 80))}]`)
  }
  return annotations
}

export function invalid(label: string, why: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${label} ${why}`)
}

function readString(value: JsonValue | undefined, label: string): string {
  if (typeof value !== 'string') throw invalid(label, value === undefined ? 'is missing' : 'is not text')
  return value
}

function readStrings(value: JsonValue, label: string): readonly string[] {
  return readList(value, label).map((item, index) => readString(item, `${label}[${index}]`))
}

function readDigest(value: JsonValue | undefined, label: string): string {
  const text = readString(value, label)
  try {
    parseDigest(text)
  } catch (cause) {
    throw new SealwrightError('VALIDATION', `${label} is not a digest that can be checked`, { cause })
  }
  return text
}

function readData(
  value: JsonValue,
  { digest, size }: { digest: string; size: number },
  label: string,
): string {
  const text = readString(value, label)
  const bytes = decodeBase64(text, label)
  if (bytes.byteLength !== size || digestOf(parseDigest(digest).algorithm, bytes) !== digest) {
    throw invalid(label, 'is other content than its digest and size say')
  }
  return text
}

function readPlatform(value: JsonValue, label: string): Platform {
  const object = withoutNulls(readObject(value, label))
  const osVersion = object['os.version']
  const osFeatures = object['os.features']
  return {
    architecture: readString(object.architecture, `${label}.architecture`),
    os: readString(object.os, `${label}.os`),
    ...(osVersion === undefined ? {} : { 'os.version': readString(osVersion, `${label}["os.version"]`) }),
    ...(osFeatures === undefined
      ? {}
      : { 'os.features': readStrings(osFeatures, `${label}["os.features"]`) }),
    ...(object.variant === undefined ? {} : { variant: readString(object.variant, `${label}.variant`) }),
  }
}

function printPlatform(platform: Platform): JsonObject {
  const { architecture, os, variant } = platform
  const version = platform['os.version']
  const features = platform['os.features']
  return {
    architecture,
    os,
    ...(version === undefined ? {} : { 'os.version': version }),
    ...(features === undefined ? {} : { 'os.features': [...features] }),
    ...(variant === undefined ? {} : { variant }),
  }
}
