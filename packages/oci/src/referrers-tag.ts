import type { JsonValue } from '@sealwright/core/encoding'
import type { Descriptor } from './descriptor.ts'
import { parseDigest } from './digest.ts'
import { artifactTypeOf, formatManifest, type Manifest } from './manifest.ts'
import { MediaTypes } from './media-types.ts'

const PART_LENGTH = 32

/**
 * The tag under which the referrers of a digest are listed where there is no referrers API (distribution-spec,
 * "Referrers Tag Schema"): at most 32 characters of the algorithm and 64 of the hash.
 */
export function referrersTag(digest: string): string {
  const [algorithm = '', encoded = ''] = digest.split(':')
  const legal = (text: string) => text.replace(/[^\w.-]/g, '-')
  return `${legal(algorithm).slice(0, 32)}-${legal(encoded).slice(0, 64)}`
}

/**
 * Returns the tag of one referrer alone: `sha256-<64 hex of the subject>.<first 32 hex of the referrer>`. Clients that
 * update the fallback index at the same time can lose each other's entries; this tag has one writer. Half a digest is
 * enough to tell referrers apart, and what the tag names is checked by its manifest.
 *
 * @throws {@link SealwrightError} `VALIDATION` if one of them is not a digest.
 */
export function referrerTag(subject: string, referrer: string): string {
  return `${referrersTag(subject)}.${referrerPart(referrer)}`
}

/**
 * Returns the part after the dot in the {@link referrerTag} of a referrer.
 *
 * @throws {@link SealwrightError} `VALIDATION` if it is not a digest.
 */
export function referrerPart(referrer: string): string {
  return parseDigest(referrer).hex.slice(0, PART_LENGTH)
}

/** Splits a {@link referrerTag} into the {@link referrersTag} of the subject and the {@link referrerPart}. */
export function parseReferrerTag(tag: string): { readonly list: string; readonly part: string } | undefined {
  const [, list, part] = /^(sha(?:256|384|512)-[0-9a-f]{64})\.([0-9a-f]{32})$/.exec(tag) ?? []
  return list === undefined || part === undefined ? undefined : { list, part }
}

/**
 * Returns the subject of a fallback index or of a {@link referrerTag}; `undefined` for other tags, and for digests other
 * than SHA-256, which a tag holds only in part.
 */
export function listedSubject(tag: string): string | undefined {
  const list = parseReferrerTag(tag)?.list ?? tag
  const [, hex] = /^sha256-([0-9a-f]{64})$/.exec(list) ?? []
  return hex === undefined ? undefined : `sha256:${hex}`
}

/** Whether a tag is one of these, or one of cosign's older `sha256-<hex>.sig`, `.att`, `.sbom`. */
export function isReferrersTag(tag: string): boolean {
  return /^sha(?:256|384|512)-[0-9a-f]{64}(?:\.[a-z]+)?$/.test(tag) || parseReferrerTag(tag) !== undefined
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

/**
 * The bytes of a list of referrers.
 *
 * @param others - Entries that cannot be read; they stay, at the end.
 */
export function referrersIndex(
  manifests: readonly Descriptor[],
  others: readonly JsonValue[] = [],
): Uint8Array {
  const bytes = formatManifest({ kind: 'index', mediaType: MediaTypes.index, manifests })
  if (others.length === 0) return bytes
  const index = JSON.parse(Buffer.from(bytes).toString())
  return Buffer.from(JSON.stringify({ ...index, manifests: [...index.manifests, ...others] }))
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
