import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import {
  Annotations,
  type ArtifactStore,
  type Descriptor,
  type Manifest,
  MediaTypes,
  readManifest,
  referrersTag,
} from '@sealwright/oci'
import { isBundleType, STATEMENT_TYPE } from '@sealwright/sigstore'
import { DSSE_TYPE, isAttestationEnvelope } from './open-attestation.ts'
import { isOfType } from './predicate-type.ts'

/** Annotation of a layer under cosign's tag `.att`. */
const LAYER_PREDICATE = 'predicateType'

/** An attestation that is attached to an artifact; or one that cannot be read, and why. */
export interface FoundAttestation {
  /** That attaches it; under cosign's old tag there is one for all of them. */
  readonly manifest: Descriptor
  /** The layer; absent where it cannot be read, or is of a type that was not asked for. */
  readonly envelope?: Descriptor | undefined
  /** What annotations say. Not signed. */
  readonly predicateType?: string | undefined
  readonly fault?: SealwrightError | undefined
}

export interface FindAttestationsOptions {
  readonly signal?: AbortSignal | undefined
  /** Those whose annotations name another type are not read. Default: all are. */
  readonly predicateTypes?: readonly string[] | undefined
}

/**
 * The attestations of an artifact in the order of the store: its referrers, then what cosign kept under the tag
 * `sha256-<hex>.att`.
 *
 * @throws {@link SealwrightError} of the store where it cannot list. What is wrong with one attestation is its own `fault`.
 */
export async function* findAttestations(
  store: ArtifactStore,
  subject: Descriptor,
  options: FindAttestationsOptions = {},
): AsyncGenerator<FoundAttestation> {
  const { signal, predicateTypes } = options
  const call = { signal }
  for await (const manifest of store.referrers(subject, call)) {
    if (!mayBeAttestation(manifest)) continue
    const predicateType = manifest.annotations?.[Annotations.bundlePredicate]
    if (
      predicateType !== undefined &&
      predicateTypes?.some(wanted => isOfType(predicateType, wanted)) === false
    ) {
      yield { manifest, predicateType }
    } else {
      yield* readAttached(store, manifest, call, found => isOf(found, subject))
    }
  }
  const tagged = await underTag(store, subject, call)
  if (tagged !== undefined) yield* readAttached(store, tagged, call, () => true)
}

/** By its listed type; one that lists none, or the empty config's, may be anything. */
function mayBeAttestation({ artifactType }: Descriptor): boolean {
  return (
    artifactType === undefined ||
    artifactType === MediaTypes.empty ||
    artifactType === DSSE_TYPE ||
    artifactType === STATEMENT_TYPE ||
    isBundleType(artifactType)
  )
}

async function* readAttached(
  store: ArtifactStore,
  descriptor: Descriptor,
  call: { readonly signal?: AbortSignal | undefined },
  belongs: (manifest: Manifest) => boolean,
): AsyncGenerator<FoundAttestation> {
  let manifest: Manifest
  try {
    manifest = await readManifest(store, descriptor, call)
  } catch (error) {
    if (!isSealwrightError(error) || call.signal?.aborted === true) throw error
    yield { manifest: descriptor, fault: error }
    return
  }
  if (!belongs(manifest)) return
  const layers =
    manifest.kind === 'image' ? manifest.layers : manifest.kind === 'artifact' ? manifest.blobs : []
  for (const envelope of layers) {
    if (!isAttestationEnvelope(envelope.mediaType)) continue
    const predicateType =
      envelope.annotations?.[LAYER_PREDICATE] ?? manifest.annotations?.[Annotations.bundlePredicate]
    yield { manifest: descriptor, envelope, ...(predicateType === undefined ? {} : { predicateType }) }
  }
}

/** A registry's word is not enough. */
function isOf({ subject }: Manifest, { digest, size, mediaType }: Descriptor): boolean {
  return subject?.digest === digest && subject.size === size && subject.mediaType === mediaType
}

async function underTag(
  store: ArtifactStore,
  subject: Descriptor,
  call: { readonly signal?: AbortSignal | undefined },
): Promise<Descriptor | undefined> {
  try {
    return await store.resolve(`${referrersTag(subject.digest)}.att`, call)
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
