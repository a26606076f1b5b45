import type { Signer } from '@sealwright/core'
import type { KeyedMutex } from '@sealwright/core/adapter'
import type { Attestation } from '@sealwright/notary'
import type { Certificate } from '@sealwright/x509'
import type { AtOnce } from '../frame/at-once.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import type { AuditLog } from '../signing/audit-log.ts'

/** What is the same for every target of a run of `attest`. */
export interface AttestPlan {
  readonly signer: Signer
  readonly audit?: AuditLog | undefined
  /** What goes into the bundle, leaf first; empty: a hint at the key. */
  readonly chain: readonly Certificate[]
  readonly attestation: Attestation
  readonly atOnce: AtOnce
  /** Two names of one manifest are attested one after the other: the second finds what the first one made. */
  readonly oneByOne: KeyedMutex
  readonly registry: RegistryFlags
  readonly now: Date
}
