import type { AlgorithmId } from './algorithm.ts'
import type { CallOptions } from './call.ts'
import type { KeyDescriptor } from './key.ts'
import type { Message, Signature, Signer } from './signer.ts'

/** Which bytes are signed, and how the envelope closes around the signature. One file a format. */
export interface EnvelopeFormat<Content, Attributes> {
  readonly mediaType: string
  /** The algorithm the format prescribes for a key. `VALIDATION`, naming the choices, where nothing is prescribed. */
  algorithmFor(key: KeyDescriptor): AlgorithmId
  /** `onto`: the bytes of an envelope over the same content that gains a signature. */
  prepare(content: Content, attributes: Attributes, identity: SignerIdentity, onto?: Uint8Array): Prepared
  /** Strict; keeps the received bytes. Throws `VALIDATION`. */
  open(bytes: Uint8Array): UnverifiedEnvelope<Content, Attributes>
}

export interface Prepared {
  readonly toBeSigned: Message
  close(signature: Signature, evidence: Evidence): Uint8Array
}

/** Always a key; a chain, if certificates vouch for it. */
export interface SignerIdentity {
  readonly key: KeyDescriptor
  readonly algorithm: AlgorithmId
  /** A hint, never trusted. */
  readonly keyId?: string | undefined
  /** DER, leaf first; its key is `key.publicKey`, or `KEY_MISMATCH`. */
  readonly certificates?: readonly Uint8Array[] | undefined
}

/** What is attached unsigned. */
export interface Evidence {
  /** DER RFC 3161 TimeStampTokens. */
  readonly timestamps?: readonly Uint8Array[] | undefined
  readonly logEntries?: readonly Uint8Array[] | undefined
  /** Of formats that have a place for it: {@link StaplingFormat}. */
  readonly stapled?: StapledEvidence | undefined
  /** Why what was stapled to an opened envelope cannot be read; the signature is none the worse for it. */
  readonly stapledFault?: string | undefined
}

/** Evidence that is carried in an envelope beside its one timestamp. Nothing of it is signed by the signer. */
export interface StapledEvidence {
  /** DER RFC 3161 TimeStampTokens over {@link StaplingFormat.stapledMessage}; at most 8, of at most 64 KiB each. */
  readonly timestamps?: readonly Uint8Array[] | undefined
  /** DER OCSPResponses; at most 16, of at most 20 KiB each. */
  readonly ocsp?: readonly Uint8Array[] | undefined
  /** DER CertificateLists; at most 16, of at most 64 KiB each. */
  readonly crls?: readonly Uint8Array[] | undefined
}

/** A format whose envelopes take more unsigned evidence after they were signed. */
export interface StaplingFormat<Content, Attributes> extends EnvelopeFormat<Content, Attributes> {
  /**
   * Returns the envelope with more evidence: a timestamp, if it has none, and what is stapled. What is signed stays byte
   * for byte, and so does everything that is not evidence.
   *
   * @throws {@link SealwrightError} `VALIDATION` for an envelope that cannot be opened; `UNSUPPORTED` for what it has no place
   *   for, such as a second timestamp that is not stapled.
   */
  addEvidence(envelope: Uint8Array, evidence: Evidence): Uint8Array
  /** What a stapled timestamp is over: in COSE the signature, in JWS its base64url text, as JAdES has it. */
  stapledMessage(signature: Uint8Array): Uint8Array
}

export interface UnverifiedEnvelope<Content, Attributes> {
  readonly payload: Uint8Array
  readonly payloadType: string
  readonly signatures: readonly UnverifiedSignature<Attributes>[]
  /** Called by verification, after a signature holds. Throws `VALIDATION`. */
  content(): Content
}

/** Claims, no more: nothing of it is true before the signature holds under a trusted key. */
export interface UnverifiedSignature<Attributes> {
  readonly toBeSigned: Uint8Array
  readonly bytes: Uint8Array
  readonly attributes: Attributes
  readonly evidence: Evidence
  readonly algorithm?: AlgorithmId | undefined
  readonly certificates?: readonly Uint8Array[] | undefined
  readonly keyId?: string | undefined
}

export interface Envelope {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

export interface SealOptions<Attributes> extends CallOptions {
  readonly attributes: Attributes
  readonly certificates?: readonly Uint8Array[] | undefined
  readonly keyId?: string | undefined
  /** An envelope over the same content that gains a signature. */
  readonly onto?: Uint8Array | undefined
  /** Timestamp authority, log. Runs inside the deadline of the call. */
  readonly countersign?: ((signature: Signature, options: CallOptions) => Promise<Evidence>) | undefined
}

export type Seal = <Content, Attributes>(
  format: EnvelopeFormat<Content, Attributes>,
  content: Content,
  signer: Signer,
  options: SealOptions<Attributes>,
) => Promise<Envelope>
