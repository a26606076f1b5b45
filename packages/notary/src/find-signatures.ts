import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  type ArtifactStore,
  type Descriptor,
  type Manifest,
  MediaTypes,
  readBlob,
  readManifest,
  type StoreCall,
} from '@sealwright/oci'
import { SIGNATURE_TYPE } from './media-types.ts'

/** A signature that is attached to an artifact; or one that cannot be read, and why. */
export type FoundSignature =
  | { readonly manifest: Descriptor; readonly envelope: Descriptor; readonly fault?: undefined }
  | { readonly manifest: Descriptor; readonly fault: SealwrightError; readonly envelope?: undefined }

export interface FindOptions {
  readonly signal?: AbortSignal | undefined
  /** More of them than this are an error, never a list cut short. Default: no limit. */
  readonly limit?: number | undefined
}

/** As the reference bounds them. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024
export const MAX_ENVELOPE_BYTES: number = 32 * 1024 * 1024

/**
 * The Notary Project signatures of an artifact, in the order of the store, in all three forms: by config type, by artifact
 * type, and the withdrawn artifact manifest.
 *
 * @throws {@link SealwrightError} of the store where it cannot list; `UNSUPPORTED` beyond the limit. What is wrong with one
 *   signature is its own `fault`.
 */
export async function* findSignatures(
  store: ArtifactStore,
  subject: Descriptor,
  options: FindOptions = {},
): AsyncIterable<FoundSignature> {
  const { signal, limit = Number.POSITIVE_INFINITY } = options
  const call = { signal }
  let count = 0
  for await (const manifest of store.referrers(subject, { artifactType: SIGNATURE_TYPE, ...call })) {
    const found = await readFound(store, subject, manifest, call)
    if (found === undefined) continue
    count++
    if (count > limit) {
      throw new SealwrightError(
        'UNSUPPORTED',
        `${store.name} holds more than ${limit} signatures of ${subject.digest}`,
      )
    }
    yield found
  }
}

/** More are not listed: whoever may push may attach something. */
const MAX_LISTED = 10_000

/**
 * Lists the signatures of an artifact, the ones of the lowest rank first, without reading them: what a listing says of a
 * signature is not signed, and yet it tells which ones to read first where there are too many.
 *
 * @throws {@link SealwrightError} of the store where it cannot list.
 */
export async function listSignatures(
  store: ArtifactStore,
  subject: Descriptor,
  rank: (listed: Descriptor) => number,
  call: StoreCall,
): Promise<{ readonly listed: readonly Descriptor[]; readonly cutOff: boolean }> {
  const found: { readonly descriptor: Descriptor; readonly rank: number }[] = []
  let cutOff = false
  for await (const descriptor of store.referrers(subject, { artifactType: SIGNATURE_TYPE, ...call })) {
    cutOff = found.length === MAX_LISTED
    if (cutOff) break
    found.push({ descriptor, rank: rank(descriptor) })
  }
  const listed = found.toSorted((one, other) => one.rank - other.rank).map(({ descriptor }) => descriptor)
  return { listed, cutOff }
}

/**
 * The bytes of a signature's envelope, checked against their digest.
 *
 * @throws {@link SealwrightError} of the store; `VALIDATION` beyond 32 MiB.
 */
export async function readEnvelope(
  store: ArtifactStore,
  envelope: Descriptor,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Uint8Array> {
  if (envelope.size > MAX_ENVELOPE_BYTES) {
    throw new SealwrightError(
      'VALIDATION',
      `an envelope of ${envelope.size} bytes is larger than ${MAX_ENVELOPE_BYTES}`,
    )
  }
  return readBlob(store, envelope, MAX_ENVELOPE_BYTES, options)
}

/** A listed signature; nothing if it is none of this subject. */
export async function readFound(
  store: ArtifactStore,
  subject: Descriptor,
  descriptor: Descriptor,
  call: { readonly signal?: AbortSignal | undefined },
): Promise<FoundSignature | undefined> {
  try {
    if (descriptor.size > MAX_MANIFEST_BYTES) {
      throw new SealwrightError(
        'VALIDATION',
        `a manifest of ${descriptor.size} bytes is larger than ${MAX_MANIFEST_BYTES}`,
      )
    }
    const manifest = await readManifest(store, descriptor, call)
    if (!isSignatureOf(manifest, subject)) return undefined
    const [envelope, ...more] = layersOf(manifest)
    if (envelope === undefined || more.length > 0) {
      throw new SealwrightError('VALIDATION', 'a signature manifest has exactly one layer, the envelope')
    }
    return { manifest: descriptor, envelope }
  } catch (error) {
    if (!isSealwrightError(error) || call.signal?.aborted === true) throw error
    return { manifest: descriptor, fault: error }
  }
}

/** Whether a manifest is a Notary Project signature of this very subject. A registry's word is not enough. */
function isSignatureOf(manifest: Manifest, { mediaType, digest, size }: Descriptor): boolean {
  const { subject } = manifest
  if (subject === undefined) return false
  if (subject.digest !== digest || subject.size !== size || subject.mediaType !== mediaType) return false
  if (manifest.kind === 'artifact') return manifest.artifactType === SIGNATURE_TYPE
  if (manifest.kind !== 'image' || manifest.mediaType !== MediaTypes.manifest) return false
  if (manifest.artifactType === undefined) return manifest.config.mediaType === SIGNATURE_TYPE
  return manifest.artifactType === SIGNATURE_TYPE && manifest.config.mediaType === MediaTypes.empty
}

function layersOf(manifest: Manifest): readonly Descriptor[] {
  if (manifest.kind === 'image') return manifest.layers
  return manifest.kind === 'artifact' ? manifest.blobs : []
}
