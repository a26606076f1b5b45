/** What a trust policy is for: artifacts in registries and layouts, or plain files. */
export type PolicyKind = 'oci' | 'blob'

export const LEVELS = ['strict', 'permissive', 'audit', 'skip'] as const
export type Level = (typeof LEVELS)[number]

/** The checks that a level governs, in the order in which they are made. */
export const GOVERNED_CHECKS = [
  'integrity',
  'authenticity',
  'expiry',
  'authenticTimestamp',
  'revocation',
] as const
export type GovernedCheck = (typeof GOVERNED_CHECKS)[number]

export const ACTIONS = ['enforce', 'log', 'skip'] as const
export type Action = (typeof ACTIONS)[number]

/** When a timestamp is asked for: always, or once a certificate of the chain has expired. */
export const TIMESTAMP_OPTIONS = ['always', 'afterCertExpiry'] as const
export type TimestampOption = (typeof TIMESTAMP_OPTIONS)[number]

export const STORE_TYPES = ['ca', 'signingAuthority', 'tsa'] as const
export type StoreType = (typeof STORE_TYPES)[number]

export interface SignatureVerification {
  readonly level: Level
  readonly override?: Readonly<Partial<Record<GovernedCheck, Action>>>
  /** Absent means `always`. */
  readonly verifyTimestamp?: TimestampOption
}

/** One statement of a trust policy 1.0, as it stands in the file. */
export interface Statement {
  readonly name: string
  /** `oci` only: exact repositories `host[:port]/path`, or `*` alone. */
  readonly registryScopes?: readonly string[]
  /** `blob` only: applies where no statement is named. */
  readonly globalPolicy?: boolean
  readonly signatureVerification: SignatureVerification
  /** `<type>:<name>`; empty with level `skip` alone. */
  readonly trustStores: readonly string[]
  /** `*` alone, or `x509.subject: <RFC 4514 name>` and identities of other kinds, which only a plug-in could judge. */
  readonly trustedIdentities: readonly string[]
}

/** A trust policy of version 1.0 (Notary Project, `trust-store-trust-policy.md`) that has no fault. */
export interface TrustPolicy {
  readonly version: '1.0'
  readonly trustPolicies: readonly Statement[]
}
