import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  Annotations,
  type ArtifactStore,
  type Descriptor,
  type Manifest,
  MediaTypes,
  type PushResult,
  readBlob,
  readManifest,
  type StoreCall,
} from '@sealwright/oci'
import { MAX_CRL_BYTES, MAX_OCSP_RESPONSE_BYTES } from '@sealwright/x509'
import { attachReferrer } from '../attach-referrer.ts'
import { describe, referrerManifest } from '../signature-manifest.ts'
import { mergeEvidence, type SignatureEvidence } from './evidence.ts'

/** The artifact type of evidence: a referrer of the manifest that attaches a signature, with one layer for each piece. */
export const EVIDENCE_TYPE = 'application/vnd.dev.sealwright.evidence.v1'

type Kind = keyof SignatureEvidence

/** RFC 6960, RFC 2585 and RFC 7193. */
const KINDS: readonly { readonly kind: Kind; readonly mediaType: string; readonly maxBytes: number }[] = [
  { kind: 'ocsp', mediaType: 'application/ocsp-response', maxBytes: MAX_OCSP_RESPONSE_BYTES },
  { kind: 'crls', mediaType: 'application/pkix-crl', maxBytes: MAX_CRL_BYTES - 1 },
  { kind: 'timestamps', mediaType: 'application/cms', maxBytes: 64 * 1024 },
]

/** What is read for one signature at most, and so attached: whoever may push may attach. */
const MAX_MANIFESTS = 16
const MAX_PIECES = 64
const MAX_BYTES = 64 * 1024 * 1024
const MAX_MANIFEST_BYTES = 64 * 1024
/** Of listed evidence, among which the newest is chosen. */
const MAX_LISTED = 4096
const MAX_FAULTS = 16

export interface AttachEvidenceOptions {
  readonly signal?: AbortSignal | undefined
  /** Of the manifest, to the second. Default: the clock's. */
  readonly created?: Date | undefined
}

export interface AttachedEvidence {
  /** Absent if all of it was attached before, or nothing was given: then nothing is stored. */
  readonly manifest?: Descriptor
  /** How others find it; absent where nothing was stored. */
  readonly foundBy?: NonNullable<PushResult['referrers']>
}

/** Evidence as it was found. Nothing of it is judged. */
export interface FoundEvidence {
  readonly evidence: SignatureEvidence
  /** What was passed over, and why; at most 16 sentences. */
  readonly faults: readonly string[]
}

/**
 * Attaches evidence to a signature of anybody: as a referrer of the manifest that attaches the signature, which stays as it
 * is. What is stored is read back.
 *
 * @param signature - The manifest that attaches the signature, or the attestation.
 * @throws {@link SealwrightError} of the store; `UNSUPPORTED` for more than verifiers read: 64 pieces of a kind, 64 MiB in
 *   all; `INTEGRITY` if it is not found where it was stored.
 */
export async function attachEvidence(
  store: ArtifactStore,
  signature: Descriptor,
  evidence: Partial<SignatureEvidence>,
  { signal, created = new Date() }: AttachEvidenceOptions = {},
): Promise<AttachedEvidence> {
  const call = { signal }
  const merged = mergeEvidence(evidence)
  const layers = KINDS.flatMap(({ kind, mediaType, maxBytes }) => {
    const pieces = merged[kind]
    if (pieces.length > MAX_PIECES) throw tooMuch(`${pieces.length} layers of type ${mediaType}`)
    return pieces.map(bytes => {
      if (bytes.length > maxBytes) throw tooMuch(`a layer ${mediaType} of ${bytes.length} bytes`)
      return { descriptor: describe(mediaType, bytes), bytes }
    })
  })
  const total = layers.reduce((sum, { bytes }) => sum + bytes.length, 0)
  if (total > MAX_BYTES) throw tooMuch(`${total} bytes`)
  if (layers.length === 0 || (await areAttached(store, signature, layers, call))) return {}
  const annotations = { [Annotations.created]: `${created.toISOString().slice(0, 19)}Z` }
  const made = {
    what: 'evidence',
    subject: signature,
    ...referrerManifest({
      artifactType: EVIDENCE_TYPE,
      subject: signature,
      layers: layers.map(({ descriptor }) => descriptor),
      annotations,
    }),
    layers,
  } as const
  const foundBy = await attachReferrer(store, made, call)
  return { manifest: made.manifest.descriptor, foundBy }
}

/**
 * Reads the evidence that is attached to a signature, the newest first: at most 16 manifests, 64 pieces of each kind, and 64
 * MiB. Anybody who may push may attach something: what is malformed, missing, or too much is passed over.
 *
 * @param signature - The manifest that attaches the signature, or the attestation.
 * @throws the reason of the signal; never for what is attached, or for a store that does not answer.
 *
 * @example
 * ```ts
 * import { findSignatures, readEvidence } from '@sealwright/notary'
 * import { layoutDirectory } from '@sealwright/oci'
 *
 * const artifacts = layoutDirectory('image')
 * for await (const { manifest } of findSignatures(artifacts, await artifacts.resolve('v1'))) {
 *   const { evidence } = await readEvidence(artifacts, manifest)
 *   console.log(evidence.ocsp.length, evidence.crls.length)
 * }
 * ```
 */
export async function readEvidence(
  store: ArtifactStore,
  signature: Descriptor,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<FoundEvidence> {
  const call = { signal }
  const reader = new Reader(store, signature, call)
  await reader.orFault(async () => {
    const listed = await listEvidence(store, signature, call)
    for (const descriptor of listed.slice(0, MAX_MANIFESTS)) await reader.read(descriptor)
    if (listed.length > MAX_MANIFESTS)
      reader.fault(
        `${listed.length} manifests of evidence are attached; the newest ${MAX_MANIFESTS} were read`,
      )
  })
  return reader.found()
}

class Reader {
  readonly #store: ArtifactStore
  readonly #signature: Descriptor
  readonly #call: StoreCall
  readonly #pieces: Record<Kind, Uint8Array[]> = { ocsp: [], crls: [], timestamps: [] }
  readonly #seen = new Set<string>()
  readonly #faults = new Set<string>()
  #left = MAX_BYTES

  constructor(store: ArtifactStore, signature: Descriptor, call: StoreCall) {
    this.#store = store
    this.#signature = signature
    this.#call = call
  }

  found(): FoundEvidence {
    return { evidence: { ...this.#pieces }, faults: [...this.#faults] }
  }

  fault(why: string): void {
    if (this.#faults.size < MAX_FAULTS) this.#faults.add(why)
  }

  async orFault(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isSealwrightError(error) || this.#call.signal?.aborted === true) throw error
      this.fault(error.why === undefined ? error.message : `${error.message}: ${error.why}`)
    }
  }

  read(descriptor: Descriptor): Promise<void> {
    return this.orFault(async () => {
      const { digest } = descriptor
      for (const layer of await layersOf(this.#store, this.#signature, descriptor, this.#call)) {
        const found = KINDS.find(({ mediaType }) => mediaType === layer.mediaType)
        if (found === undefined) this.fault(`${digest} has a layer that is not evidence`)
        else await this.orFault(() => this.#readLayer(layer, found))
      }
    })
  }

  async #readLayer(layer: Descriptor, { kind, mediaType, maxBytes }: (typeof KINDS)[number]): Promise<void> {
    if (this.#seen.has(layer.digest)) return
    this.#seen.add(layer.digest)
    if (this.#pieces[kind].length >= MAX_PIECES)
      return this.fault(`more than ${MAX_PIECES} layers of type ${mediaType} are attached`)
    // What is refused for its size costs nothing.
    if (layer.size <= maxBytes && layer.size > this.#left)
      return this.fault(`more than ${MAX_BYTES} bytes of evidence are attached`)
    if (layer.size <= maxBytes) this.#left -= layer.size
    this.#pieces[kind].push(await readBlob(this.#store, layer, maxBytes, this.#call))
  }
}

/** The newest first, as the listing says: an annotation that anybody writes, but so is all of it. */
async function listEvidence(
  store: ArtifactStore,
  signature: Descriptor,
  call: StoreCall,
): Promise<readonly Descriptor[]> {
  const listed: Descriptor[] = []
  for await (const descriptor of store.referrers(signature, call)) {
    if (mayBeEvidence(descriptor)) listed.push(descriptor)
    if (listed.length === MAX_LISTED) break
  }
  const createdAt = ({ annotations }: Descriptor): string => annotations?.[Annotations.created] ?? ''
  return listed.reverse().toSorted((one, other) => {
    const [a, b] = [createdAt(one), createdAt(other)]
    return a < b ? 1 : a > b ? -1 : 0
  })
}

/** By its listed type; one that lists none, or the type of its config, may be evidence. */
function mayBeEvidence({ artifactType }: Descriptor): boolean {
  return artifactType === undefined || artifactType === MediaTypes.empty || artifactType === EVIDENCE_TYPE
}

/** The layers of a manifest, if it is evidence about this signature. A registry's word is not enough. */
async function layersOf(
  store: ArtifactStore,
  signature: Descriptor,
  descriptor: Descriptor,
  call: StoreCall,
): Promise<readonly Descriptor[]> {
  if (descriptor.size > MAX_MANIFEST_BYTES)
    throw notEvidence(descriptor, `it has ${descriptor.size} bytes, more than ${MAX_MANIFEST_BYTES}`)
  const manifest = await readManifest(store, descriptor, call)
  if (manifest.artifactType !== EVIDENCE_TYPE) return []
  if (manifest.kind !== 'image' || !isOf(manifest, signature))
    throw notEvidence(descriptor, 'it is about another signature')
  return manifest.layers
}

function isOf({ subject }: Manifest, { digest, size, mediaType }: Descriptor): boolean {
  return subject?.digest === digest && subject.size === size && subject.mediaType === mediaType
}

/** Whether each of the layers is in a manifest of those that a verifier reads. */
async function areAttached(
  store: ArtifactStore,
  signature: Descriptor,
  layers: readonly { readonly descriptor: Descriptor }[],
  call: StoreCall,
): Promise<boolean> {
  const missing = new Set(layers.map(({ descriptor }) => descriptor.digest))
  for (const descriptor of (await listEvidence(store, signature, call)).slice(0, MAX_MANIFESTS)) {
    try {
      for (const { digest } of await layersOf(store, signature, descriptor, call)) missing.delete(digest)
    } catch (error) {
      if (!isSealwrightError(error) || error.retryable || call.signal?.aborted === true) throw error
    }
    if (missing.size === 0) return true
  }
  return false
}

function notEvidence({ digest }: Descriptor, why: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${digest} is not evidence that can be read`, { why })
}

function tooMuch(what: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', 'the evidence is more than verifiers read', {
    why: `it has ${what}`,
    fix: `attach at most ${MAX_PIECES} pieces of a kind, and ${MAX_BYTES} bytes in all`,
  })
}
