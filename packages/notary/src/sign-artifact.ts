import { type Envelope, isSealwrightError, SealwrightError, type TargetArtifact } from '@sealwright/core'
import type { ArtifactStore, Descriptor, PushResult } from '@sealwright/oci'
import type { SignatureBinding } from './binding.ts'
import { findSignatures, readEnvelope, readFound } from './find-signatures.ts'
import { assertOwnEnvelope } from './own-envelope.ts'
import { describe, type ManifestForm, signatureManifest } from './signature-manifest.ts'
import type { SoundEnvelope } from './sound-envelope.ts'

export interface SignPlaces {
  readonly artifacts: ArtifactStore
  /** Where the signature goes, if not beside the artifact. */
  readonly signatures?: ArtifactStore
}

export interface AttachOptions {
  readonly signal?: AbortSignal
  /** Default `config-type`. */
  readonly manifest?: ManifestForm
}

export interface SignOptions extends AttachOptions {
  /** Signed beside the artifact; keys under `io.cncf.notary` are refused. */
  readonly metadata?: Readonly<Record<string, string>>
}

export interface AttachedSignature {
  /** The artifact that is signed. */
  readonly subject: Descriptor
  /** The manifest that attaches the signature. */
  readonly signature: Descriptor
  readonly envelope: Envelope
  /** How others find it: by the referrers API, the fallback tag, or the layout. */
  readonly foundBy: NonNullable<PushResult['referrers']>
}

/**
 * Signs an artifact and attaches the signature: resolve once, seal, check the own envelope, push config, envelope and
 * manifest, and read it back from the listing. The artifact's tag and digest stay as they are.
 *
 * @param reference - Tag or digest.
 * @param seal - Makes the envelope over the content: `content => seal(binding.envelope, content, signer, …)`, or a service
 *   that returns finished envelopes. Its output is checked like a stranger's.
 * @throws {@link SealwrightError} of the store and of `seal`; `INTEGRITY` if the envelope does not sign this artifact, or is
 *   not found where it was stored; `VALIDATION` if its certificates break the Notary Project's rules. Nothing is stored
 *   unless the envelope is good.
 */
export async function signArtifact<Attributes>(
  places: SignPlaces,
  reference: string,
  binding: SignatureBinding<Attributes>,
  seal: (content: TargetArtifact, subject: Descriptor) => Promise<Envelope>,
  options: SignOptions = {},
): Promise<AttachedSignature> {
  const { mediaType, digest, size } = await places.artifacts.resolve(reference, callOf(options))
  const subject = { mediaType, digest, size }
  const { metadata = {} } = options
  const envelope = await seal(binding.contentOf(subject, metadata), subject)
  return attachSignature(places, subject, envelope, { ...options, metadata })
}

/**
 * Attaches an envelope that was made elsewhere, after checking that it is sound and signs this very artifact.
 *
 * @param subject - As resolved from `places.artifacts`.
 * @param options.metadata - Exactly this must be signed beside the artifact; without it any is good.
 * @throws As {@link signArtifact}.
 */
export async function attachSignature(
  places: SignPlaces,
  subject: Descriptor,
  envelope: Envelope,
  options: SignOptions = {},
): Promise<AttachedSignature> {
  const { metadata } = options
  const { mediaType, digest, size } = subject
  const signed = { mediaType, digest, size }
  const sound = assertOwnEnvelope(envelope, { ...signed, ...(metadata === undefined ? {} : { metadata }) })
  const store = places.signatures ?? places.artifacts
  const { signature, referrers } = await push(store, subject, envelope, sound, options)
  await readBack(store, subject, { signature, referrers }, envelope, options)
  return { subject: signed, signature, envelope, foundBy: referrers }
}

async function push(
  store: ArtifactStore,
  subject: Descriptor,
  envelope: Envelope,
  { chain, attributes }: SoundEnvelope,
  options: AttachOptions,
): Promise<{ signature: Descriptor; referrers: NonNullable<PushResult['referrers']> }> {
  const call = callOf(options)
  const layer = describe(envelope.mediaType, envelope.bytes)
  const { manifest, config } = signatureManifest({
    form: options.manifest ?? 'config-type',
    subject,
    envelope: layer,
    fingerprints: chain.map(({ fingerprint }) => fingerprint),
    signingTime: attributes.signingTime,
  })
  // The one is two bytes long, the other was made just now.
  await store.push(config.descriptor, config.bytes, { ...call, assumeAbsent: true })
  await store.push(layer, envelope.bytes, { ...call, assumeAbsent: true })
  const { referrers } = await store.push(manifest.descriptor, manifest.bytes, call)
  if (referrers === undefined)
    throw lost(store, manifest.descriptor, 'the store does not say how it lists referrers')
  return { signature: manifest.descriptor, referrers }
}

/**
 * Stored is what others find: the listing names it, and its bytes are the ones that were made. A list under a tag was read
 * by the store itself after it was written.
 */
async function readBack(
  store: ArtifactStore,
  subject: Descriptor,
  { signature, referrers }: { readonly signature: Descriptor; readonly referrers: PushResult['referrers'] },
  envelope: Envelope,
  options: AttachOptions,
): Promise<void> {
  const call = callOf(options)
  const listed =
    referrers === 'tag'
      ? [await readFound(store, subject, signature, call)]
      : findSignatures(store, subject, call)
  for await (const found of listed) {
    if (found?.manifest.digest !== signature.digest) continue
    if (found.envelope === undefined) throw lost(store, signature, found.fault.message)
    const bytes = await readEnvelope(store, found.envelope, call).catch((error: unknown) => {
      throw isSealwrightError(error) && error.code === 'NOT_FOUND'
        ? lost(store, signature, error.message)
        : error
    })
    if (Buffer.compare(bytes, envelope.bytes) !== 0)
      throw lost(store, signature, 'its envelope is another one')
    return
  }
  if (referrers !== 'api') throw lost(store, signature, 'the list of signatures does not name it')
  throw lost(
    store,
    signature,
    'the referrers API of the registry does not list it',
    'sign again with --referrers tag, which keeps the list under a tag, and verify with it too; or wait, if the registry lists late',
  )
}

function lost(
  store: ArtifactStore,
  { digest }: Descriptor,
  why: string,
  fix = 'try again; if it stays so, the store loses or hides what it accepts',
): SealwrightError {
  return new SealwrightError(
    'INTEGRITY',
    `the signature ${digest} was pushed to ${store.name} and cannot be read back`,
    { why, fix },
  )
}

function callOf({ signal }: AttachOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
