import {
  type AlgorithmId,
  type Envelope,
  isSealwrightError,
  keyType,
  SealwrightError,
} from '@sealwright/core'
import type { DssePayload } from '@sealwright/core/dsse'
import {
  type ArtifactStore,
  type Descriptor,
  emptyConfig,
  formatManifest,
  MediaTypes,
  type PushResult,
  readManifest,
} from '@sealwright/oci'
import { readEnvelope } from '../find-signatures.ts'
import { CREATED } from '../media-types.ts'
import type { SignPlaces } from '../sign-artifact.ts'
import { describe } from '../signature-manifest.ts'
import { BUNDLE_TYPE } from './bundle.ts'
import { holdsUnder } from './dsse-signature.ts'
import { BUNDLE_CONTENT, BUNDLE_PREDICATE } from './find-attestations.ts'
import { type OpenedAttestation, openAttestation } from './open-attestation.ts'
import { type Attestation, formatStatement, STATEMENT_TYPE } from './statement.ts'

export interface AttestOptions {
  readonly signal?: AbortSignal
  /** DER SubjectPublicKeyInfo of the key that `seal` signs with: what it made is checked under it. */
  readonly publicKey: Uint8Array
  /** Of the manifest. Default: the clock's. */
  readonly created?: Date
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
 * Attests something of an artifact: a statement about its digest, sealed into a Sigstore bundle, attached as a referrer the
 * way cosign 3 does, and read back from the listing.
 *
 * @param subject - As resolved from `places.artifacts`.
 * @param seal - `payload => seal(sigstoreBundle, payload, signer, …)`. What it gives is checked before it is stored.
 * @throws {@link SealwrightError} of the store and of `seal`; `INTEGRITY` if the envelope is not over this statement by this key, or is not found where it was stored.
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
  const { manifest, foundBy } = await push(store, artifact, envelope, attestation.predicateType, options)
  await readBack(store, artifact, { manifest, foundBy }, envelope, options)
  return { subject: artifact, attestation: manifest, envelope, algorithm, foundBy }
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

interface Pushed {
  readonly manifest: Descriptor
  readonly foundBy: NonNullable<PushResult['referrers']>
}

async function push(
  store: ArtifactStore,
  subject: Descriptor,
  envelope: Envelope,
  predicateType: string,
  { signal, created = new Date() }: AttestOptions,
): Promise<Pushed> {
  const call = signal === undefined ? {} : { signal }
  const layer = describe(envelope.mediaType, envelope.bytes)
  const annotations = {
    [BUNDLE_CONTENT]: 'dsse-envelope',
    [BUNDLE_PREDICATE]: predicateType,
    [CREATED]: `${created.toISOString().slice(0, 19)}Z`,
  }
  const { data: _, ...config } = emptyConfig
  const bytes = formatManifest({
    kind: 'image',
    mediaType: MediaTypes.manifest,
    artifactType: BUNDLE_TYPE,
    config,
    layers: [layer],
    subject,
    annotations,
  })
  const manifest = { ...describe(MediaTypes.manifest, bytes), artifactType: BUNDLE_TYPE, annotations }
  // The one is two bytes long, the other was made just now.
  await store.push(config, Buffer.from('{}'), { ...call, assumeAbsent: true })
  await store.push(layer, envelope.bytes, { ...call, assumeAbsent: true })
  const { referrers } = await store.push(manifest, bytes, call)
  if (referrers === undefined) throw lost(store, manifest, 'the store does not say how it lists referrers')
  return { manifest, foundBy: referrers }
}

/**
 * Stored is what others find: the listing names it, and its bytes are the ones that were made. A list under a tag was read
 * by the store itself after it was written.
 */
async function readBack(
  store: ArtifactStore,
  subject: Descriptor,
  { manifest: attestation, foundBy }: Pushed,
  envelope: Envelope,
  { signal }: AttestOptions,
): Promise<void> {
  const call = signal === undefined ? {} : { signal }
  const query = { artifactType: BUNDLE_TYPE, ...call }
  for await (const listed of foundBy === 'tag' ? [attestation] : store.referrers(subject, query)) {
    if (listed.digest !== attestation.digest) continue
    try {
      const manifest = await readManifest(store, attestation, call)
      const [layer] = manifest.kind === 'image' ? manifest.layers : []
      if (Buffer.compare(await readEnvelope(store, layer!, call), envelope.bytes) === 0) return
    } catch (error) {
      throw isSealwrightError(error) && error.code === 'NOT_FOUND'
        ? lost(store, attestation, error.message)
        : error
    }
    throw lost(store, attestation, 'its envelope is another one')
  }
  throw lost(store, attestation, 'the list of referrers does not name it')
}

function refused(why: string): SealwrightError {
  return new SealwrightError('INTEGRITY', 'the envelope does not attest what it should, and was not stored', {
    why,
  })
}

function lost(store: ArtifactStore, { digest }: Descriptor, why: string): SealwrightError {
  return new SealwrightError(
    'INTEGRITY',
    `the attestation ${digest} was pushed to ${store.name} and cannot be read back`,
    { why, fix: 'try again; if it stays so, the store loses or hides what it accepts' },
  )
}
