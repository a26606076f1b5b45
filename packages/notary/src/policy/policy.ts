/** The file in the trust directory that holds the policy, beside Notation's. */
export const SEALWRIGHT_POLICY_FILE = 'trustpolicy.sealwright.json'

/** Where its JSON Schema is published; the package has a copy, `schemas/trustpolicy.1.json`. */
export const SEALWRIGHT_POLICY_SCHEMA = 'https://sealwright.dev/schemas/trustpolicy.1.json'

/** The version that this library reads; a file of any other is refused. */
export const SEALWRIGHT_POLICY_VERSION = 'sealwright/1'

/** A policy that says who must have said what about a target: `trustpolicy.sealwright.json`, checked. */
export interface SealwrightPolicy {
  readonly version: typeof SEALWRIGHT_POLICY_VERSION
  /** From this time on, by the real clock, everything that the policy decides is denied. */
  readonly expires?: Date | undefined
  /** Hosts, or `host/path/*`; absent: any registry. Checked before any connection. */
  readonly registries?: readonly string[] | undefined
  /** What decides where no statement covers the target. */
  readonly otherwise: 'deny' | 'notation'
  readonly signers: Readonly<Record<string, PolicySigner>>
  readonly statements: readonly PolicyStatement[]
}

/** Somebody who signs, by what identifies their signatures. */
export type PolicySigner = CertificateSigner | KeySigner | SigstoreSigner

/** Notation's rule: the chain is in one of the stores, and the subject matches one of the identities. */
export interface CertificateSigner {
  readonly kind: 'certificates'
  /** `ca:acme`, `signingAuthority:acme`. */
  readonly stores: readonly string[]
  /** `*` alone, or `x509.subject: <RFC 4514 name>`. */
  readonly identities: readonly string[]
}

/** A public key trusted by itself: certificate dates and revocation do not apply. */
export interface KeySigner {
  readonly kind: 'key'
  /** PEM file with the public key, as written in the policy: relative to the trust directory, inside it. */
  readonly file?: string | undefined
  /** `sha256:<hex>` of the DER SubjectPublicKeyInfo, where the policy names a fingerprint instead of a file. */
  readonly fingerprint?: string | undefined
  /** When trust in the key ends: a trusted timestamp must be earlier, or else the present time. */
  readonly notAfter?: Date | undefined
}

/** A certificate of a Sigstore authority, by identity and issuer. Read, and not judged yet. */
export interface SigstoreSigner {
  readonly kind: 'sigstore'
  /** Exact, or with one `*` at the end after `/` or `@`. */
  readonly identity: string
  readonly issuer: string
  /** `trusted_root.json`, relative to the trust directory, inside it. */
  readonly trustedRoot: string
  /** Fulcio extensions by name (`sourceRepositoryURI`), exact values. */
  readonly extensions?: Readonly<Record<string, string>> | undefined
}

export interface PolicyStatement {
  readonly name: string
  /** Canonical: a repository, a prefix that ends in `/*`, or `*` alone. Empty for a statement on files. */
  readonly scopes: readonly string[]
  /** The statement is for files, and is chosen by its name. */
  readonly files: boolean
  /** The statement for files that applies where none is named. */
  readonly default: boolean
  readonly require: Requirement
  readonly timestamp: TimestampRule
  readonly revocation: RevocationRule
}

export interface TimestampRule {
  /** Default: `afterCertExpiry`. `never`: tokens are not looked at. */
  readonly require: 'always' | 'afterCertExpiry' | 'never'
  /** Trust stores, `tsa:one`. */
  readonly authorities: readonly string[]
  /** How many different authorities must vouch. Default: 1. */
  readonly atLeast: number
}

export interface RevocationRule {
  /** Default: `enforce`. */
  readonly mode: 'enforce' | 'log'
  /** Limits the age of cached and stapled statements, in milliseconds. */
  readonly maxAgeMs?: number | undefined
  /**
   * A CA may drop expired certificates from its CRL. `proven` (default): for an expired certificate, only a statement
   * counts that covers the time before the expiry.
   */
  readonly afterExpiry: 'proven' | 'accept'
}

/** A tree of at most 64 leaves and depth 8. */
export type Requirement = AllOf | AnyOf | AtLeastOf | RequirementLeaf
export type RequirementLeaf = SignerLeaf | AttestationLeaf

export interface AllOf {
  readonly kind: 'all'
  readonly of: readonly Requirement[]
}

export interface AnyOf {
  readonly kind: 'any'
  readonly of: readonly Requirement[]
}

export interface AtLeastOf {
  readonly kind: 'atLeast'
  readonly count: number
  readonly of: readonly Requirement[]
}

/** One sound, unexpired signature of the target by this signer. A signer stands in at most one such leaf of a tree. */
export interface SignerLeaf {
  readonly kind: 'signer'
  readonly signer: string
  /** Measured from the time that the signer signed, in milliseconds. */
  readonly maxAgeMs?: number | undefined
  /** Must be signed with it. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** An attestation about the target, signed by one of the signers, for which the condition is true. */
export interface AttestationLeaf {
  readonly kind: 'attestation'
  /** Predicate type, a URI. */
  readonly predicateType: string
  readonly by: readonly string[]
  /** CEL over `predicate`, `predicateType`, `subject` and `signer`. */
  readonly where?: string | undefined
  /** For verification summaries: the accepted `verifier.id`s. */
  readonly verifiers?: readonly string[] | undefined
  readonly maxAgeMs?: number | undefined
}
