import type { MissingLeaf, RequirementReport } from '../policy/requirement-report.ts'

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
 * - `AGE`: it was signed longer ago than the policy allows, or does not say when.
 * - `ATTESTATION`: it is signed as it should be, and something was to be attested that no trusted signer attests.
 * - `REQUIREMENT`: what the policy requires is not met; the report names what is missing.
 * - `REGISTRY`: the policy does not allow the registry. `POLICY_EXPIRED`: the policy has expired, so it allows nothing.
 * - `LIMIT`: more signatures than may be tried, or signers that overlap too much to tell them apart in bounded time.
 * - `UNREADABLE`: the store did not hand this one out.
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
  | 'AGE'
  | 'ATTESTATION'
  | 'NO_STATEMENT'
  | 'REQUIREMENT'
  | 'REGISTRY'
  | 'POLICY_EXPIRED'
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
    /** SHA-256 of the certificate, hexadecimal. */
    readonly fingerprint: string
    readonly spkiSha256: string
    /** The store that vouches for it, `ca:acme`; absent if none does. */
    readonly trustStore?: string
  }
  /** The time at which the chain had to be valid, and where it comes from. */
  readonly time?: { readonly used: string; readonly source: TimeSource }
  /** The timestamp that vouches for the time; absent where none was verified. */
  readonly timestamp?: TimestampReport | undefined
  /** Each certificate of the signing chain but the root; absent where nobody looked. */
  readonly revocation?: readonly RevocationReport[] | undefined
  /** Why evidence that came with the signature was passed over. It changes no verdict: nobody signed for it. */
  readonly evidenceFaults?: readonly string[] | undefined
  readonly checks: readonly CheckReport[]
}

/** An RFC 3161 timestamp that was verified, and by whose word. */
export interface TimestampReport {
  /** The authority's time, RFC 3339. */
  readonly time: string
  /** How far it may be off, in milliseconds. */
  readonly accuracyMs: number
  readonly authority: { readonly subject: string; readonly fingerprint: string }
  /** The store that vouches for the authority, `tsa:acme`. */
  readonly trustStore: string
  /** OID. */
  readonly policy: string
  /** Of the authority's chain, as for the signing chain. */
  readonly revocation: readonly RevocationReport[]
}

/** Whether one certificate was revoked, and the statement of its authority that says so. */
export interface RevocationReport {
  readonly subject: string
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprint: string
  /** `notRevocable`: the certificate names no source. */
  readonly status: 'good' | 'revoked' | 'unknown' | 'notRevocable'
  readonly source?: 'ocsp' | 'crl' | undefined
  /** `carried`: with the signature. */
  readonly origin?: 'network' | 'cache' | 'carried' | undefined
  readonly url?: string | undefined
  /** From when to when the statement is current, RFC 3339. */
  readonly thisUpdate?: string | undefined
  readonly nextUpdate?: string | undefined
  /** SHA-256 of the statement, hexadecimal. */
  readonly statement?: string | undefined
  readonly revokedAt?: string | undefined
  readonly reason?: string | undefined
  /** The statement was current at this time, when the signature is proven to have existed; the certificate has expired. */
  readonly asOf?: string | undefined
  /** Why it is unknown. */
  readonly why?: string | undefined
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
    /** As of a signature's; absent if the key itself is trusted. */
    readonly fingerprint?: string
    readonly spkiSha256: string
    readonly trustStore?: string
  }
  /** As of a signature; all four are absent if the key itself is trusted. */
  readonly time?: SignatureReport['time'] | undefined
  readonly timestamp?: TimestampReport | undefined
  readonly revocation?: readonly RevocationReport[] | undefined
  readonly evidenceFaults?: readonly string[] | undefined
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
export type TimeSource = 'clock' | 'given' | 'authenticSigningTime' | 'timestamp'

export interface PolicyReport {
  readonly file: string
  /** Whose policy decided: Sealwright's own, or one of Notation's format, as also a trust that was given in place of a file is. */
  readonly kind: 'sealwright' | 'notation'
  readonly statement: string
  /** With its overrides: `strict (revocation: log)`. */
  readonly level: string
  /**
   * Signatures needed, and how many of those judged are verified. None where attestations of a trusted key are enough.
   * Under a policy of Sealwright: leaves of the requirement that are needed at least, and how many of them are met.
   */
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
  /** The statement's tree with the state of each node, where a Sealwright policy decided. */
  readonly requirement?: RequirementReport | undefined
  /** A smallest set of leaves whose fulfilment would make the target verified; absent if it is verified. */
  readonly missing?: readonly MissingLeaf[] | undefined
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
