import type { Algorithm, AlgorithmId } from './algorithm.ts'
import type { CallOptions, Limiter } from './call.ts'
import type { KeyDescriptor } from './key.ts'
import type { KeyProvider } from './provider.ts'

/** The bytes to sign, whole or in chunks. Read once. */
export type Message = Uint8Array | AsyncIterable<Uint8Array>

/** One key, one algorithm: the safe face, what everybody uses. */
export interface Signer extends AsyncDisposable {
  readonly key: KeyDescriptor
  readonly algorithm: Algorithm
  /**
   * Signs a message, never a digest: what the signer did not hash it could not verify.
   *
   * @returns A signature that held under `key.publicKey` before it was released.
   * @throws {@link SealwrightError} of any code; `INTEGRITY` when what the store returned does not verify.
   */
  sign(message: Message, options?: CallOptions): Promise<Signature>
  /** DER, leaf first, where the store holds certificates. */
  certificates?(options?: CallOptions): Promise<readonly Uint8Array[]>
}

export interface Signature {
  /** ECDSA as r‖s (IEEE P1363), each half of the curve's length; RSA, Ed25519 and ML-DSA as their RFCs have it. */
  readonly bytes: Uint8Array
  readonly algorithm: AlgorithmId
  readonly key: KeyDescriptor
  readonly requestId?: string | undefined
  readonly certificates?: readonly Uint8Array[] | undefined
}

export interface OpenOptions extends CallOptions {
  /** Required unless the key allows one algorithm only. */
  readonly algorithm?: (AlgorithmId | ((key: KeyDescriptor) => AlgorithmId)) | undefined
  /** `sha256:<hex>` of the public key; any other key is `KEY_MISMATCH`. */
  readonly fingerprint?: string | undefined
  /** Shared by the signers of one store. */
  readonly limiter?: Limiter | undefined
  /** Awaited: what is not on record is not released. */
  readonly audit?: ((record: AuditRecord) => Promise<void>) | undefined
}

export interface AuditRecord {
  readonly reference: string
  readonly fingerprint: string
  readonly signature: Signature
}

export type OpenSigner = (provider: KeyProvider, reference: string, options?: OpenOptions) => Promise<Signer>
