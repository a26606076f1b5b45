import {
  type AlgorithmId,
  type Envelope,
  isSealwrightError,
  keyType,
  SealwrightError,
} from '@sealwright/core'
import type { DssePayload } from '@sealwright/core/dsse'
import { Annotations, type Descriptor, type PushResult } from '@sealwright/oci'
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

/** The payload that says it of an artifact: what the envelope of an attestation is made around. */
export function attestationPayload(subject: Descriptor, attestation: Attestation): DssePayload {
  return { payloadType: STATEMENT_TYPE, payload: formatStatement(subject, attestation) }
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
  const payload = attestationPayload(artifact, attestation)
  const envelope = await seal(payload)
  const algorithm = assertMade(envelope, payload, options.publicKey)
  const store = places.signatures ?? places.artifacts
  const made = bundleReferrer(artifact, envelope, attestation.predicateType, options)
  const foundBy = await attachReferrer(store, made, { signal: options.signal })
  return { subject: artifact, attestation: made.manifest.descriptor, envelope, algorithm, foundBy }
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
