import type { AlgorithmId, KeyType } from './algorithm.ts'

/** One key version, as its store describes it. */
export interface KeyDescriptor {
  /**
   * Canonical, and versioned where the store has versions; elsewhere (file, PKCS#11) the public key alone pins the key.
   */
  readonly reference: string
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** What it may sign with, and the inputs that the store takes for it; the order means nothing. */
  readonly algorithms: Readonly<Partial<Record<AlgorithmId, Accepts>>>
  /** As the store says; not proof. */
  readonly protection: 'software' | 'hsm' | 'external' | 'unknown'
  /** A person takes part: long deadline, never retried. */
  readonly presence?: 'touch' | 'pin' | undefined
}

/** The inputs a store takes for one algorithm of one key. */
export interface Accepts {
  /** The digest of the message under the algorithm's hash. */
  readonly digest?: true | undefined
  /** ML-DSA only: the 64-byte message representative μ (FIPS 204, algorithm 7, with an empty context). */
  readonly mu?: true | undefined
  /** The message itself; the value is the most bytes the store takes. */
  readonly message?: number | undefined
}

/** What `KeyAdmin.create` is asked for. */
export interface KeySpec {
  readonly reference: string
  readonly type: KeyType
  /** For stores that bind an algorithm to a key when it is made. */
  readonly algorithm?: AlgorithmId | undefined
  readonly protection?: 'software' | 'hsm' | undefined
}
