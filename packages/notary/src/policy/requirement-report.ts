import type { RequirementLeaf } from './policy.ts'

/** Whether a requirement is met. `unknown`: it could not be found out. */
export type RequirementState = 'met' | 'unmet' | 'unknown'

/** One signature or attestation that was judged for one leaf. */
export interface LeafCandidate {
  readonly state: RequirementState
  /** Digest of the manifest that attaches it, or of the envelope if it is detached. */
  readonly signature: string
  /**
   * What identifies the principal who signed: `key:sha256:…`; for certificates also `subject:<store> <DN>`; for Sigstore
   * `sigstore:<issuer> <identity>`. Two candidates that share any of them are by one principal. Empty if not trusted.
   */
  readonly principal: readonly string[]
  /** The signer is trusted, and what fails is only what the policy asks beyond trust: age, metadata, timestamp. */
  readonly trusted: boolean
  /** What was found instead, for people: `signed, but revoked 2026-11-02 (OCSP)`. Absent if it is met. */
  readonly why?: string | undefined
}

/** What was found for one leaf. */
export interface LeafFinding {
  readonly candidates: readonly LeafCandidate[]
  /** Why the leaf might be met by something that could not be judged: the list was cut off, a trust store is unusable. */
  readonly unknown?: string | undefined
}

export type LeafFindings = ReadonlyMap<RequirementLeaf, LeafFinding>

/** The tree of a statement with the state of each node: plain data, as in the JSON report. */
export type RequirementReport =
  | GroupReport<'all'>
  | GroupReport<'any'>
  | (GroupReport<'atLeast'> & { readonly count: number })
  | LeafReport

interface GroupReport<Kind extends string> {
  readonly kind: Kind
  readonly state: RequirementState
  readonly of: readonly RequirementReport[]
}

export interface LeafReport {
  readonly kind: 'signer' | 'attestation'
  readonly state: RequirementState
  /** Of a signer leaf. */
  readonly signer?: string | undefined
  /** Of an attestation leaf: predicate type and who may sign it. */
  readonly predicateType?: string | undefined
  readonly by?: readonly string[] | undefined
  /** The signature that meets the leaf, by its digest. */
  readonly signature?: string | undefined
  /** What was found instead. */
  readonly why?: string | undefined
}

/** A leaf that belongs to a smallest set whose fulfilment would make the target verified. */
export interface MissingLeaf {
  /** `alice`; `attestation https://slsa.dev/provenance/v1 by builder`. */
  readonly leaf: string
  /** What was found instead: `no signature`, `signed, but revoked 2026-11-02 (OCSP)`. */
  readonly why: string
}
