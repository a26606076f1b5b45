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
const MAX_MANIFESTS = 256
const MAX_PIECES = 64
const MAX_BYTES = 64 * 1024 * 1024
/** Bytes of what a filter refused that are read beside. */
const MAX_REFUSED_BYTES = 64 * 1024 * 1024
/** Larger pieces are read after all others, so that a few of them use up no budget. */
const LARGE_BYTES = 64 * 1024
/** Manifests that are read together: most of the time is spent waiting for the store. */
const WAVE = 8
/** The newest manifests, among which evidence is looked for that is attached already. */
const MAX_COMPARED = 16
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

/**
 * Tells whether a piece is evidence about a signature. Of a manifest with a piece that is refused, the rest is read last:
 * what is made up takes neither time nor place from what is not.
 */
export type EvidenceFilter = (kind: keyof SignatureEvidence, piece: Uint8Array) => Promise<boolean>

export interface ReadEvidenceOptions {
  readonly signal?: AbortSignal | undefined
  /** Refused pieces are passed over, and count for no limit. Default: all are accepted. */
  readonly accepts?: EvidenceFilter | undefined
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
 * Reads the evidence that is attached to a signature, the newest first: at most 256 manifests, 64 pieces of each kind, and
 * 64 MiB; pieces of more than 64 KiB come last. Anybody who may push may attach something: what is malformed, missing, or too much is passed over.
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
  { signal, accepts = async () => true }: ReadEvidenceOptions = {},
): Promise<FoundEvidence> {
  const call = { signal }
  const reader = new Reader(store, signature, { call, accepts })
  await reader.orFault(async () => {
    const listed = await listEvidence(store, signature, call)
    await reader.read(listed.slice(0, MAX_MANIFESTS))
    if (listed.length > MAX_MANIFESTS)
      reader.fault(
        `${listed.length} manifests of evidence are attached; the newest ${MAX_MANIFESTS} were read`,
      )
  })
  return reader.found()
}

interface Piece {
  readonly layer: Descriptor
  readonly kind: Kind
  readonly maxBytes: number
}

class Reader {
  readonly #store: ArtifactStore
  readonly #signature: Descriptor
  readonly #call: StoreCall
  readonly #accepts: EvidenceFilter
  readonly #pieces: Record<Kind, Uint8Array[]> = { ocsp: [], crls: [], timestamps: [] }
  /** Of pieces, and whether they were accepted. */
  readonly #seen = new Map<string, boolean>()
  readonly #faults = new Set<string>()
  #left = MAX_BYTES
  #leftForRefused = MAX_REFUSED_BYTES
  #refused = 0

  constructor(
    store: ArtifactStore,
    signature: Descriptor,
    { call, accepts }: { readonly call: StoreCall; readonly accepts: EvidenceFilter },
  ) {
    this.#store = store
    this.#signature = signature
    this.#call = call
    this.#accepts = accepts
  }

  found(): FoundEvidence {
    if (this.#refused > 0)
      this.fault(`what is attached is not about this signature, or not signed by its CAs: ${this.#refused}`)
    return { evidence: { ...this.#pieces }, faults: [...this.#faults] }
  }

  fault(why: string): void {
    if (this.#faults.size < MAX_FAULTS) this.#faults.add(why)
  }

  async orFault<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!isSealwrightError(error) || this.#call.signal?.aborted === true) throw error
      this.fault(error.why === undefined ? error.message : `${error.message}: ${error.why}`)
      return undefined
    }
  }

  async read(manifests: readonly Descriptor[]): Promise<void> {
    const large: Piece[] = []
    const doubtful: Piece[] = []
    for (let next = 0; next < manifests.length; next += WAVE) {
      const wave = manifests.slice(next, next + WAVE)
      for (const pieces of await Promise.all(wave.map(each => this.#piecesOf(each)))) {
        const small = pieces.filter(({ layer }) => layer.size <= LARGE_BYTES)
        const refused = await this.#readUntilRefused(small)
        doubtful.push(...small.slice(refused))
        const others = pieces.filter(({ layer }) => layer.size > LARGE_BYTES)
        if (refused === small.length) large.push(...others)
        else doubtful.push(...others)
      }
    }
    for (const piece of [...bySize(large), ...bySize(doubtful)]) await this.#readPiece(piece)
  }

  /** Timestamps first: they tell which authorities the statements may be about. */
  async #piecesOf(manifest: Descriptor): Promise<readonly Piece[]> {
    const layers = await this.orFault(() => layersOf(this.#store, this.#signature, manifest, this.#call))
    const pieces = (layers ?? []).flatMap((layer): readonly Piece[] => {
      const found = KINDS.find(({ mediaType }) => mediaType === layer.mediaType)
      if (found === undefined) this.fault(`${manifest.digest} has a layer that is not evidence`)
      return found === undefined ? [] : [{ layer, ...found }]
    })
    return [
      ...pieces.filter(({ kind }) => kind === 'timestamps'),
      ...pieces.filter(({ kind }) => kind !== 'timestamps'),
    ]
  }

  /** Returns how many were read before the one that was refused. */
  async #readUntilRefused(pieces: readonly Piece[]): Promise<number> {
    for (const [index, piece] of pieces.entries()) if (!(await this.#readPiece(piece))) return index
    return pieces.length
  }

  async #readPiece(piece: Piece): Promise<boolean> {
    const { digest } = piece.layer
    const isGood = this.#seen.get(digest) ?? (await this.orFault(() => this.#judgePiece(piece))) ?? false
    this.#seen.set(digest, isGood)
    return isGood
  }

  async #judgePiece({ layer, kind, maxBytes }: Piece): Promise<boolean> {
    const { size, mediaType } = layer
    if (this.#pieces[kind].length >= MAX_PIECES) {
      this.fault(`more than ${MAX_PIECES} layers of type ${mediaType} are attached`)
      return true
    }
    // What is refused for its size costs nothing.
    if (size <= maxBytes && size > Math.min(this.#left, this.#leftForRefused)) {
      this.fault(`more than ${MAX_BYTES} bytes of evidence are attached`)
      return true
    }
    const before = this.#left
    if (size <= maxBytes) this.#left -= size
    const bytes = await readBlob(this.#store, layer, maxBytes, this.#call)
    if (await this.#accepts(kind, bytes)) {
      this.#pieces[kind].push(bytes)
      return true
    }
    this.#left = before
    this.#leftForRefused -= size
    this.#refused++
    return false
  }
}

function bySize(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.toSorted((one, other) => one.layer.size - other.layer.size)
}

/**
 * What is listed as evidence comes before what may be; of each the newest first, as the listing says: an annotation that
 * anybody writes, but so is all of it.
 */
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
  const isNamed = ({ artifactType }: Descriptor): boolean => artifactType === EVIDENCE_TYPE
  return listed.reverse().toSorted((one, other) => {
    if (isNamed(one) !== isNamed(other)) return isNamed(one) ? -1 : 1
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

/** Whether each of the layers is in one of the newest manifests. */
async function areAttached(
  store: ArtifactStore,
  signature: Descriptor,
  layers: readonly { readonly descriptor: Descriptor }[],
  call: StoreCall,
): Promise<boolean> {
  const missing = new Set(layers.map(({ descriptor }) => descriptor.digest))
  for (const descriptor of (await listEvidence(store, signature, call)).slice(0, MAX_COMPARED)) {
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
