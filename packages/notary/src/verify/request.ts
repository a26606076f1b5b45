import type { Envelope, Message } from '@sealwright/core'
import type { ArtifactStore } from '@sealwright/oci'
import type { SourceSession } from '../revocation/revocation-sources.ts'

export interface ArtifactRequest {
  readonly artifacts: ArtifactStore
  /** Where the signatures are, if not beside the artifact. */
  readonly signatures?: ArtifactStore | undefined
  /** Where the attestations are, if not beside the signatures. */
  readonly attestations?: ArtifactStore | undefined
  /** Tag or digest. */
  readonly reference: string
  /** The repository that the policy judges it as, `host[:port]/path`; without it only a `*` statement applies. */
  readonly scope?: string | undefined
  /**
   * Repositories, `host[:port]/path`, that are contacted for it, where they differ from `scope`: that of its signatures. A
   * policy of Sealwright may allow certain registries only; what is elsewhere is denied before it is contacted.
   */
  readonly places?: readonly string[] | undefined
}

export interface FileRequest {
  readonly content: Message
  /** One detached signature or several; under a policy of Notation's format one that is verified is enough. */
  readonly envelope: Envelope | readonly Envelope[]
  /** The policy statement; without it the global one applies, or the default one. */
  readonly statement?: string | undefined
  /** Must be the signed one; without it any is good. */
  readonly mediaType?: string | undefined
  /** What the file is called in the report. */
  readonly name?: string | undefined
}

export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined
  /** Whole call. Default: none. */
  readonly timeoutMs?: number | undefined
  /** Must be signed beside the artifact. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Judge as of this time instead of the clock's; the report says so. */
  readonly at?: Date | undefined
  /** Judge every signature, instead of stopping when enough of them are verified. */
  readonly all?: boolean | undefined
  /** Nobody is asked about revocation: what is cached counts, and what came with the signature. */
  readonly offline?: boolean | undefined
  /**
   * Keeps CRLs that came with signatures of trusted signers in the cache of {@link RevocationOptions}, if they are current
   * and later than what is there: in Notation's format, so that notation checks revocation without network. Default: false.
   */
  readonly keepCarried?: boolean | undefined
}

/** The options as checks get them. */
export type JudgedOptions<Options extends VerifyOptions> = Options & {
  /** For revocation: what this call may ask, and for how long. */
  readonly session: SourceSession
}

export interface ArtifactOptions extends VerifyOptions {
  /** Signatures that are tried. Default 100. With more of them and none verified the verdict is `unknown`. */
  readonly maxSignatures?: number | undefined
  /**
   * Predicate types, as URIs, that must be attested beside the signature, each by somebody whom the policy trusts for this
   * target. Where one is not, the verdict is `denied`. Of attestations as many are tried as of signatures.
   */
  readonly attestations?: readonly string[] | undefined
  /**
   * Whose verification summaries count, by `verifier.id`. Default: anybody's that a trusted signer attests. A summary has to
   * have passed and to name the target in any case.
   */
  readonly vsaVerifiers?: readonly string[] | undefined
}
