import {
  type AlgorithmId,
  type Envelope,
  isSealwrightError,
  keyType,
  SealwrightError,
} from '@sealwright/core'
import type { DssePayload } from '@sealwright/core/dsse'
import { Annotations, type ArtifactStore, type Descriptor, type PushResult } from '@sealwright/oci'
import { BUNDLE_TYPE, formatStatement, holdsUnder, STATEMENT_TYPE } from '@sealwright/sigstore'
import { attachReferrer, type MadeReferrer } from '../attach-referrer.ts'
import type { SignPlaces } from '../sign-artifact.ts'
import { describe, referrerManifest } from '../signature-manifest.ts'
import type { Attestation } from './attestation.ts'
import { type OpenedAttestation, openAttestation } from './open-attestation.ts'

export interface AttestOptions {
  readonly signal?: AbortSignal | undefined
  /** DER SubjectPublicKeyInfo of the key that `seal` signs with: what it made is checked under it. */
  readonly publicKey: Uint8Array
  /** Of the manifest. Default: the clock's. */
  readonly created?: Date | undefined
}

export interface AttachedAttestation {
  readonly subject: Descriptor
  /** The manifest that attaches it. */
  readonly attestation: Descriptor
  readonly envelope: Envelope
  readonly algorithm: AlgorithmId
  readonly foundBy: NonNullable<PushResult['referrers']>
}

/**
 * Attests a predicate about an artifact: a statement about its digest, sealed into a Sigstore bundle, attached as a referrer
 * like cosign 3 does, and read back from the listing.
 *
 * @param subject - As resolved from `places.artifacts`.
 * @param seal - `payload => seal(sigstoreBundle, payload, signer, …)`. What it gives is checked before it is stored.
 * @throws {@link SealwrightError} of the store and of `seal`; `INTEGRITY` if the envelope is not over this statement by this key, or is not found where it was stored.
 *
 * @example
 * ```ts
 * import { type Signer, seal } from '@sealwright/core'
 * import { attestArtifact, attestationOf, predicateTypeOf } from '@sealwright/notary'
 * import { layoutDirectory } from '@sealwright/oci'
 * import { sigstoreBundle } from '@sealwright/sigstore'
 *
 * declare const signer: Signer
 * const artifacts = layoutDirectory('image')
 * const subject = await artifacts.resolve('v1')
 * const predicate = new TextEncoder().encode('{"result":"PASSED"}')
 * const attestation = attestationOf(predicateTypeOf('https://example.org/review/v1'), predicate)
 * await attestArtifact(
 *   { artifacts },
 *   subject,
 *   attestation,
 *   payload => seal(sigstoreBundle, payload, signer, { attributes: {} }),
 *   { publicKey: signer.key.publicKey },
 * )
 * ```
 */
export async function attestArtifact(
  places: SignPlaces,
  subject: Descriptor,
  attestation: Attestation,
  seal: (payload: DssePayload) => Promise<Envelope>,
  options: AttestOptions,
): Promise<AttachedAttestation> {
  const { mediaType, digest, size } = subject
  const artifact = { mediaType, digest, size }
  const { envelope, algorithm } = await sealAttestation([artifact], attestation, seal, options)
  const store = places.signatures ?? places.artifacts
  const made = bundleReferrer(artifact, envelope, attestation.predicateType, options)
  const foundBy = await attachReferrer(store, made, { signal: options.signal })
  return { subject: artifact, attestation: made.manifest.descriptor, envelope, algorithm, foundBy }
}

/** Seals one statement about all subjects, and checks what `seal` gave. */
async function sealAttestation(
  subjects: readonly Descriptor[],
  attestation: Attestation,
  seal: (payload: DssePayload) => Promise<Envelope>,
  { publicKey }: Pick<AttestOptions, 'publicKey'>,
): Promise<{ readonly envelope: Envelope; readonly algorithm: AlgorithmId }> {
  const payload = { payloadType: STATEMENT_TYPE, payload: formatStatement(subjects, attestation) }
  const envelope = await seal(payload)
  return { envelope, algorithm: assertMade(envelope, payload, publicKey) }
}

/** An artifact of a batch, and where its attestation goes. */
export interface BatchSubject {
  readonly subject: Descriptor
  /** Of one repository, one object. */
  readonly store: ArtifactStore
}

/** One envelope about many artifacts. */
export interface AttestationBatch {
  readonly envelope: Envelope
  readonly algorithm: AlgorithmId
  /**
   * Attaches the envelope to one of the subjects, and reads it back. The envelope itself is stored once in each store.
   *
   * @throws {@link SealwrightError} of the store; `INTEGRITY` if it is not found where it was stored.
   */
  attach(
    to: BatchSubject,
    call?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Pick<AttachedAttestation, 'attestation' | 'foundBy'>>
}

/**
 * Attests a predicate about many artifacts by one signature: one statement with all of them as subjects, in one Sigstore
 * bundle that is attached to each. Whoever reads the bundle of one artifact learns the digests of all.
 *
 * @param subjects - At most `MAX_SUBJECTS`, the limit of sigstore's verifiers.
 * @param seal - As for {@link attestArtifact}; called once.
 * @throws {@link SealwrightError} of `seal`; `VALIDATION` for too many subjects; `INTEGRITY` if the envelope is not over this
 *   statement by this key.
 */
export async function attestBatch(
  subjects: readonly BatchSubject[],
  attestation: Attestation,
  seal: (payload: DssePayload) => Promise<Envelope>,
  options: AttestOptions,
): Promise<AttestationBatch> {
  const described = subjects.map(({ subject }) => subject)
  const { envelope, algorithm } = await sealAttestation(described, attestation, seal, options)
  const stored = new Map<ArtifactStore, Promise<unknown>>()
  return {
    envelope,
    algorithm,
    async attach({ subject, store }, { signal } = {}) {
      const { mediaType, digest, size } = subject
      const artifact = { mediaType, digest, size }
      const made = bundleReferrer(artifact, envelope, attestation.predicateType, options)
      const attach = async (layers: MadeReferrer['layers']) => {
        const foundBy = await attachReferrer(store, { ...made, layers }, { signal })
        return { attestation: made.manifest.descriptor, foundBy }
      }
      const first = stored.get(store)
      if (first === undefined) {
        const attached = attach(made.layers)
        // Where the first fails, the next one stores the envelope.
        stored.set(
          store,
          attached.catch(() => stored.delete(store)),
        )
        return attached
      }
      return (await first) === true ? attach(made.layers) : attach([])
    },
  }
}

/** Our own envelope, opened as a stranger's before it is stored. */
function assertMade(envelope: Envelope, payload: DssePayload, publicKey: Uint8Array): AlgorithmId {
  if (envelope.mediaType !== BUNDLE_TYPE) throw refused(`it is ${envelope.mediaType} and no Sigstore bundle`)
  const opened = openMade(envelope)
  if (Buffer.compare(opened.payload, payload.payload) !== 0) throw refused('it is over another statement')
  const key = { type: keyType(publicKey), key: publicKey }
  const algorithm = holdsUnder(key, opened.toBeSigned, opened.signatures[0]!)
  if (algorithm === undefined)
    throw refused('its signature does not hold under the key it was to be made with')
  return algorithm
}

function openMade({ mediaType, bytes }: Envelope): OpenedAttestation {
  try {
    return openAttestation(mediaType, bytes)
  } catch (error) {
    throw isSealwrightError(error) && error.code === 'VALIDATION' ? refused(error.message) : error
  }
}

function bundleReferrer(
  subject: Descriptor,
  { mediaType, bytes }: Envelope,
  predicateType: string,
  { created = new Date() }: AttestOptions,
): MadeReferrer {
  const annotations = {
    [Annotations.bundleContent]: 'dsse-envelope',
    [Annotations.bundlePredicate]: predicateType,
    [Annotations.created]: `${created.toISOString().slice(0, 19)}Z`,
  }
  const layer = { descriptor: describe(mediaType, bytes), bytes }
  return {
    what: 'attestation',
    subject,
    ...referrerManifest({ artifactType: BUNDLE_TYPE, subject, layers: [layer.descriptor], annotations }),
    layers: [layer],
  }
}

function refused(why: string): SealwrightError {
  return new SealwrightError('INTEGRITY', 'the envelope does not attest what it should, and was not stored', {
    why,
  })
}
