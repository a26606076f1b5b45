import type { Trust, Verifier } from '@sealwright/notary'
import type { RegistryFlags } from '../program/registry-flags.ts'

/** What is the same for every target of a run of `verify`. */
export interface VerifyPlan {
  /** Whom the verifier believes. */
  readonly trust: Trust
  readonly verifier: Verifier
  /** The repository that layouts, archives and manifests in files are judged as. */
  readonly scope?: string
  readonly statement?: string
  /** A detached envelope; `-` is stdin. */
  readonly signature?: string
  readonly metadata: Readonly<Record<string, string>>
  /** Predicate types, as URIs, that must be attested. */
  readonly attestations: readonly string[]
  /** Whose verification summaries count; anybody's if it is empty. */
  readonly vsaVerifiers: readonly string[]
  readonly all: boolean
  readonly at?: Date
  readonly maxSignatures?: number
  readonly registry: RegistryFlags
}
