import type { Algorithm, AlgorithmId, KeyType } from './algorithm.ts'
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
  /** What messages call it: `AWS KMS`. Without it they say `key store "NAME"`. */
  readonly title?: string | undefined
  /** URI schemes without the colon, matched exactly: `file`, `awskms`. */
  readonly schemes: readonly string[]
  /** Least privilege per operation, in the store's own words. */
  readonly permissions: Readonly<Partial<Record<Operation, readonly string[]>>>
  /** The same for one key, where the rules of the store name keys. */
  permissionsOf?(reference: string): KeyProvider['permissions']
  /**
   * The one spelling of a reference: idempotent, case kept, no network.
   * Must throw `VALIDATION` for a text that is not a reference of its schemes, and for one that carries a secret.
   */
  canonical(reference: string): string
  /** One key version that can sign now, or a failure. */
  open(reference: string, call: Call): Promise<KeyHandle>
  /**
   * Names a vendor failure; `undefined` becomes `INTERNAL`. Must not throw. All other members let vendor errors through, and
   * core makes the message: `AWS KMS refused to sign with KEY`.
   *
   * @param during - What failed, where one error means several things.
   */
  classify(error: unknown, during?: FailedOperation): Failure | undefined
  /**
   * Whose credentials answered.
   *
   * @param reference - Of the key that is meant: some stores have credentials for each place.
   */
  identify?(
    call: Call,
    reference?: string,
  ): Promise<{ readonly source: string; readonly identity?: string | undefined }>
  readonly admin?: KeyAdmin | undefined
}

/** One open key version. */
export interface KeyHandle extends Partial<AsyncDisposable> {
  readonly key: KeyDescriptor
  /** One call of the store. Must not hash, convert, retry or verify. May be called concurrently. */
  signRaw(request: SignRequest, call: Call): Promise<RawSignature>
  /**
   * Begins a signature of a message that arrives in chunks: for a store that hashes the message itself and takes no digest.
   * Used for messages that are streams, or larger than the key takes whole; for algorithms with a hash only.
   */
  beginSign?(algorithm: Algorithm): StreamedSignature
  /** DER certificates, leaf first; asked only if a chain is needed. */
  certificates?(call: Call): Promise<readonly Uint8Array[]>
}

/** A message that a store hashes as it arrives. */
export interface StreamedSignature {
  /** Takes the next bytes of the message; the caller may reuse them afterwards. */
  update(chunk: Uint8Array): void
  /** Signs what arrived. Called once. */
  sign(call: Call): Promise<RawSignature>
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
  readonly reference?: string | undefined
  /** The store's id of the call. */
  readonly requestId?: string | undefined
  /** DER, leaf first, from stores that issue a certificate with each signature. */
  readonly certificates?: readonly Uint8Array[] | undefined
}

/** Codes a store's failure can have; `ABORTED` and `TIMEOUT` of the deadline are the pipeline's own. */
export type FailureCode = ErrorCode

/** The call that a failure ended. */
export interface FailedOperation {
  readonly operation: Operation
  /** Of the key, or of the store; absent for a store without one. */
  readonly reference?: string | undefined
}

/**
 * What a vendor error means; core puts the store, the operation and the reference before it. Free of secrets: written by the
 * adapter, never the vendor's own text unscrubbed.
 */
export interface Failure {
  readonly code: FailureCode
  /** The fact found: `these credentials are not authorized for kms:Sign`. */
  readonly why?: string | undefined
  /** What to do next: an imperative. */
  readonly fix?: string | undefined
  readonly retryAfterMs?: number | undefined
  readonly requestId?: string | undefined
}

/** A key in the list of its store. All but the reference is what the store tells in the same requests. */
export interface ListedKey {
  /** Canonical; opens the key. */
  readonly reference: string
  readonly type?: KeyType | undefined
  /** What it may sign with; the order means nothing. */
  readonly algorithms?: readonly AlgorithmId[] | undefined
  readonly state?: KeyState | undefined
  readonly created?: Date | undefined
  /** As the store says; not proof. */
  readonly protection?: KeyDescriptor['protection'] | undefined
}

/**
 * `enabled` signs now; `disabled` can be enabled again; `pending` will sign later; `expired` is past its end; `deleted` is
 * scheduled for deletion or can only be recovered; `unavailable` cannot be reached by the store itself.
 */
export type KeyState = 'enabled' | 'disabled' | 'pending' | 'expired' | 'deleted' | 'unavailable'

/**
 * What may be done to keys in a store, as an adapter author writes it; `manageKeys` is the safe face. It never exports,
 * imports, disables or destroys a key, and tries nothing again: `list` is repeated by core, the others never are.
 */
export interface KeyAdmin {
  /**
   * Lists the keys that can sign, or could if they were enabled. `prefix` is the beginning of a reference: the store,
   * written with the slash that ends it, then perhaps the beginning of a name.
   *
   * Must throw `NOT_FOUND` where no key has the beginning that was asked for: an empty list says that the store is empty.
   * Must throw `VALIDATION` for a prefix that does not say which store.
   */
  list(query: { readonly prefix?: string | undefined }, call: Call): AsyncIterable<ListedKey>
  /** The versioned reference, once the key can sign. */
  create(spec: KeySpec, call: Call): Promise<string>
  /** Reference as given: an alias moves to the new key. */
  rotate?(reference: string, call: Call): Promise<string>
  /** `chain`: DER, leaf first. */
  attachCertificates?(reference: string, chain: readonly Uint8Array[], call: Call): Promise<void>
}

export type Operation = 'open' | 'sign' | 'certificates' | 'identify' | keyof KeyAdmin
