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
  readonly keyId?: string
  /** DER, leaf first; its key is `key.publicKey`, or `KEY_MISMATCH`. */
  readonly certificates?: readonly Uint8Array[]
}

/** What is attached unsigned. */
export interface Evidence {
  /** DER RFC 3161 TimeStampTokens. */
  readonly timestamps?: readonly Uint8Array[]
  readonly logEntries?: readonly Uint8Array[]
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
  readonly algorithm?: AlgorithmId
  readonly certificates?: readonly Uint8Array[]
  readonly keyId?: string
}

export interface Envelope {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

export interface SealOptions<Attributes> extends CallOptions {
  readonly attributes: Attributes
  readonly certificates?: readonly Uint8Array[]
  readonly keyId?: string
  /** An envelope over the same content that gains a signature. */
  readonly onto?: Uint8Array
  /** Timestamp authority, log. Runs inside the deadline of the call. */
  readonly countersign?: (signature: Signature, options: CallOptions) => Promise<Evidence>
}

export type Seal = <Content, Attributes>(
  format: EnvelopeFormat<Content, Attributes>,
  content: Content,
  signer: Signer,
  options: SealOptions<Attributes>,
) => Promise<Envelope>
