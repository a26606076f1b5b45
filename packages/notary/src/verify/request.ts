import type { Envelope, Message } from '@sealwright/core'
import type { ArtifactStore } from '@sealwright/oci'

export interface ArtifactRequest {
  readonly artifacts: ArtifactStore
  /** Where the signatures are, if not beside the artifact. */
  readonly signatures?: ArtifactStore
  /** Where the attestations are, if not beside the signatures. */
  readonly attestations?: ArtifactStore
  /** Tag or digest. */
  readonly reference: string
  /** The repository that the policy judges it as, `host[:port]/path`; without it only a `*` statement applies. */
  readonly scope?: string
}

export interface FileRequest {
  readonly content: Message
  readonly envelope: Envelope
  /** The policy statement; without it the global one applies. */
  readonly statement?: string
  /** Must be the signed one; without it any is good. */
  readonly mediaType?: string
  /** What the file is called in the report. */
  readonly name?: string
}

export interface VerifyOptions {
  readonly signal?: AbortSignal
  /** Whole call. Default: none. */
  readonly timeoutMs?: number
  /** Must be signed beside the artifact. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Judge as of this time instead of the clock's; the report says so. */
  readonly at?: Date
}

export interface ArtifactOptions extends VerifyOptions {
  /** Judge every signature, instead of stopping at the first that is verified. */
  readonly all?: boolean
  /** Signatures that are tried. Default 100. With more of them and none verified the verdict is `unknown`. */
  readonly maxSignatures?: number
  /**
   * Predicate types, as URIs, that must be attested beside the signature, each by somebody whom the policy trusts for this
   * target. Where one is not, the verdict is `denied`. Of attestations as many are tried as of signatures.
   */
  readonly attestations?: readonly string[]
  /**
   * Whose verification summaries count, by `verifier.id`. Default: anybody's that a trusted signer attests. A summary has to
   * have passed and to name the target in any case.
   */
  readonly vsaVerifiers?: readonly string[]
}
