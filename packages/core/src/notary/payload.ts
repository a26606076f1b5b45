import {
  decodeBase64,
  decodeJson,
  encodeJson,
  encodeUtf8,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'
import { SealwrightError } from '../errors.ts'
import type { TargetArtifact } from '../target-artifact.ts'
import { RESERVED_ANNOTATIONS } from './attributes.ts'

const LABEL = 'Notary payload'
const JSON_TEXT = { label: LABEL, sort: true } as const
/** Most bytes of a payload. */
const MAX_BYTES = 4 * 1024 * 1024
/** OCI image specification, "Digests". */
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/

/**
 * The payload that says `content` is signed.
 *
 * @param options.sort - Members in byte order, as the reference's JWS signer writes them; else as its COSE signer does.
 * @throws {@link SealwrightError} `VALIDATION` for a descriptor that is none, and for annotations with reserved keys.
 */
export function encodePayload(content: TargetArtifact, options: { readonly sort: boolean }): Uint8Array {
  const { mediaType, digest, size, annotations = {} } = content
  const reserved = Object.keys(annotations).find(key => key.startsWith(RESERVED_ANNOTATIONS))
  if (reserved !== undefined) {
    throw new SealwrightError('VALIDATION', `the annotation ${JSON.stringify(reserved)} is reserved`, {
      why: `keys under ${RESERVED_ANNOTATIONS} belong to the Notary specification`,
      fix: 'give the metadata another key',
    })
  }
  // What we would not read back, we do not sign.
  assertTarget(mediaType, digest, size, annotations)
  const members = [
    `"mediaType":${encodeJson(mediaType, JSON_TEXT)}`,
    `"digest":${encodeJson(digest, JSON_TEXT)}`,
    `"size":${encodeJson(size, JSON_TEXT)}`,
  ]
  if (Object.keys(annotations).length > 0) members.push(`"annotations":${encodeJson(annotations, JSON_TEXT)}`)
  if (options.sort) members.sort()
  const payload = encodeUtf8(`{"targetArtifact":{${members.join(',')}}}`, LABEL)
  if (payload.length > MAX_BYTES) throw invalid(LABEL, `${payload.length} bytes, more than ${MAX_BYTES}`)
  return payload
}

/** Members of an OCI descriptor that a signature is over, and those that say nothing of the bytes. */
const COMPARED = ['mediaType', 'digest', 'size', 'annotations'] as const
const DESCRIPTIVE = ['artifactType', 'urls', 'data', 'platform'] as const
const PLATFORM_TEXTS = ['architecture', 'os', 'os.version', 'variant'] as const
const PLATFORM_LIST = 'os.features'

/**
 * The descriptor in a payload. Members that the specification does not define are passed over, as in every reader of it;
 * those that an OCI descriptor has must be of their type, or readers of descriptors would refuse what we take.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function decodePayload(payload: Uint8Array): TargetArtifact {
  const outer = decodeJson(payload, { label: LABEL, integers: ['size'], maxBytes: MAX_BYTES })
  const target = isJsonObject(outer) ? outer.targetArtifact : undefined
  if (isJsonObject(outer)) assertExactNames(outer, ['targetArtifact'], LABEL)
  if (!isJsonObject(target)) throw invalid(LABEL, 'no targetArtifact')
  assertExactNames(target, [...COMPARED, ...DESCRIPTIVE], LABEL)
  assertDescriptive(target)
  const { mediaType, digest, size, annotations } = target
  return assertTarget(mediaType, digest, size, annotations ?? undefined)
}

/** `null` is none, here as for annotations. */
function assertDescriptive({ artifactType, urls, data, platform }: JsonObject): void {
  if (!isText(artifactType)) throw invalid(LABEL, 'artifactType is not text')
  if (!isTexts(urls)) throw invalid(LABEL, 'urls are not texts')
  if (!isText(data)) throw invalid(LABEL, 'data is not text')
  if (typeof data === 'string') decodeBase64(data, `${LABEL}: data`)
  if (platform === undefined || platform === null) return
  if (!isJsonObject(platform)) throw invalid(LABEL, 'platform is not an object')
  assertExactNames(platform, [...PLATFORM_TEXTS, PLATFORM_LIST], LABEL)
  if (!PLATFORM_TEXTS.every(name => isText(platform[name])) || !isTexts(platform[PLATFORM_LIST]))
    throw invalid(LABEL, 'platform has a member of another type')
}

function isText(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || typeof value === 'string'
}

function isTexts(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.every(isText))
}

function assertTarget(
  mediaType: JsonValue | undefined,
  digest: JsonValue | undefined,
  size: JsonValue | undefined,
  annotations: JsonValue | undefined,
): TargetArtifact {
  if (typeof mediaType !== 'string' || mediaType === '')
    throw invalid(LABEL, 'targetArtifact without mediaType')
  if (typeof digest !== 'string' || !DIGEST.test(digest))
    throw invalid(LABEL, 'targetArtifact without a digest')
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(LABEL, 'targetArtifact without a size')
  if (annotations === undefined) return { mediaType, digest, size }
  if (!isJsonObject(annotations) || !Object.values(annotations).every(value => typeof value === 'string')) {
    throw invalid(LABEL, 'annotations that are not texts by key')
  }
  return { mediaType, digest, size, annotations: annotations as Record<string, string> }
}

/**
 * Refuses members that differ from one of `names` in case only. Readers written in Go take them for the same member, so
 * that two of us could read one signed text in two ways.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function assertExactNames(object: JsonObject, names: readonly string[], label: string): void {
  let folded: ReadonlySet<string> | undefined
  for (const name of Object.keys(object)) {
    if (names.includes(name)) continue
    folded ??= new Set(names.map(fold))
    if (folded.has(fold(name))) {
      throw invalid(label, `${JSON.stringify(name)} differs from a known name in case only`)
    }
  }
}

/** As Go's `encoding/json`: ASCII case, and the two letters beyond ASCII that fold into it. */
function fold(name: string): string {
  return name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase()
}
