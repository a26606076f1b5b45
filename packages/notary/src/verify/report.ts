/** What became of a target, or of one signature of it. */
export type Verdict = 'verified' | 'notVerified' | 'unknown' | 'denied' | 'skipped'

/**
 * Why something is not verified.
 * - `UNSIGNED`: there is no Notary Project signature.
 * - `MALFORMED`: what is there is not a signature that can be read.
 * - `MISSING`: a signature is listed, and its bytes are not in the store.
 * - `TAMPERED`: bytes are not the ones that were signed, or not the ones that their digest names.
 * - `CERTIFICATE`: the chain breaks the Notary Project's certificate rules.
 * - `UNTRUSTED`: no trust store holds its chain, or its subject is not a trusted identity.
 * - `TRUST_STORE`: a trust store that the policy names cannot be used, so nobody can tell.
 * - `EXPIRED`: the signature has expired, or a certificate was not valid at the time that counts.
 * - `TIMESTAMP`, `REVOCATION`: these checks failed, or could not be made.
 * - `UNSUPPORTED`: the signature demands something that is not understood.
 * - `METADATA`: it lacks metadata that was asked for. `NO_STATEMENT`: the policy does not speak of the target.
 * - `ATTESTATION`: it is signed as it should be, and something was to be attested that no trusted signer attests.
 * - `LIMIT`: more signatures than may be tried. `UNREADABLE`: the store did not hand this one out.
 */
export type ReasonCode =
  | 'UNSIGNED'
  | 'MALFORMED'
  | 'MISSING'
  | 'TAMPERED'
  | 'CERTIFICATE'
  | 'UNTRUSTED'
  | 'TRUST_STORE'
  | 'EXPIRED'
  | 'TIMESTAMP'
  | 'REVOCATION'
  | 'UNSUPPORTED'
  | 'METADATA'
  | 'ATTESTATION'
  | 'NO_STATEMENT'
  | 'LIMIT'
  | 'UNREADABLE'

export interface Reason {
  readonly code: ReasonCode
  readonly why: string
  /** What to do about it, where the cause is known. It never loosens a policy. */
  readonly fix?: string
}

/** The checks in the order in which they are made. A failure that is enforced ends the list; the rest is `skipped`. */
export const CHECKS = [
  'integrity',
  'attributes',
  'authenticity',
  'expiry',
  'authenticTimestamp',
  'revocation',
  'artifact',
  'metadata',
] as const
export type CheckName = (typeof CHECKS)[number]

/** `logged` is a failure that the policy lets pass; `notConfigured` a check that nobody asked for. */
export type CheckOutcome = 'passed' | 'failed' | 'logged' | 'skipped' | 'notConfigured' | 'unknown'

export interface CheckReport {
  readonly check: CheckName
  readonly outcome: CheckOutcome
  readonly detail?: string
}

export interface SignatureReport {
  /** Of the manifest that attaches the signature; of the envelope itself if it is detached. */
  readonly digest: string
  /** `jws`, `cose`; the media type of the layer where it is neither. */
  readonly format?: string
  readonly verdict: Verdict
  readonly reason?: Reason
  /** What the signer signed beside the artifact. Claims, unless `integrity` and `authenticity` passed. */
  readonly signed?: {
    readonly scheme: string
    /** RFC 3339, UTC, as all times here. */
    readonly signingTime: string
    readonly expiry?: string
    readonly metadata?: Readonly<Record<string, string>>
  }
  readonly signer?: {
    readonly subject: string
    readonly spkiSha256: string
    /** The store that vouches for it, `ca:acme`; absent if none does. */
    readonly trustStore?: string
  }
  /** The time at which the chain had to be valid, and where it comes from. */
  readonly time?: { readonly used: string; readonly source: TimeSource }
  readonly checks: readonly CheckReport[]
}

/** One attestation that was judged. */
export interface AttestationReport {
  /** Of the manifest that attaches it. */
  readonly digest: string
  /** What its statement says it is; its annotations, where the statement cannot be read. */
  readonly predicateType?: string
  readonly format?: 'sigstore-bundle' | 'dsse'
  readonly verdict: Extract<Verdict, 'verified' | 'notVerified' | 'unknown'>
  readonly reason?: Reason
  readonly signer?: {
    /** Of the leaf certificate; absent if the key itself is trusted. */
    readonly subject?: string
    readonly spkiSha256: string
    readonly trustStore?: string
  }
  readonly checks: readonly CheckReport[]
}

/** What had to be attested, and what was found. Predicate types are URIs. */
export interface AttestationsReport {
  readonly required: readonly string[]
  /** Those of them that a trusted signer attests. */
  readonly met: readonly string[]
  readonly judged: readonly AttestationReport[]
  /** Attestations of all types as far as they were looked at, by what they say of themselves. */
  readonly found: readonly { readonly predicateType: string; readonly count: number }[]
}

/** `given`: the caller's own, in place of the clock. */
export type TimeSource = 'clock' | 'given' | 'authenticSigningTime'

export interface PolicyReport {
  readonly file: string
  readonly statement: string
  /** With its overrides: `strict (revocation: log)`. */
  readonly level: string
  /** Signatures needed, and how many of those judged are verified. None where attestations of a trusted key are enough. */
  readonly required: number
  readonly met: number
}

/** Referrers that are not Notary Project signatures, counted by type. */
export interface FoundReferrers {
  readonly artifactType: string
  readonly count: number
}

/** A manifest that an index names. */
export interface NamedManifest {
  readonly digest: string
  readonly mediaType: string
  /** `os/architecture`, with the variant behind it; absent where the index does not say. */
  readonly platform?: string
}

/** The report on one target: plain data, the same as in the JSON of the command line. */
export interface Report {
  readonly reference: string
  /** `<repository>@<digest>`; absent if nothing had to be resolved. */
  readonly resolved?: string
  readonly verdict: Verdict
  /** There unless `verified` or `skipped`; beside `verified`, `LIMIT` says that not all signatures were judged. */
  readonly reason?: Reason
  /** The time that was given to judge as of, RFC 3339. */
  readonly at?: string
  /** Absent if no statement covers the target. */
  readonly policy?: PolicyReport
  readonly signatures: readonly SignatureReport[]
  /** There if something had to be attested, and the signatures are good. */
  readonly attestations?: AttestationsReport
  /** Filled if there is no signature. */
  readonly found: readonly FoundReferrers[]
  /** Of an index, what it names: signed with it by their digests. Signatures of their own were not looked at. */
  readonly manifests?: readonly NamedManifest[]
}

/** RFC 3339 in UTC to the second. */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}
