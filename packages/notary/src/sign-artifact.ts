import type { Envelope, Message, TargetArtifact } from '@sealwright/core'
import type { ArtifactStore, Descriptor, PushResult } from '@sealwright/oci'
import { attachReferrer } from './attach-referrer.ts'
import type { SignatureBinding } from './binding.ts'
import { type FileContentOptions, fileContent } from './file-content.ts'
import { describe, type ManifestForm, signatureManifest } from './signature-manifest.ts'
import { assertOwnEnvelope, type SoundEnvelope } from './sound-envelope.ts'

export interface SignPlaces {
  readonly artifacts: ArtifactStore
  /** Where the signature goes, if not beside the artifact. */
  readonly signatures?: ArtifactStore | undefined
}

export interface AttachOptions {
  readonly signal?: AbortSignal | undefined
  /** Default `config-type`. */
  readonly manifest?: ManifestForm | undefined
}

export interface SignOptions extends AttachOptions {
  /** Signed beside the artifact; keys under `io.cncf.notary` are refused. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
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
 *
 * @example
 * ```ts
 * import { type Signer, seal } from '@sealwright/core'
 * import { notaryJws, signArtifact } from '@sealwright/notary'
 * import { layoutDirectory } from '@sealwright/oci'
 *
 * declare const signer: Signer
 * declare const certificates: readonly Uint8Array[]
 * const artifacts = layoutDirectory('image')
 * const { signature } = await signArtifact({ artifacts }, 'v1', notaryJws, content =>
 *   seal(notaryJws.envelope, content, signer, { attributes: { signingTime: new Date() }, certificates }),
 * )
 * ```
 */
export async function signArtifact<Attributes>(
  places: SignPlaces,
  reference: string,
  binding: SignatureBinding<Attributes>,
  seal: (content: TargetArtifact, subject: Descriptor) => Promise<Envelope>,
  options: SignOptions = {},
): Promise<AttachedSignature> {
  const { mediaType, digest, size } = await places.artifacts.resolve(reference, { signal: options.signal })
  const subject = { mediaType, digest, size }
  const { metadata = {} } = options
  const envelope = await seal(binding.contentOf(subject, metadata), subject)
  return attachSignature(places, subject, envelope, { ...options, metadata })
}

/**
 * Attaches an envelope that was made elsewhere, after checking that it is sound and signs this very artifact.
 *
 * @param subject - As resolved from `places.artifacts`.
 * @param envelope - One that `openEnvelope` found to be sound is not opened again.
 * @param options.metadata - Exactly this must be signed beside the artifact; without it any is good.
 * @throws As {@link signArtifact}.
 */
export async function attachSignature(
  places: SignPlaces,
  subject: Descriptor,
  envelope: Envelope | SoundEnvelope,
  options: SignOptions = {},
): Promise<AttachedSignature> {
  const { metadata } = options
  const { mediaType, digest, size } = subject
  const signed = { mediaType, digest, size }
  const sound = assertOwnEnvelope(envelope, { ...signed, metadata })
  const store = places.signatures ?? places.artifacts
  const { mediaType: type, bytes } = sound.envelope
  const layer = { descriptor: describe(type, bytes), bytes }
  const { manifest, config } = signatureManifest({
    form: options.manifest ?? 'config-type',
    subject,
    envelope: layer.descriptor,
    fingerprints: sound.chain.map(({ fingerprint }) => fingerprint),
    signingTime: sound.attributes.signingTime,
  })
  const made = { what: 'signature', subject, manifest, config, layers: [layer] } as const
  const foundBy = await attachReferrer(store, made, { signal: options.signal })
  return { subject: signed, signature: manifest.descriptor, envelope: sound.envelope, foundBy }
}

/**
 * Signs a file into a detached envelope. The file is read once, and may be of any size.
 *
 * @throws {@link SealwrightError} of `seal`; `VALIDATION` for a media type or metadata that cannot be; `INTEGRITY` if the
 *   envelope that `seal` gave does not sign this file.
 *
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs'
 * import { type Signer, seal } from '@sealwright/core'
 * import { notaryJws, signFile } from '@sealwright/notary'
 *
 * declare const signer: Signer
 * declare const certificates: readonly Uint8Array[]
 * const { envelope } = await signFile(
 *   createReadStream('app.tgz'),
 *   notaryJws,
 *   content =>
 *     seal(notaryJws.envelope, content, signer, { attributes: { signingTime: new Date() }, certificates }),
 *   { algorithm: signer.algorithm.id },
 * )
 * ```
 */
export async function signFile<Attributes>(
  file: Message,
  binding: SignatureBinding<Attributes>,
  seal: (content: TargetArtifact) => Promise<Envelope>,
  options: FileContentOptions,
): Promise<{ readonly content: TargetArtifact; readonly envelope: Envelope }> {
  const { metadata, ...rest } = options
  const content = binding.contentOf(await fileContent(file, rest), metadata)
  const envelope = await seal(content)
  assertOwnEnvelope(envelope, { ...content, metadata: metadata ?? {} })
  return { content, envelope }
}
