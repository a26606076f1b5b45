import type { Algorithm } from './algorithm.ts'
import type { Call } from './call.ts'
import type { ErrorCode } from './errors.ts'
import type { Accepts, KeyDescriptor, KeySpec } from './key.ts'

/**
 * One key store: the thin face, what an adapter author writes. It never hashes, converts, retries, caches trust or
 * verifies; the pipeline does, once for all stores.
 */
export interface KeyProvider extends Partial<AsyncDisposable> {
  /** The version of this contract. */
  readonly contract: 1
  readonly name: string
  /** URI schemes without the colon, matched exactly: `file`, `awskms`. */
  readonly schemes: readonly string[]
  /** Least privilege per operation, in the store's own words. */
  readonly permissions: Readonly<Partial<Record<Operation, readonly string[]>>>
  /**
   * The one spelling of a reference: idempotent, case kept, no network.
   * Must throw `VALIDATION` for what is no reference of its schemes, and for one that carries a secret.
   */
  canonical(reference: string): string
  /** One key version that can sign now, or a failure. */
  open(reference: string, call: Call): Promise<KeyHandle>
  /** Names a vendor failure; `undefined` becomes `INTERNAL`. Must not throw. */
  classify(error: unknown): Failure | undefined
  /** Whose credentials answered. */
  identify?(call: Call): Promise<{ readonly source: string; readonly identity?: string }>
  readonly admin?: KeyAdmin
}

/** One open key version. */
export interface KeyHandle extends Partial<AsyncDisposable> {
  readonly key: KeyDescriptor
  /** One call of the store. Must not hash, convert, retry or verify. May be called concurrently. */
  signRaw(request: SignRequest, call: Call): Promise<RawSignature>
  /** DER certificates, leaf first; asked only if a chain is needed. */
  certificates?(call: Call): Promise<readonly Uint8Array[]>
}

export interface SignRequest {
  readonly algorithm: Algorithm
  /** Which of the inputs that the key accepts `bytes` is. */
  readonly input: keyof Accepts
  readonly bytes: Uint8Array
}

export interface RawSignature {
  readonly bytes: Uint8Array
  /** ECDSA as the store gave it: DER `Ecdsa-Sig-Value` or raw r‖s; all else is raw. */
  readonly encoding: 'der' | 'raw'
  /** The key version that the store says it used, canonical. */
  readonly reference?: string
  /** The store's id of the call. */
  readonly requestId?: string
  /** DER, leaf first, from stores that issue a certificate with each signature. */
  readonly certificates?: readonly Uint8Array[]
}

/** Codes a store's failure can have; `ABORTED` and `TIMEOUT` of the deadline are the pipeline's own. */
export type FailureCode = ErrorCode

export interface Failure {
  readonly code: FailureCode
  /** Free of secrets: written by the adapter, never the vendor's own text unscrubbed. */
  readonly message?: string
  readonly retryAfterMs?: number
  readonly requestId?: string
}

/** What may be done to keys in a store. It never exports, imports, disables or destroys a key. */
export interface KeyAdmin {
  list(query: { readonly prefix?: string }, call: Call): AsyncIterable<string>
  /** The versioned reference, once the key can sign. */
  create(spec: KeySpec, call: Call): Promise<string>
  /** Reference as given: an alias moves to the new key. */
  rotate?(reference: string, call: Call): Promise<string>
  /** `chain`: DER, leaf first. */
  attachCertificates?(reference: string, chain: readonly Uint8Array[], call: Call): Promise<void>
}

export type Operation = 'open' | 'sign' | 'certificates' | 'identify' | keyof KeyAdmin
