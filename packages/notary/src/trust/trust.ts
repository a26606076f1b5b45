import type { ErrorCode } from '@sealwright/core'
import type { SealwrightPolicy } from '../policy/policy.ts'
import type { PolicyFault, TrustPolicy } from './policy.ts'

/** Whom to believe, as plain data: nothing is read from disk once it is made. */
export interface Trust {
  /** What it is called in reports and messages: a directory, or the option that it stands for. */
  readonly source: string
  readonly oci?: PolicySource | undefined
  readonly blob?: PolicySource | undefined
  /** Sealwright's own policy; where it has a statement for a target, that statement decides. */
  readonly sealwright?: SealwrightPolicySource | undefined
  /** Trust stores by `<type>:<name>`. A store that a policy names and that is not here does not exist. */
  readonly stores: Readonly<Record<string, TrustStore>>
  /** A public key (DER SubjectPublicKeyInfo) that is trusted by itself, in place of trust stores and identities. */
  readonly key?: Uint8Array | undefined
}

/** A policy and where it came from. One with errors makes verification under it impossible, and nothing else. */
export interface PolicySource {
  readonly file: string
  /** `sha256:<hex>` of the file, where there is one: what a verification summary says of the policy. */
  readonly digest?: string | undefined
  readonly faults: readonly PolicyFault[]
  readonly policy?: TrustPolicy | undefined
}

/** The certificates of one store, DER; or why the store cannot be used. */
export type TrustStore =
  | { readonly certificates: readonly Uint8Array[]; readonly fault?: undefined }
  | {
      readonly fault: string
      /** What verification by this store fails with. Default: `VALIDATION`. */
      readonly code?: ErrorCode | undefined
      readonly fix?: string | undefined
      readonly certificates?: undefined
    }

/** Sealwright's own policy, where it came from, and the files that it names. */
export interface SealwrightPolicySource {
  readonly file: string
  /** As of a {@link PolicySource}. */
  readonly digest?: string | undefined
  readonly faults: readonly PolicyFault[]
  readonly policy?: SealwrightPolicy | undefined
  /** Public keys (DER SubjectPublicKeyInfo) of the signers that name a file, by signer. */
  readonly keys: Readonly<Record<string, Uint8Array>>
}
