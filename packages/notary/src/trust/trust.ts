import type { ErrorCode } from '@sealwright/core'
import type { TrustPolicy } from './policy.ts'
import type { PolicyFault } from './policy-fault.ts'

/** Whom to believe, as plain data: nothing is read from disk once it is made. */
export interface Trust {
  /** What it is called in reports and messages: a directory, or the option that it stands for. */
  readonly source: string
  readonly oci?: PolicySource
  readonly blob?: PolicySource
  /** Trust stores by `<type>:<name>`. A store that a policy names and that is not here does not exist. */
  readonly stores: Readonly<Record<string, TrustStore>>
  /** A public key (DER SubjectPublicKeyInfo) that is trusted by itself, in place of trust stores and identities. */
  readonly key?: Uint8Array
}

/** A policy and where it came from. One with errors makes verification under it impossible, and nothing else. */
export interface PolicySource {
  readonly file: string
  readonly faults: readonly PolicyFault[]
  readonly policy?: TrustPolicy
}

/** The certificates of one store, DER; or why the store cannot be used. */
export type TrustStore =
  | { readonly certificates: readonly Uint8Array[]; readonly fault?: undefined }
  | {
      readonly fault: string
      /** What verification by this store fails with. Default: `VALIDATION`. */
      readonly code?: ErrorCode
      readonly fix?: string
      readonly certificates?: undefined
    }
