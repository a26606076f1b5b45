// The public declarations of @sealwright/notary. Written by `npm run api`; do not edit.
import type { AlgorithmId, Envelope, ErrorCode, KeyDescriptor, Message, SealwrightError, StaplingFormat, TargetArtifact } from '@sealwright/core'
import type { DssePayload } from '@sealwright/core/dsse'
import type { NotaryAttributes } from '@sealwright/core/notary-jws'
import type { ArtifactStore, Descriptor, PushResult } from '@sealwright/oci'
import type { InTotoStatement, StatementPredicate } from '@sealwright/sigstore'
import type { Certificate, ChainFault, RevocationStatus } from '@sealwright/x509'
import type { LookupAddress, LookupAllOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'

export type Action = (typeof ACTIONS)[number];

export interface AllOf {
    readonly kind: 'all';
    readonly of: readonly Requirement[];
}

export interface AnyOf {
    readonly kind: 'any';
    readonly of: readonly Requirement[];
}

export interface ArtifactOptions extends VerifyOptions {
    /** Signatures that are tried. Default 100. With more of them and none verified the verdict is `unknown`. */
    readonly maxSignatures?: number | undefined;
    /**
     * Predicate types, as URIs, that must be attested beside the signature, each by somebody whom the policy trusts for this
     * target. Where one is not, the verdict is `denied`. Of attestations as many are tried as of signatures.
     */
    readonly attestations?: readonly string[] | undefined;
    /**
     * Whose verification summaries count, by `verifier.id`. Default: anybody's that a trusted signer attests. A summary has to
     * have passed and to name the target in any case.
     */
    readonly vsaVerifiers?: readonly string[] | undefined;
}

export interface ArtifactRequest {
    readonly artifacts: ArtifactStore;
    /** Where the signatures are, if not beside the artifact. */
    readonly signatures?: ArtifactStore | undefined;
    /** Where the attestations are, if not beside the signatures. */
    readonly attestations?: ArtifactStore | undefined;
    /** Tag or digest. */
    readonly reference: string;
    /** The repository that the policy judges it as, `host[:port]/path`; without it only a `*` statement applies. */
    readonly scope?: string | undefined;
    /**
     * Repositories, `host[:port]/path`, that are contacted for it, where they differ from `scope`: that of its signatures. A
     * policy of Sealwright may allow certain registries only; what is elsewhere is denied before it is contacted.
     */
    readonly places?: readonly string[] | undefined;
}

export interface AtLeastOf {
    readonly kind: 'atLeast';
    readonly count: number;
    readonly of: readonly Requirement[];
}

export interface AttachEvidenceOptions {
    readonly signal?: AbortSignal | undefined;
    /** Of the manifest, to the second. Default: the clock's. */
    readonly created?: Date | undefined;
}

export interface AttachOptions {
    readonly signal?: AbortSignal | undefined;
    /** Default `config-type`. */
    readonly manifest?: ManifestForm | undefined;
}

export interface AttachedAttestation {
    readonly subject: Descriptor;
    /** The manifest that attaches it. */
    readonly attestation: Descriptor;
    readonly envelope: Envelope;
    readonly algorithm: AlgorithmId;
    readonly foundBy: NonNullable<PushResult['referrers']>;
}

/** An envelope and where it was found. */
export interface AttachedEnvelope extends FoundEnvelope {
    /** Of the manifest that attaches it; of the layer under an old tag. */
    readonly digest: string;
    /** What attaches it, if it is a referrer: evidence may be attached to that in turn. */
    readonly manifest?: Descriptor | undefined;
    /** cosign's old tag that it was found under. */
    readonly tag?: string | undefined;
}

export interface AttachedEvidence {
    /** Absent if all of it was attached before, or nothing was given: then nothing is stored. */
    readonly manifest?: Descriptor;
    /** How others find it; absent where nothing was stored. */
    readonly foundBy?: NonNullable<PushResult['referrers']>;
}

export interface AttachedSignature {
    /** The artifact that is signed. */
    readonly subject: Descriptor;
    /** The manifest that attaches the signature. */
    readonly signature: Descriptor;
    readonly envelope: Envelope;
    /** How others find it: by the referrers API, the fallback tag, or the layout. */
    readonly foundBy: NonNullable<PushResult['referrers']>;
}

export interface AttestOptions {
    readonly signal?: AbortSignal | undefined;
    /** DER SubjectPublicKeyInfo of the key that `seal` signs with: what it made is checked under it. */
    readonly publicKey: Uint8Array;
    /** Of the manifest. Default: the clock's. */
    readonly created?: Date | undefined;
}

/** What is said of an artifact; made by {@link attestationOf}. */
export type Attestation = StatementPredicate;

/** One envelope about many artifacts. */
export interface AttestationBatch {
    readonly envelope: Envelope;
    readonly algorithm: AlgorithmId;
    /**
     * Attaches the envelope to one of the subjects, and reads it back. The envelope itself is stored once in each store.
     *
     * @throws {@link SealwrightError} of the store; `INTEGRITY` if it is not found where it was stored.
     */
    attach(to: BatchSubject, call?: {
        readonly signal?: AbortSignal | undefined;
    }): Promise<Pick<AttachedAttestation, 'attestation' | 'foundBy'>>;
}

/** An attestation about the target, signed by one of the signers, for which the condition is true. */
export interface AttestationLeaf {
    readonly kind: 'attestation';
    /** Predicate type, a URI. */
    readonly predicateType: string;
    readonly by: readonly string[];
    /** CEL over `predicate`, `predicateType`, `subject` and `signer`. */
    readonly where?: string | undefined;
    /** For verification summaries: the accepted `verifier.id`s. */
    readonly verifiers?: readonly string[] | undefined;
    readonly maxAgeMs?: number | undefined;
}

/** One attestation that was judged. */
export interface AttestationReport {
    /** Of the manifest that attaches it. */
    readonly digest: string;
    /** What its statement says it is; its annotations, where the statement cannot be read. */
    readonly predicateType?: string;
    readonly format?: 'sigstore-bundle' | 'dsse';
    readonly verdict: Extract<Verdict, 'verified' | 'notVerified' | 'unknown'>;
    readonly reason?: Reason;
    readonly signer?: {
        /** Of the leaf certificate; absent if the key itself is trusted. */
        readonly subject?: string;
        /** As of a signature's; absent if the key itself is trusted. */
        readonly fingerprint?: string;
        readonly spkiSha256: string;
        readonly trustStore?: string;
    };
    /** As of a signature; all four are absent if the key itself is trusted. */
    readonly time?: SignatureReport['time'] | undefined;
    readonly timestamp?: TimestampReport | undefined;
    readonly revocation?: readonly RevocationReport[] | undefined;
    readonly evidenceFaults?: readonly string[] | undefined;
    readonly checks: readonly CheckReport[];
}

/** What had to be attested, and what was found. Predicate types are URIs. */
export interface AttestationsReport {
    readonly required: readonly string[];
    /** Those of them that a trusted signer attests. */
    readonly met: readonly string[];
    readonly judged: readonly AttestationReport[];
    /** Attestations of all types as far as they were looked at, by what they say of themselves. */
    readonly found: readonly {
        readonly predicateType: string;
        readonly count: number;
    }[];
}

/** An artifact of a batch, and where its attestation goes. */
export interface BatchSubject {
    readonly subject: Descriptor;
    /** Of one repository, one object. */
    readonly store: ArtifactStore;
}

/** The checks in the order in which they are made. A failure that is enforced ends the list; the rest is `skipped`. */
export const CHECKS: readonly ['integrity', 'attributes', 'authenticity', 'expiry', 'authenticTimestamp', 'revocation', 'artifact', 'metadata'];

/** Notation's rule: the chain is in one of the stores, and the subject matches one of the identities. */
export interface CertificateSigner {
    readonly kind: 'certificates';
    /** `ca:acme`, `signingAuthority:acme`. */
    readonly stores: readonly string[];
    /** `*` alone, or `x509.subject: <RFC 4514 name>`. */
    readonly identities: readonly string[];
}

export type CheckName = (typeof CHECKS)[number];

/** `logged` is a failure that the policy lets pass; `notConfigured` a check that nobody asked for. */
export type CheckOutcome = 'passed' | 'failed' | 'logged' | 'skipped' | 'notConfigured' | 'unknown';

export interface CheckReport {
    readonly check: CheckName;
    readonly outcome: CheckOutcome;
    readonly detail?: string;
}

export interface CheckedPolicy {
    /** Every fault, in the order of the file. */
    readonly faults: readonly PolicyFault[];
    /** There unless a fault is an error. */
    readonly policy?: TrustPolicy | undefined;
}

/** Sealwright's policy with all that is wrong with it. */
export interface CheckedSealwrightPolicy {
    /** Errors and warnings in the order of the file; of each the first 100. */
    readonly faults: readonly PolicyFault[];
    /** Present unless a fault is an error. */
    readonly policy?: SealwrightPolicy | undefined;
}

export interface CollectedEvidence {
    /** Without timestamps. */
    readonly evidence: SignatureEvidence;
    /**
     * For every certificate but the root, and both kinds of source: what it says. Of a certificate that one kind calls
     * revoked, nothing is taken. One that names no source has one entry, `notRevocable`.
     */
    readonly statuses: readonly CollectedStatement[];
}

/** What one kind of source says of one certificate; `source` is there for `unknown` too. */
export interface CollectedStatement extends RevocationReport {
    /** What to do where it is `unknown`, if that is known. */
    readonly fix?: string | undefined;
}

/** A CRL with the delta CRL that belongs to it, both DER. */
export interface CrlFiles {
    readonly base: Uint8Array;
    readonly delta?: Uint8Array | undefined;
}

/** The artifact type of evidence: a referrer of the manifest that attaches a signature, with one layer for each piece. */
export const EVIDENCE_TYPE = "application/vnd.dev.sealwright.evidence.v1";

/** What an envelope says of itself. Nothing of it is verified, not even that its signature holds. */
export interface EnvelopeFacts<Format = InspectedFormat> {
    readonly kind: 'signature' | 'attestation' | 'sbom';
    readonly format: Format;
    /** Of the format, where it has versions. */
    readonly version?: string | undefined;
    readonly algorithm?: string | undefined;
    /** What the payload says was signed. */
    readonly target?: Pick<TargetArtifact, 'mediaType' | 'digest' | 'size'> | undefined;
    /** The digest that it says it is over, where it says no more of it. */
    readonly signs?: string | undefined;
    /** Where it says that its target comes from. */
    readonly references?: readonly string[] | undefined;
    /** Key and value pairs that are signed with the target. */
    readonly metadata?: Readonly<Record<string, string>> | undefined;
    /** Of the Notary Project. */
    readonly scheme?: string | undefined;
    readonly signingTime?: Date | undefined;
    readonly expiry?: Date | undefined;
    /** Attributes beyond those of the specification. */
    readonly extended?: readonly {
        readonly key: string | number;
        readonly critical: boolean;
    }[] | undefined;
    readonly signingAgent?: string | undefined;
    /** How many timestamp tokens are attached. */
    readonly timestamps?: number | undefined;
    /** How many entries of transparency logs are attached. */
    readonly logEntries?: number | undefined;
    /** What it says of its keys: hints and ids. */
    readonly keys?: readonly string[] | undefined;
    readonly payloadType?: string | undefined;
    /** The in-toto statement inside. */
    readonly statement?: InTotoStatement | undefined;
    /** What people look for first in a predicate that is known here, as text by name. */
    readonly summary?: Readonly<Record<string, string>> | undefined;
    /** What a bill of materials says it is of, and how many packages or components it names. */
    readonly bom?: {
        readonly name?: string | undefined;
        readonly parts?: number | undefined;
    } | undefined;
    /** As they stand there; no chain is checked. */
    readonly certificates?: readonly Certificate[] | undefined;
}

/** Why an envelope is not sound. */
export interface EnvelopeFault {
    readonly code: 'MALFORMED' | 'TAMPERED' | 'CERTIFICATE';
    readonly why: string;
}

export interface EnvelopesOptions {
    readonly signal?: AbortSignal | undefined;
    /** More than these are an error, never a list cut short. Default: no limit. */
    readonly limit?: number | undefined;
    /** Media types to read beside those that `inspectEnvelope` knows. */
    readonly mediaTypes?: readonly string[] | undefined;
    /** Called with what is listed and cannot be read, which is passed over. */
    readonly onFault?: ((manifest: Descriptor, fault: SealwrightError) => void) | undefined;
}

export interface EqualAttestationQuery {
    readonly attestation: Attestation;
    /** DER SubjectPublicKeyInfo of the key that would sign it. */
    readonly publicKey: Uint8Array;
    /** DER, leaf first: what the bundle would carry. Default: none, the hint alone. */
    readonly certificates?: readonly Uint8Array[] | undefined;
    /** It must have a timestamp by an authority whose chain ends in one of these. Default: none is looked for. */
    readonly timestampedBy?: readonly Certificate[] | undefined;
    readonly signal?: AbortSignal | undefined;
}

export interface EqualSignature {
    /** The manifest that attaches it. */
    readonly signature: Descriptor;
    readonly envelope: SoundEnvelope;
}

export interface EqualSignatureQuery {
    /** What would be signed. */
    readonly content: TargetArtifact;
    /** DER SubjectPublicKeyInfo of the key that would sign it. */
    readonly publicKey: Uint8Array;
    /**
     * DER of the certificate that it would have. The chain is not signed: without this, whoever may push could have a
     * signature with a useless chain taken for ours.
     */
    readonly certificate?: Uint8Array | undefined;
    /** It must have a timestamp by an authority whose chain ends in one of these. Default: none is looked for. */
    readonly timestampedBy?: readonly Certificate[] | undefined;
    readonly now: Date;
    /** Only envelopes of this type; without it of any. */
    readonly mediaType?: string | undefined;
    readonly signal?: AbortSignal | undefined;
}

/** Collects statements on revocation. Keeps what it was told: a chain that comes again costs no request. */
export interface EvidenceCollector {
    /**
     * Collects OCSP responses and CRLs for every certificate of a chain but the root. Each is judged, and taken only if it
     * says now that the certificate is good. Online the sources are asked even where the cache holds an answer, which may
     * expire soon; offline the cache alone counts.
     *
     * A source that does not answer is reported, and never an error.
     *
     * @param chain - Leaf first, root last; each issued by the next.
     * @throws the reason of the signal.
     */
    collect(chain: readonly Certificate[], call?: RevocationCall): Promise<CollectedEvidence>;
}

export interface EvidenceCollectorOptions extends RevocationOptions {
    /** Default: the system's clock. */
    readonly clock?: (() => Date) | undefined;
}

/**
 * Tells whether a piece is evidence about a signature. Of a manifest with a piece that is refused, the rest is read last:
 * what is made up takes neither time nor place from what is not.
 */
export type EvidenceFilter = (kind: keyof SignatureEvidence, piece: Uint8Array) => Promise<boolean>;

export interface FileContentOptions {
    /** The signing key's algorithm: its hash makes the digest (SHA-384 for PS384 and ES384, and so on). */
    readonly algorithm: AlgorithmId;
    /** Default `application/octet-stream`. */
    readonly mediaType?: string | undefined;
    readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface FileRequest {
    readonly content: Message;
    /** One detached signature or several; under a policy of Notation's format one that is verified is enough. */
    readonly envelope: Envelope | readonly Envelope[];
    /** The policy statement; without it the global one applies, or the default one. */
    readonly statement?: string | undefined;
    /** Must be the signed one; without it any is good. */
    readonly mediaType?: string | undefined;
    /** What the file is called in the report. */
    readonly name?: string | undefined;
}

export interface FindOptions {
    readonly signal?: AbortSignal | undefined;
    /** More of them than this are an error, never a list cut short. Default: no limit. */
    readonly limit?: number | undefined;
}

/** Bytes that somebody signed, or a bill of materials. */
export interface FoundEnvelope {
    /** Of the bytes; in a file, as {@link envelopeTypeOf} says. */
    readonly mediaType: string;
    readonly bytes: Uint8Array;
    /** Of the layer: cosign's simple signing has its signature there. */
    readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Evidence as it was found. Nothing of it is judged. */
export interface FoundEvidence {
    readonly evidence: SignatureEvidence;
    /** What was passed over, and why; at most 16 sentences. */
    readonly faults: readonly string[];
}

/** Referrers that are not Notary Project signatures, counted by type. */
export interface FoundReferrers {
    readonly artifactType: string;
    readonly count: number;
}

/** A signature that is attached to an artifact; or one that cannot be read, and why. */
export type FoundSignature = {
    readonly manifest: Descriptor;
    readonly envelope: Descriptor;
    readonly fault?: undefined;
} | {
    readonly manifest: Descriptor;
    readonly fault: SealwrightError;
    readonly envelope?: undefined;
};

export type GovernedCheck = (typeof GOVERNED_CHECKS)[number];

/** As {@link EnvelopeFacts}; of an envelope that cannot be read only what its media type says, and why. */
export type InspectedEnvelope<Format = InspectedFormat> = Omit<EnvelopeFacts<Format>, 'format'> & {
    /** Absent for a media type that is not known. */
    readonly format?: Format | undefined;
    readonly fault?: string | undefined;
};

export type InspectedFormat = 'jws' | 'cose' | 'sigstore-bundle' | 'dsse' | 'simple-signing' | 'spdx' | 'cyclonedx';

/** A public key trusted by itself: certificate dates and revocation do not apply. */
export interface KeySigner {
    readonly kind: 'key';
    /** PEM file with the public key, as written in the policy: relative to the trust directory, inside it. */
    readonly file?: string | undefined;
    /** `sha256:<hex>` of the DER SubjectPublicKeyInfo, where the policy names a fingerprint instead of a file. */
    readonly fingerprint?: string | undefined;
    /** When trust in the key ends: a trusted timestamp must be earlier, or else the present time. */
    readonly notAfter?: Date | undefined;
}

export type Level = (typeof LEVELS)[number];

/** As much as is attested at once: with base64 around it, it stays within what is read of an envelope. */
export const MAX_PREDICATE_BYTES: number;

/**
 * `config-type` is what every tagged notation writes and finds: the config's media type names the artifact.
 * `artifact-type` is the form of OCI 1.1 and of the specification; notation 1.3 does not find it in a layout.
 */
export type ManifestForm = 'config-type' | 'artifact-type';

/** A group of which some leaves are missing, and it does not matter which. */
export interface MissingChoice {
    /** How many children of the group must be met. */
    readonly need: number;
    /** How many children it has. */
    readonly size: number;
    /** Those that are met. */
    readonly met: readonly string[];
    /** How many of `among` must be met besides. */
    readonly missing: number;
    readonly among: readonly UnmetLeaf[];
}

/** A leaf that belongs to a smallest set whose fulfilment, by principals of their own, would make the target verified. */
export interface MissingLeaf extends UnmetLeaf {
    /** Where it stands in the tree: the index of the child at each level. Empty if the leaf is the whole tree. */
    readonly path: readonly number[];
    /** Its group, if other leaves of the group would do as well. */
    readonly choice?: MissingChoice | undefined;
}

/** A manifest that an index names. */
export interface NamedManifest {
    readonly digest: string;
    readonly mediaType: string;
    /** `os/architecture`, with the variant behind it; absent where the index does not say. */
    readonly platform?: string;
}

export interface NewTimestamp {
    /** DER RFC 3161 TimeStampToken. */
    readonly token: Uint8Array;
    /** Of the authority, leaf first, root last. */
    readonly chain: readonly Certificate[];
}

export interface ObtainedTimestamp {
    /** DER RFC 3161 TimeStampToken, verified. */
    readonly token: Uint8Array;
    /** Which authority made it. */
    readonly url: string;
    readonly genTime: Date;
    /** The chain of the authority, leaf first, root last. */
    readonly chain: readonly Certificate[];
    /** The authorities that were asked before, and why each failed. */
    readonly failures: readonly TimestampFailure[];
}

export type OpenedEnvelope = {
    readonly sound: SoundEnvelope;
    readonly fault?: undefined;
} | {
    readonly fault: EnvelopeFault;
    readonly sound?: undefined;
};

export type ParsedStoreReference = {
    readonly type: StoreType;
    readonly name: string;
    readonly fault?: undefined;
} | {
    readonly fault: string;
};

/** What a policy of Sealwright says of a target before anything is contacted. */
export type PolicyDecision = {
    readonly statement: PolicyStatement;
    readonly denied?: undefined;
}
/** Nothing of it may be used, whoever signed it. */
 | {
    readonly denied: Reason;
    readonly statement?: undefined;
}
/** Notation's files decide. */
 | {
    readonly denied?: undefined;
    readonly statement?: undefined;
};

/** One thing that is wrong with a trust policy file. */
export interface PolicyFault {
    /** An `error` makes the file unusable; a `warning` does not: notation ignores it too. */
    readonly severity: 'error' | 'warning';
    readonly message: string;
    /** The statement it is in, if it has a name. */
    readonly statement?: string | undefined;
    /** From 1, as an editor counts. */
    readonly line?: number | undefined;
    readonly column?: number | undefined;
}

/** The policy file of a trust directory that decides for a kind. */
export interface PolicyFile {
    readonly path: string;
    /** Absent where there is none; `path` is then where one would be made. */
    readonly bytes?: Uint8Array;
}

/** What a trust policy is for: artifacts in registries and layouts, or plain files. */
export type PolicyKind = 'oci' | 'blob';

export interface PolicyReport {
    readonly file: string;
    /** Whose policy decided: Sealwright's own, or one of Notation's format, as also a trust that was given in place of a file is. */
    readonly kind: 'sealwright' | 'notation';
    readonly statement: string;
    /** With its overrides: `strict (revocation: log)`. */
    readonly level: string;
    /**
     * Signatures needed, and how many of those judged are verified. None where attestations of a trusted key are enough.
     * Under a policy of Sealwright: leaves of the requirement that are needed at least, and how many of them are met.
     */
    readonly required: number;
    readonly met: number;
}

/** Somebody who signs, by what identifies their signatures. */
export type PolicySigner = CertificateSigner | KeySigner | SigstoreSigner;

/** A policy and where it came from. One with errors makes verification under it impossible, and nothing else. */
export interface PolicySource {
    readonly file: string;
    /** `sha256:<hex>` of the file, where there is one: what a verification summary says of the policy. */
    readonly digest?: string | undefined;
    readonly faults: readonly PolicyFault[];
    readonly policy?: TrustPolicy | undefined;
}

export interface PolicyStatement {
    readonly name: string;
    /** Canonical: a repository, a prefix that ends in `/*`, or `*` alone. Empty for a statement on files. */
    readonly scopes: readonly string[];
    /** The statement is for files, and is chosen by its name. */
    readonly files: boolean;
    /** The statement for files that applies where none is named. */
    readonly default: boolean;
    readonly require: Requirement;
    readonly timestamp: TimestampRule;
    readonly revocation: RevocationRule;
}

/** An artifact, by its repository; or a file, by the statement that was named for it. */
export type PolicyTarget = {
    readonly kind: 'artifact';
    /** The repository that it is judged as; without it only a `*` statement covers it. */
    readonly scope?: string | undefined;
    /** Repositories that would be contacted for it. */
    readonly places: readonly string[];
} | {
    readonly kind: 'file';
    readonly name?: string | undefined;
};

export type PredicateName = keyof typeof predicateTypes;

/** What one source of revocation answers about one certificate. */
export interface ProbedSource {
    readonly certificate: Certificate;
    readonly source: 'ocsp' | 'crl';
    /** As the certificate spells it. */
    readonly url: string;
    /** From the request to the last byte of the answer, read and verified. */
    readonly milliseconds: number;
    /** How far the clock of the host is ahead of ours, by its HTTP header Date, to the second; absent where it sends none. */
    readonly clockAheadMs?: number | undefined;
    /** What the answer says; `unknown` with the reason where it cannot be used. */
    readonly status: Pick<RevocationStatus, 'status'> & {
        readonly why?: string | undefined;
    };
    readonly fix?: string | undefined;
}

export interface ReadEvidenceOptions {
    readonly signal?: AbortSignal | undefined;
    /** Refused pieces are passed over, and count for no limit. Default: all are accepted. */
    readonly accepts?: EvidenceFilter | undefined;
}

export interface Reason {
    readonly code: ReasonCode;
    readonly why: string;
    /** What to do about it, where the cause is known. It never loosens a policy. */
    readonly fix?: string;
}

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
export type ReasonCode = 'UNSIGNED' | 'MALFORMED' | 'MISSING' | 'TAMPERED' | 'CERTIFICATE' | 'UNTRUSTED' | 'TRUST_STORE' | 'EXPIRED' | 'TIMESTAMP' | 'REVOCATION' | 'UNSUPPORTED' | 'METADATA' | 'AGE' | 'ATTESTATION' | 'NO_STATEMENT' | 'REQUIREMENT' | 'REGISTRY' | 'POLICY_EXPIRED' | 'LIMIT' | 'UNREADABLE';

/** The report on one target: plain data, the same as in the JSON of the command line. */
export interface Report {
    readonly reference: string;
    /** `<repository>@<digest>`; absent if nothing had to be resolved. */
    readonly resolved?: string;
    readonly verdict: Verdict;
    /** There unless `verified` or `skipped`; beside `verified`, `LIMIT` says that not all signatures were judged. */
    readonly reason?: Reason;
    /** The time that was given to judge as of, RFC 3339. */
    readonly at?: string;
    /** Absent if no statement covers the target. */
    readonly policy?: PolicyReport;
    /** The statement's tree with the state of each node, where a Sealwright policy decided. */
    readonly requirement?: RequirementReport | undefined;
    /** A smallest set of leaves whose fulfilment would make the target verified; absent if it is verified. */
    readonly missing?: readonly MissingLeaf[] | undefined;
    readonly signatures: readonly SignatureReport[];
    /** There if something had to be attested, and the signatures are good. */
    readonly attestations?: AttestationsReport;
    /** Filled if there is no signature. */
    readonly found: readonly FoundReferrers[];
    /** Of an index, what it names: signed with it by their digests. Signatures of their own were not looked at. */
    readonly manifests?: readonly NamedManifest[];
}

/** A tree of at most 64 leaves and depth 8. */
export type Requirement = AllOf | AnyOf | AtLeastOf | RequirementLeaf;

export type RequirementLeaf = SignerLeaf | AttestationLeaf;

/** The tree of a statement with the state of each node: plain data, as in the JSON report. */
export type RequirementReport = GroupReport<'all'> | GroupReport<'any'> | (GroupReport<'atLeast'> & {
    readonly count: number;
}) | LeafReport;

/** Whether a requirement is met. `unknown`: it could not be found out. */
export type RequirementState = 'met' | 'unmet' | 'unknown';

/**
 * Keeps CRLs and OCSP answers from one run to the next. Nothing of it is trusted: whatever comes out is checked like an
 * answer of the network. A cache that throws is passed over, and the report says so.
 */
export interface RevocationCache {
    /** @param url - Of the base CRL, as the certificate spells it. */
    crl(url: string): Promise<CrlFiles | undefined>;
    storeCrl(url: string, crl: CrlFiles): Promise<void>;
    /**
     * @param url - Of the responder, as the certificate spells it.
     * @param request - DER OCSPRequest without a nonce: it names the certificate.
     */
    ocsp(url: string, request: Uint8Array): Promise<Uint8Array | undefined>;
    storeOcsp(url: string, request: Uint8Array, response: Uint8Array): Promise<void>;
}

/** What one call may do, and for how long. */
export interface RevocationCall {
    readonly signal?: AbortSignal | undefined;
    /** What is left of the deadline; each request gets at most half of it, so that others have some left. */
    readonly remainingMs?: (() => number) | undefined;
    /** Contacts no host. */
    readonly offline?: boolean | undefined;
}

/** Where nothing is named, nothing is kept. */
export interface RevocationDirectories {
    /** For CRLs, in the format and under the names of notation: `$XDG_CACHE_HOME/notation/crl` serves both programs. */
    readonly crl?: string | undefined;
    /** For OCSP answers. */
    readonly ocsp?: string | undefined;
}

/** How a verifier learns whether a certificate was revoked, beyond what came with the signature. */
export interface RevocationOptions {
    /**
     * Asks OCSP responders and fetches CRLs, by the URLs that certificates name: like the global `fetch`, no redirect
     * followed. It should connect to public addresses only ({@link publicLookup}). Absent: no source is contacted.
     */
    readonly fetch?: Fetch | undefined;
    /** Hosts that may be asked although they have a private address: names or IP addresses, without a port. */
    readonly privateHosts?: readonly string[] | undefined;
    readonly cache?: RevocationCache | undefined;
    /** Told of a cache that cannot be read or written; verification goes on without it. */
    readonly onCacheFault?: ((fault: SealwrightError) => void) | undefined;
    /** For one OCSP answer. Default 2,000, as the specification has it. */
    readonly ocspTimeoutMs?: number | undefined;
    /** For one CRL. Default 5,000, as the specification has it. */
    readonly crlTimeoutMs?: number | undefined;
    /** For all sources of one verification, from the first one on. Each gets at most half of what is left. Default: none. */
    readonly timeoutMs?: number | undefined;
}

/** Whether one certificate was revoked, and the statement of its authority that says so. */
export interface RevocationReport {
    readonly subject: string;
    /** SHA-256 of the certificate, hexadecimal. */
    readonly fingerprint: string;
    /** `notRevocable`: the certificate names no source. */
    readonly status: 'good' | 'revoked' | 'unknown' | 'notRevocable';
    readonly source?: 'ocsp' | 'crl' | undefined;
    /** `carried`: with the signature. */
    readonly origin?: 'network' | 'cache' | 'carried' | undefined;
    readonly url?: string | undefined;
    /** From when to when the statement is current, RFC 3339. */
    readonly thisUpdate?: string | undefined;
    readonly nextUpdate?: string | undefined;
    /** SHA-256 of the statement, hexadecimal. */
    readonly statement?: string | undefined;
    readonly revokedAt?: string | undefined;
    readonly reason?: string | undefined;
    /** The statement was current at this time, when the signature is proven to have existed; the certificate has expired. */
    readonly asOf?: string | undefined;
    /** Why it is unknown. */
    readonly why?: string | undefined;
}

export interface RevocationRule {
    /** Default: `enforce`. */
    readonly mode: 'enforce' | 'log';
    /** Limits the age of cached and stapled statements, in milliseconds. */
    readonly maxAgeMs?: number | undefined;
    /**
     * A CA may drop expired certificates from its CRL. `proven` (default): for an expired certificate, only a statement
     * counts that covers the time before the expiry.
     */
    readonly afterExpiry: 'proven' | 'accept';
}

/** The file in the trust directory that holds the policy, beside Notation's. */
export const SEALWRIGHT_POLICY_FILE = "trustpolicy.sealwright.json";

/** The version that this library reads; a file of any other is refused. */
export const SEALWRIGHT_POLICY_VERSION = "sealwright/1";

/** A policy that says who must have said what about a target: `trustpolicy.sealwright.json`, checked. */
export interface SealwrightPolicy {
    readonly version: typeof SEALWRIGHT_POLICY_VERSION;
    /** From this time on, by the real clock, everything that the policy decides is denied. */
    readonly expires?: Date | undefined;
    /** Hosts, or `host/path/*`; absent: any registry. Checked before any connection. */
    readonly registries?: readonly string[] | undefined;
    /** What decides where no statement covers the target. */
    readonly otherwise: 'deny' | 'notation';
    readonly signers: Readonly<Record<string, PolicySigner>>;
    readonly statements: readonly PolicyStatement[];
}

/** Sealwright's own policy, where it came from, and the files that it names. */
export interface SealwrightPolicySource {
    readonly file: string;
    /** As of a {@link PolicySource}. */
    readonly digest?: string | undefined;
    readonly faults: readonly PolicyFault[];
    readonly policy?: SealwrightPolicy | undefined;
    /** Public keys (DER SubjectPublicKeyInfo) of the signers that name a file, by signer. */
    readonly keys: Readonly<Record<string, Uint8Array>>;
}

export interface SignOptions extends AttachOptions {
    /** Signed beside the artifact; keys under `io.cncf.notary` are refused. */
    readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface SignPlaces {
    readonly artifacts: ArtifactStore;
    /** Where the signature goes, if not beside the artifact. */
    readonly signatures?: ArtifactStore | undefined;
}

/** How an envelope format is tied to artifacts: one row of what signing and verifying need to know of it. */
export interface SignatureBinding<Attributes = NotaryAttributes> {
    /** As options and file names have it: `jws`, `cose`. */
    readonly name: string;
    readonly envelope: StaplingFormat<TargetArtifact, Attributes>;
    /** Of the layer that holds the envelope. */
    readonly mediaType: string;
    readonly artifactType: string;
    /**
     * What is signed for an artifact: its media type, digest and size, with user metadata.
     *
     * @throws {@link SealwrightError} `VALIDATION` for metadata under the reserved prefix.
     */
    contentOf(descriptor: Descriptor, metadata?: Readonly<Record<string, string>>): TargetArtifact;
    /** The artifact that a content is about. */
    descriptorOf(content: TargetArtifact): Descriptor;
}

/**
 * Unsigned evidence about a signature, each piece DER. It is not trusted: CAs signed the statements, and authorities the
 * timestamps.
 */
export interface SignatureEvidence {
    /** OCSPResponses. */
    readonly ocsp: readonly Uint8Array[];
    /** CertificateLists, of less than 32 MiB each. */
    readonly crls: readonly Uint8Array[];
    /** RFC 3161 TimeStampTokens over the raw signature. */
    readonly timestamps: readonly Uint8Array[];
}

export interface SignatureReport {
    /** Of the manifest that attaches the signature; of the envelope itself if it is detached. */
    readonly digest: string;
    /** `jws`, `cose`; the media type of the layer where it is neither. */
    readonly format?: string;
    readonly verdict: Verdict;
    readonly reason?: Reason;
    /** What the signer signed beside the artifact. Claims, unless `integrity` and `authenticity` passed. */
    readonly signed?: {
        readonly scheme: string;
        /** RFC 3339, UTC, as all times here. */
        readonly signingTime: string;
        readonly expiry?: string;
        readonly metadata?: Readonly<Record<string, string>>;
    };
    readonly signer?: {
        readonly subject: string;
        /** SHA-256 of the certificate, hexadecimal. */
        readonly fingerprint: string;
        readonly spkiSha256: string;
        /** The store that vouches for it, `ca:acme`; absent if none does. */
        readonly trustStore?: string;
    };
    /** The time at which the chain had to be valid, and where it comes from. */
    readonly time?: {
        readonly used: string;
        readonly source: TimeSource;
    };
    /** The timestamp that vouches for the time; absent where none was verified. */
    readonly timestamp?: TimestampReport | undefined;
    /** Each certificate of the signing chain but the root; absent where nobody looked. */
    readonly revocation?: readonly RevocationReport[] | undefined;
    /** Why evidence that came with the signature was passed over. It changes no verdict: nobody signed for it. */
    readonly evidenceFaults?: readonly string[] | undefined;
    readonly checks: readonly CheckReport[];
}

export interface SignatureVerification {
    readonly level: Level;
    readonly override?: Readonly<Partial<Record<GovernedCheck, Action>>> | undefined;
    /** Absent means `always`. */
    readonly verifyTimestamp?: TimestampOption | undefined;
}

/** One sound, unexpired signature of the target by this signer. A signer stands in at most one such leaf of a tree. */
export interface SignerLeaf {
    readonly kind: 'signer';
    readonly signer: string;
    /** Measured from the time that the signer signed, in milliseconds. */
    readonly maxAgeMs?: number | undefined;
    /** Must be signed with it. */
    readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A certificate of a Sigstore authority, by identity and issuer. Read, and not judged yet. */
export interface SigstoreSigner {
    readonly kind: 'sigstore';
    /** Exact, or with one `*` at the end after `/` or `@`. */
    readonly identity: string;
    readonly issuer: string;
    /** `trusted_root.json`, relative to the trust directory, inside it. */
    readonly trustedRoot: string;
    /** Fulcio extensions by name (`sourceRepositoryURI`), exact values. */
    readonly extensions?: Readonly<Record<string, string>> | undefined;
}

/** An envelope whose signature holds under its own leaf, whose chain meets the profile. Nobody is trusted yet. */
export interface SoundEnvelope {
    readonly envelope: Envelope;
    readonly binding: SignatureBinding;
    /** Leaf first. */
    readonly chain: readonly Certificate[];
    readonly algorithm: AlgorithmId;
    readonly attributes: NotaryAttributes;
    /** The raw signature, which a timestamp is over. */
    readonly signature: Uint8Array;
    /** RFC 3161 tokens, not looked at: the envelope's own, then those that were stapled. */
    readonly timestamps: readonly TimestampClaim[];
    /** Statements on revocation that were stapled, not looked at: DER. */
    readonly stapled: Pick<SignatureEvidence, 'ocsp' | 'crls'>;
    /** Why what is stapled cannot be read; the signature is none the worse for it. */
    readonly stapledFault?: string | undefined;
    readonly payload: Uint8Array;
    /** What is signed; several checks ask for it. Throws `VALIDATION` if the payload is not a descriptor. */
    content(): TargetArtifact;
}

export interface StapleOptions extends RevocationCall {
    readonly collector: EvidenceCollector;
    /**
     * Self-signed certificates that chains of timestamp authorities may end in, besides those that tokens carry. Evidence
     * needs no trust: these only complete chains. Default: none.
     */
    readonly roots?: readonly Certificate[] | undefined;
    /**
     * Makes a timestamp over each signature, verified: {@link requestTimestamp}. It proves from then on that the signature
     * existed. Nothing is added where it returns nothing. Default: none is made.
     */
    readonly timestamp?: ((signature: TimestampedSignature) => Promise<NewTimestamp | undefined>) | undefined;
    /**
     * Also attestations by certificates, whose chains `roots` may complete. Default: signatures alone.
     */
    readonly attestations?: boolean | undefined;
    /** More signatures than this are `UNSUPPORTED`, and so are more attestations. Default 100. */
    readonly maxSignatures?: number | undefined;
}

/** What became of one signature or attestation. */
export interface StapleReport {
    readonly kind: 'signature' | 'attestation';
    /** Of the manifest that attaches it. */
    readonly digest: string;
    /**
     * `attached`: new evidence was stored. `unchanged`: all that was collected was attached before. `nothing`: nothing could be
     * collected, or no certificate names a source. `failed`: `error` says why.
     */
    readonly status: 'attached' | 'unchanged' | 'nothing' | 'failed';
    /** The manifest that was stored. */
    readonly evidence?: Descriptor;
    /** Of the signing chain, and of the chain of each timestamp authority: what each source says, and what could not be had. */
    readonly statuses: readonly CollectedStatement[];
    /** Why nothing was collected for a timestamp of the signature. */
    readonly faults: readonly string[];
    readonly error?: SealwrightError;
}

/** One statement of a trust policy 1.0, as it stands in the file. */
export interface Statement {
    readonly name: string;
    /** `oci` only: exact repositories `host[:port]/path`, or `*` alone. */
    readonly registryScopes?: readonly string[] | undefined;
    /** `blob` only: applies where no statement is named. */
    readonly globalPolicy?: boolean | undefined;
    readonly signatureVerification: SignatureVerification;
    /** `<type>:<name>`; empty with level `skip` alone. */
    readonly trustStores: readonly string[];
    /** `*` alone, or `x509.subject: <RFC 4514 name>` and identities of other kinds, which only a plug-in could judge. */
    readonly trustedIdentities: readonly string[];
}

/** One entry in the folder of a trust store. */
export interface StoreEntry {
    readonly name: string;
    readonly path: string;
    /** What could be read, also where one of the certificates is a fault. */
    readonly certificates: readonly Certificate[];
    readonly fault?: TrustFault | undefined;
}

/** The trust stores of a directory. */
export interface StoreListing {
    readonly stores: readonly StoreReading[];
    /** Folders whose stores cannot be listed. */
    readonly faults: readonly TrustFault[];
}

/** A trust store as it is on disk. */
export interface StoreReading {
    readonly type: StoreType;
    readonly name: string;
    /** `<type>:<name>`, as policies write it. */
    readonly reference: string;
    readonly path: string;
    /** In the order of their names; none in a store that is empty, missing or not readable. */
    readonly entries: readonly StoreEntry[];
    readonly missing?: true | undefined;
    /** Why its entries cannot be read: it is a link, or may not be read. The faults of its entries are theirs. */
    readonly fault?: TrustFault | undefined;
}

export type StoreType = (typeof STORE_TYPES)[number];

/** What a summary needs of a report. */
export interface SummarizedReport {
    readonly reference: string;
    readonly resolved?: string | undefined;
    readonly verdict: Verdict;
    readonly at?: string | undefined;
    readonly policy?: Pick<PolicyReport, 'file' | 'statement'> | undefined;
    readonly signatures: readonly {
        readonly digest: string;
    }[];
    readonly attestations?: {
        readonly judged: readonly {
            readonly digest: string;
        }[];
    } | undefined;
}

/** Who verified, by what policy, and what the target is called. */
export interface SummaryOptions {
    /** `verifier.id`, a URI. */
    readonly verifier: string;
    /** Of the verifier's programs, by name: `{ sealwright: '1.2.0' }`. */
    readonly versions?: Readonly<Record<string, string>> | undefined;
    /** `resourceUri`: where the target is, or what it is called: `pkg:oci/app@sha256%3A…?repository_url=registry.example/app`. */
    readonly resourceUri: string;
    readonly timeVerified: Date;
    /** Digest of the policy file, `sha256:<hex>`. */
    readonly policyDigest: string;
}

/** `given`: the caller's own, in place of the clock. */
export type TimeSource = 'clock' | 'given' | 'authenticSigningTime' | 'timestamp';

/** A token that may vouch for the time of a signature. */
export interface TimestampClaim {
    /** DER RFC 3161 TimeStampToken. */
    readonly token: Uint8Array;
    /** What it has to be over. */
    readonly message: Uint8Array;
}

export interface TimestampFailure {
    readonly url: string;
    readonly why: string;
}

export type TimestampOption = (typeof TIMESTAMP_OPTIONS)[number];

export interface TimestampOptions {
    /** Asks the authorities: like the global `fetch`, no redirect followed. */
    readonly fetch: Fetch;
    /** Of authorities, `http` or `https`; the next is asked where one fails. One alone that is down for a moment is asked again. */
    readonly urls: readonly string[];
    /** Self-signed; the chain of an authority has to end in one of them. */
    readonly roots: readonly Certificate[];
    /** Of the signature: the imprint is made with its hash. */
    readonly algorithm: AlgorithmId;
    /** Of the signer: each certificate has to be valid at the time of the token. Default: none is looked at. */
    readonly chain?: readonly Certificate[] | undefined;
    /**
     * How it is found out whether the certificates of the authority were revoked; what cannot be found out fails. Default: it
     * is not asked, and left to the verifier.
     */
    readonly revocation?: RevocationOptions | undefined;
    /** Default: the system's clock. */
    readonly clock?: (() => Date) | undefined;
    /** For one authority. Default 15,000. */
    readonly timeoutMs?: number | undefined;
    /** What is left of a deadline; each authority gets an equal share of it, so that the next has some left. */
    readonly remainingMs?: (() => number) | undefined;
    readonly signal?: AbortSignal | undefined;
}

/** An RFC 3161 timestamp that was verified, and by whose word. */
export interface TimestampReport {
    /** The authority's time, RFC 3339. */
    readonly time: string;
    /** How far it may be off, in milliseconds. */
    readonly accuracyMs: number;
    readonly authority: {
        readonly subject: string;
        readonly fingerprint: string;
    };
    /** The store that vouches for the authority, `tsa:acme`. */
    readonly trustStore: string;
    /** OID. */
    readonly policy: string;
    /** Of the authority's chain, as for the signing chain. */
    readonly revocation: readonly RevocationReport[];
}

export interface TimestampRule {
    /** Default: `afterCertExpiry`. `never`: tokens are not looked at. */
    readonly require: 'always' | 'afterCertExpiry' | 'never';
    /** Trust stores, `tsa:one`. */
    readonly authorities: readonly string[];
    /** How many different authorities must vouch. Default: 1. */
    readonly atLeast: number;
}

/** What a timestamp is requested for. */
export interface TimestampedSignature {
    /** The raw signature, which the timestamp is over. */
    readonly bytes: Uint8Array;
    readonly algorithm: AlgorithmId;
    readonly chain: readonly Certificate[];
    /** The timestamps that it has, not judged: its own, and those that are attached. */
    readonly timestamps: readonly TimestampClaim[];
}

/** Whom to believe, as plain data: nothing is read from disk once it is made. */
export interface Trust {
    /** What it is called in reports and messages: a directory, or the option that it stands for. */
    readonly source: string;
    readonly oci?: PolicySource | undefined;
    readonly blob?: PolicySource | undefined;
    /** Sealwright's own policy; where it has a statement for a target, that statement decides. */
    readonly sealwright?: SealwrightPolicySource | undefined;
    /** Trust stores by `<type>:<name>`. A store that a policy names and that is not here does not exist. */
    readonly stores: Readonly<Record<string, TrustStore>>;
    /** A public key (DER SubjectPublicKeyInfo) that is trusted by itself, in place of trust stores and identities. */
    readonly key?: Uint8Array | undefined;
}

export interface TrustAnchorsOptions {
    /** DER. Each is a certificate authority or self-signed. */
    readonly certificates: readonly Uint8Array[];
    /** RFC 4514 name, with or without `x509.subject:` before it; only signers whose subject has these attributes. */
    readonly identity?: string | undefined;
    /** What the anchors are called in reports. */
    readonly source?: string | undefined;
}

export interface TrustDirectoryOptions {
    /**
     * In place of the policies of the directory, which are not read then: Sealwright's, or one of Notation's, which is read
     * as either kind. Files that it names are in the directory all the same.
     */
    readonly policy?: {
        readonly file: string;
        readonly input: Uint8Array | string;
    } | undefined;
}

/** Why something in a trust directory cannot be used, and what mends it. */
export interface TrustFault {
    readonly code: 'VALIDATION' | 'ACCESS_DENIED' | 'UNAVAILABLE';
    readonly message: string;
    readonly fix: string;
}

/** A trust policy of version 1.0 (Notary Project, `trust-store-trust-policy.md`) that has no fault. */
export interface TrustPolicy {
    readonly version: '1.0';
    readonly trustPolicies: readonly Statement[];
}

/** The certificates of one store, DER; or why the store cannot be used. */
export type TrustStore = {
    readonly certificates: readonly Uint8Array[];
    readonly fault?: undefined;
} | {
    readonly fault: string;
    /** What verification by this store fails with. Default: `VALIDATION`. */
    readonly code?: ErrorCode | undefined;
    readonly fix?: string | undefined;
    readonly certificates?: undefined;
};

/** A leaf that is not met, by what was found instead. */
export interface UnmetLeaf {
    /** `alice`; `attestation https://slsa.dev/provenance/v1 by builder`. */
    readonly leaf: string;
    readonly state: 'unmet' | 'unknown';
    /** What was found instead: `no signature`, `signed, but revoked 2026-11-02 (OCSP)`. */
    readonly why: string;
}

/** What became of a target, or of one signature of it. */
export type Verdict = 'verified' | 'notVerified' | 'unknown' | 'denied' | 'skipped';

/** Judges signatures under one trust. May be called concurrently; keeps what it read of chains between calls. */
export interface Verifier {
    /**
     * Judges an artifact by its signatures.
     *
     * A bad signature is a verdict. It throws only when it cannot find out: {@link SealwrightError} of the store (`NOT_FOUND`
     * for a target that does not exist), `VALIDATION` for a policy or a call that cannot be used, `ABORTED`, `TIMEOUT`.
     */
    verify(request: ArtifactRequest, options?: ArtifactOptions): Promise<Report>;
    /**
     * Says why a target is denied, whoever signed it: because of its registry, or because the policy has expired or covers no
     * such target. Nothing is contacted. {@link Verifier.verify} begins with it; ask before a store is opened that may connect.
     */
    denial(target: Pick<ArtifactRequest, 'scope' | 'places'>): Reason | undefined;
    /** Judges a file by its detached signature. Throws as {@link Verifier.verify} does. */
    verifyFile(request: FileRequest, options?: VerifyOptions): Promise<Report>;
}

export interface VerifierOptions {
    readonly trust: Trust;
    /** Default: the system's clock. */
    readonly clock?: (() => Date) | undefined;
    /** How it is found out whether certificates were revoked. Default: no source is contacted, and nothing is cached. */
    readonly revocation?: RevocationOptions | undefined;
}

export interface VerifyOptions {
    readonly signal?: AbortSignal | undefined;
    /** Whole call. Default: none. */
    readonly timeoutMs?: number | undefined;
    /** Must be signed beside the artifact. */
    readonly metadata?: Readonly<Record<string, string>> | undefined;
    /** Judge as of this time instead of the clock's; the report says so. */
    readonly at?: Date | undefined;
    /** Judge every signature, instead of stopping when enough of them are verified. */
    readonly all?: boolean | undefined;
    /** Nobody is asked about revocation: what is cached counts, and what came with the signature. */
    readonly offline?: boolean | undefined;
    /**
     * Keeps CRLs that came with signatures of trusted signers in the cache of {@link RevocationOptions}, if they are current
     * and later than what is there: in Notation's format, so that notation checks revocation without network. Default: false.
     */
    readonly keepCarried?: boolean | undefined;
}

/**
 * Attaches evidence to a signature of anybody: as a referrer of the manifest that attaches the signature, which stays as it
 * is. What is stored is read back.
 *
 * @param signature - The manifest that attaches the signature, or the attestation.
 * @throws {@link SealwrightError} of the store; `UNSUPPORTED` for more than verifiers read: 64 pieces of a kind, 64 MiB in
 *   all; `INTEGRITY` if it is not found where it was stored.
 */
export function attachEvidence(store: ArtifactStore, signature: Descriptor, evidence: Partial<SignatureEvidence>, { signal, created }?: AttachEvidenceOptions): Promise<AttachedEvidence>;

/**
 * Attaches an envelope that was made elsewhere, after checking that it is sound and signs this very artifact.
 *
 * @param subject - As resolved from `places.artifacts`.
 * @param envelope - One that `openEnvelope` found to be sound is not opened again.
 * @param options.metadata - Exactly this must be signed beside the artifact; without it any is good.
 * @throws As {@link signArtifact}.
 */
export function attachSignature(places: SignPlaces, subject: Descriptor, envelope: Envelope | SoundEnvelope, options?: SignOptions): Promise<AttachedSignature>;

/**
 * Attests a predicate about an artifact: a statement about its digest, sealed into a Sigstore bundle, attached as a referrer
 * like cosign 3 does, and read back from the listing.
 *
 * @param subject - As resolved from `places.artifacts`.
 * @param seal - `payload => seal(sigstoreBundle, payload, signer, …)`. What it gives is checked before it is stored.
 * @throws {@link SealwrightError} of the store and of `seal`; `INTEGRITY` if the envelope is not over this statement by this key, or is not found where it was stored.
 *
 * @example
 * ```ts
 * import { type Signer, seal } from '@sealwright/core'
 * import { attestArtifact, attestationOf, predicateTypeOf } from '@sealwright/notary'
 * import { layoutDirectory } from '@sealwright/oci'
 * import { sigstoreBundle } from '@sealwright/sigstore'
 *
 * declare const signer: Signer
 * const artifacts = layoutDirectory('image')
 * const subject = await artifacts.resolve('v1')
 * const predicate = new TextEncoder().encode('{"result":"PASSED"}')
 * const attestation = attestationOf(predicateTypeOf('https://example.org/review/v1'), predicate)
 * await attestArtifact(
 *   { artifacts },
 *   subject,
 *   attestation,
 *   payload => seal(sigstoreBundle, payload, signer, { attributes: {} }),
 *   { publicKey: signer.key.publicKey },
 * )
 * ```
 */
export function attestArtifact(places: SignPlaces, subject: Descriptor, attestation: Attestation, seal: (payload: DssePayload) => Promise<Envelope>, options: AttestOptions): Promise<AttachedAttestation>;

/**
 * Attests a predicate about many artifacts by one signature: one statement with all of them as subjects, in one Sigstore
 * bundle that is attached to each. Whoever reads the bundle of one artifact learns the digests of all.
 *
 * @param subjects - At most `MAX_SUBJECTS`, the limit of sigstore's verifiers.
 * @param seal - As for {@link attestArtifact}; called once.
 * @throws {@link SealwrightError} of `seal`; `VALIDATION` for too many subjects; `INTEGRITY` if the envelope is not over this
 *   statement by this key.
 */
export function attestBatch(subjects: readonly BatchSubject[], attestation: Attestation, seal: (payload: DssePayload) => Promise<Envelope>, options: AttestOptions): Promise<AttestationBatch>;

/**
 * Returns the default algorithm for attestations: the key's only algorithm, else ES256, ES384 or ES512 by its curve, and
 * RS256 for RSA, the only RSA algorithm that cosign reads.
 *
 * @throws {@link SealwrightError} `VALIDATION` if the key allows none of these; it names those that the key allows.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { attestationAlgorithm } from '@sealwright/notary'
 * import { awsKms } from '@sealwright/provider-aws-kms'
 *
 * const signer = await openSigner(awsKms(), 'awskms:///alias/release', { algorithm: attestationAlgorithm })
 * ```
 */
export function attestationAlgorithm(key: KeyDescriptor): AlgorithmId;

/**
 * Checks a predicate and its type, for {@link attestArtifact}.
 *
 * @param predicate - UTF-8 JSON, one object, at most {@link MAX_PREDICATE_BYTES}.
 * @throws {@link SealwrightError} `VALIDATION` if it is not a JSON object, or is clearly of another predicate type.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { attestationOf, predicateTypeOf } from '@sealwright/notary'
 *
 * const attestation = attestationOf(predicateTypeOf('spdx'), await readFile('sbom.spdx.json'))
 * ```
 */
export function attestationOf(predicateType: string, predicate: Uint8Array): Attestation;

/** The binding of an envelope's media type, exactly; `undefined` if there is none. */
export function bindingFor(mediaType: string): SignatureBinding | undefined;

/** A repository with the one spelling of its host. */
export function canonicalScope(scope: string): string;

/**
 * Reads Sealwright's own policy, `trustpolicy.sealwright.json`, and names all that is wrong with it. A member that is not
 * known is an error: a typo must not weaken a policy. The files that it names are not read.
 *
 * @param input - JSON, at most 4 MiB; as bytes, UTF-8.
 * @param label - Names the file in messages about its syntax.
 * @throws {@link SealwrightError} `UNAVAILABLE` if the thread that parses conditions does not start.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { checkSealwrightPolicy, formatPolicyFault } from '@sealwright/notary'
 *
 * const { policy, faults } = await checkSealwrightPolicy(await readFile('trustpolicy.sealwright.json'))
 * for (const fault of faults) console.log(formatPolicyFault(fault))
 * ```
 */
export function checkSealwrightPolicy(input: Uint8Array | string, label?: string): Promise<CheckedSealwrightPolicy>;

/**
 * Reads a trust policy of version 1.0 and names all that is wrong with it. What notation refuses is an error here; so are
 * duplicate members, text after the document, member names in another case, an empty `verifyTimestamp`, store names `.`
 * and `..`, and a global statement with level `skip`, which notation lets pass. A member that means nothing is a warning.
 *
 * @param label - Names the file in messages about its syntax.
 */
export function checkTrustPolicy(input: Uint8Array | string, kind: PolicyKind, label?: string): CheckedPolicy;

/**
 * Returns a collector that asks as `revocation` of a verifier does.
 *
 * @example
 * ```ts
 * import { createEvidenceCollector, publicLookup } from '@sealwright/notary'
 * import { httpFetch } from '@sealwright/oci-registry'
 *
 * const collector = createEvidenceCollector({ fetch: httpFetch({ lookup: publicLookup() }) })
 * ```
 */
export function createEvidenceCollector({ clock, ...options }: EvidenceCollectorOptions): EvidenceCollector;

/**
 * Creates a verifier. Trust is data that was read before; it is not read from disk again.
 *
 * @example
 * ```ts
 * import { createVerifier, trustDirectory } from '@sealwright/notary'
 * import { layoutDirectory } from '@sealwright/oci'
 *
 * const verifier = await createVerifier({ trust: await trustDirectory('/etc/notation') })
 * const report = await verifier.verify({
 *   artifacts: layoutDirectory('image'),
 *   reference: 'v1',
 *   scope: 'registry.example/app',
 * })
 * report.verdict // 'verified'
 * ```
 */
export function createVerifier({ trust, clock, revocation, }: VerifierOptions): Promise<Verifier>;

/**
 * Makes a line of each leaf or group that is missing: `alice: signed, but revoked 2026-11-02 (OCSP)`,
 * `2 of 3: bob; missing one of alice, carol`. After a group come lines for those of its leaves for which something was
 * found. The lines have texts from signatures: escape them for terminals and pages.
 */
export function describeMissing(missing: readonly MissingLeaf[]): readonly string[];

/**
 * Returns the media type of an envelope or a bill of materials by its content, for bytes in a file, of which nobody says it:
 * Notary Project, DSSE, Sigstore bundle, simple signing, SPDX, CycloneDX. `undefined` for anything else.
 */
export function envelopeTypeOf(bytes: Uint8Array): string | undefined;

/**
 * Returns what is signed for a file. The file is read once and never held whole.
 *
 * @throws {@link SealwrightError} `VALIDATION` for an invalid media type; `UNSUPPORTED` for an algorithm without a hash.
 */
export function fileContent(content: Message, options: FileContentOptions): Promise<TargetArtifact>;

/**
 * Finds the signatures, attestations and bills of materials that are attached to an artifact, by subject or by cosign's old
 * tags, whatever their format. Nothing of them is verified.
 *
 * @throws {@link SealwrightError} of the store where it cannot list; `UNSUPPORTED` beyond the limit.
 */
export function findEnvelopes(store: ArtifactStore, subject: Descriptor, { signal, limit, mediaTypes, onFault }?: EnvelopesOptions): Promise<readonly AttachedEnvelope[]>;

/**
 * Finds an attestation that makes another one unnecessary: the same predicate, byte for byte, about
 * this artifact among others or alone, by the same key, with the same leaf certificate or none. Attestations that cannot be read are passed over.
 *
 * @throws {@link SealwrightError} as {@link findAttestations}; otherwise the errors of the store when it does not answer.
 */
export function findEqualAttestation(store: ArtifactStore, subject: Descriptor, query: EqualAttestationQuery): Promise<Descriptor | undefined>;

/**
 * Finds a signature that makes another one unnecessary: sound, by the same key, over the same content, neither expired nor
 * with an expired chain. Signatures that cannot be read are passed over.
 *
 * @throws {@link SealwrightError} as {@link findSignatures}; otherwise the errors of the store when it does not answer, such
 * as `UNAVAILABLE`.
 */
export function findEqualSignature(store: ArtifactStore, subject: Descriptor, query: EqualSignatureQuery): Promise<EqualSignature | undefined>;

/**
 * The Notary Project signatures of an artifact, in the order of the store, in all three forms: by config type, by artifact
 * type, and the withdrawn artifact manifest.
 *
 * @throws {@link SealwrightError} of the store where it cannot list; `UNSUPPORTED` beyond the limit. What is wrong with one
 *   signature is its own `fault`.
 */
export function findSignatures(store: ArtifactStore, subject: Descriptor, options?: FindOptions): AsyncIterable<FoundSignature>;

/** One line for people: `line 4, column 7: statement "prod": …`. */
export function formatPolicyFault({ message, statement, line, column }: PolicyFault): string;

/**
 * Writes Sealwright's policy as {@link parseSealwrightPolicy} reads it: JSON, two spaces, without what is a default.
 */
export function formatSealwrightPolicy(policy: SealwrightPolicy): string;

/** Writes a policy as notation reads it: two spaces, members in the order of the specification's examples. */
export function formatTrustPolicy(policy: TrustPolicy): string;

/**
 * Reads what a signature, an attestation or a bill of materials says of itself. Nothing is verified: use a verifier before
 * relying on any of it. An envelope that cannot be read has a `fault`.
 */
export function inspectEnvelope(found: FoundEnvelope): InspectedEnvelope;

/** Returns whether a sound envelope is by this key and certificate, signs this content, and is good at this time. */
export function isEqualSignature({ chain, attributes, content, timestamps }: SoundEnvelope, query: Pick<EqualSignatureQuery, 'content' | 'publicKey' | 'certificate' | 'timestampedBy' | 'now'>): boolean;

/**
 * Returns whether an IP address is one of the public internet: not loopback, link-local, private, shared, multicast or
 * reserved. An IPv4 address within an IPv6 address counts as itself.
 *
 * @param address - Of either family, without brackets or a zone.
 */
export function isPublicAddress(address: string): boolean;

/** Whether a text is, or is meant to be, Sealwright's own policy rather than one of Notation's. */
export function isSealwrightPolicy(input: Uint8Array | string): boolean;

/** Whether one of the timestamps holds. Whether its authority was revoked is left to verification. */
export function isTimestamped(timestamps: readonly TimestampClaim[], roots: readonly Certificate[]): boolean;

/** Reads every trust store under `<directory>/truststore/x509`. No fault of one store hides another. */
export function listTrustStores(directory: string): Promise<StoreListing>;

/** Returns all the evidence, each piece once, in the order given. */
export function mergeEvidence(...parts: readonly Partial<SignatureEvidence>[]): SignatureEvidence;

/** The Notary Project's COSE envelope. */
export const notaryCose: SignatureBinding;

/** The Notary Project's JWS envelope: the default. */
export const notaryJws: SignatureBinding;

/**
 * Opens an envelope and checks what needs no trust: it parses, its signature holds under the leaf's key with the algorithm
 * that this key prescribes, its payload is of the Notary type, and its chain meets the certificate profile.
 */
export function openEnvelope(binding: SignatureBinding, bytes: Uint8Array, chains?: ChainCache): OpenedEnvelope;

/**
 * Reads Sealwright's own policy; see {@link checkSealwrightPolicy} for the rules.
 *
 * @throws {@link SealwrightError} `VALIDATION` naming every error with its line and column; `UNAVAILABLE` if the thread that
 *   parses conditions does not start.
 */
export function parseSealwrightPolicy(input: Uint8Array | string, label?: string): Promise<SealwrightPolicy>;

/** Reads `<type>:<name>` as policies write it: `ca:acme`. A name is one folder of the trust store, never `.` or `..`. */
export function parseStoreReference(text: string): ParsedStoreReference;

/**
 * Reads a trust policy of version 1.0; see {@link checkTrustPolicy} for the rules.
 *
 * @throws {@link SealwrightError} `VALIDATION` naming every error with its line and column.
 */
export function parseTrustPolicy(input: Uint8Array | string, kind: PolicyKind, label?: string): TrustPolicy;

/** The short name of a predicate type, where it has one. */
export function predicateName(predicateType: string): PredicateName | undefined;

/**
 * Returns the predicate type for a short name, of Sealwright or cosign, or for a URI, which is returned unchanged.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { predicateTypeOf } from '@sealwright/notary'
 *
 * predicateTypeOf('slsaprovenance1') // 'https://slsa.dev/provenance/v1'
 * predicateTypeOf('https://example.org/review/v1') // the same
 * ```
 */
export function predicateTypeOf(text: string): string;

/** Short names of predicate types, as `attest --type` and `verify --attestation` take them. */
export const predicateTypes: {
    readonly slsa: 'https://slsa.dev/provenance/v1';
    readonly spdx: 'https://spdx.dev/Document';
    readonly cyclonedx: 'https://cyclonedx.org/bom';
    readonly vsa: 'https://slsa.dev/verification_summary/v1';
};

/**
 * Asks every source that the certificates of a chain name, one after another: to find out which of them work, where a
 * verification would stop at the first that tells. No cache is used.
 *
 * @param chain - Leaf first, root last; each issued by the next.
 */
export function probeRevocation(chain: readonly Certificate[], options: Omit<RevocationOptions, 'cache' | 'onCacheFault'>, { clock, signal }: {
    readonly clock: () => Date;
    readonly signal?: AbortSignal | undefined;
}): Promise<readonly ProbedSource[]>;

/**
 * Returns the `lookup` for a client that asks hosts which a certificate names: a name resolves to its public addresses
 * only, and the connection goes to an address that was checked. Names in `privateHosts` resolve to all of theirs.
 *
 * @param resolve - For tests. Default: `lookup` of `node:dns`.
 *
 * @example
 * ```ts
 * import { publicLookup } from '@sealwright/notary'
 * import { httpFetch } from '@sealwright/oci-registry'
 *
 * const fetch = httpFetch({ lookup: publicLookup({ privateHosts: ['ocsp.acme.internal'] }) })
 * ```
 */
export function publicLookup({ privateHosts }?: {
    readonly privateHosts?: readonly string[] | undefined;
}, resolve?: ResolveAll): LookupFunction;

/**
 * The bytes of a signature's envelope, checked against their digest.
 *
 * @throws {@link SealwrightError} of the store; `VALIDATION` beyond 32 MiB.
 */
export function readEnvelope(store: ArtifactStore, envelope: Descriptor, options?: {
    readonly signal?: AbortSignal | undefined;
}): Promise<Uint8Array>;

/**
 * Reads the evidence that is attached to a signature, the newest first: at most 256 manifests, 64 pieces of each kind, and
 * 64 MiB; pieces of more than 64 KiB come last. Anybody who may push may attach something: what is malformed, missing, or too much is passed over.
 *
 * @param signature - The manifest that attaches the signature, or the attestation.
 * @throws the reason of the signal; never for what is attached, or for a store that does not answer.
 *
 * @example
 * ```ts
 * import { findSignatures, readEvidence } from '@sealwright/notary'
 * import { layoutDirectory } from '@sealwright/oci'
 *
 * const artifacts = layoutDirectory('image')
 * for await (const { manifest } of findSignatures(artifacts, await artifacts.resolve('v1'))) {
 *   const { evidence } = await readEvidence(artifacts, manifest)
 *   console.log(evidence.ocsp.length, evidence.crls.length)
 * }
 * ```
 */
export function readEvidence(store: ArtifactStore, signature: Descriptor, { signal, accepts }?: ReadEvidenceOptions): Promise<FoundEvidence>;

/**
 * Reads the policy file that decides for a kind; `sealwright`: Sealwright's own, for artifacts and files. Links are not
 * followed, as by notation.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what is not a regular file, or is larger than 4 MiB; `ACCESS_DENIED` if
 *   it may not be read.
 */
export function readPolicyFile(directory: string, kind: PolicyKind | 'sealwright'): Promise<PolicyFile>;

/**
 * Reads Sealwright's policy and the public keys that it names: PEM, in the trust directory. A key that cannot be read is an
 * error of the policy, like any other.
 *
 * @param directory - The trust directory.
 * @param file - The policy's own path, for messages.
 * @throws {@link SealwrightError} `UNAVAILABLE` if the thread that parses conditions does not start.
 *
 * @example
 * ```ts
 * import { formatPolicyFault, readPolicyFile, readSealwrightPolicy } from '@sealwright/notary'
 *
 * const { path, bytes } = await readPolicyFile('/etc/notation', 'sealwright')
 * if (bytes !== undefined) {
 *   const { policy, faults } = await readSealwrightPolicy('/etc/notation', path, bytes)
 *   console.log(policy?.statements.length ?? faults.map(formatPolicyFault))
 * }
 * ```
 */
export function readSealwrightPolicy(directory: string, file: string, input: Uint8Array | string): Promise<SealwrightPolicySource>;

/** Reads one trust store. Never throws for what is wrong with it. */
export function readTrustStore(directory: string, { type, name }: Pick<StoreReading, 'type' | 'name'>): Promise<StoreReading>;

/**
 * Asks time-stamp authorities (RFC 3161) for a token over a message, and verifies it as a verifier will: imprint, nonce,
 * signature, the chain to one of the roots, the time, and whether the authority was revoked.
 *
 * @param message - For the timestamp of an envelope its raw signature; for one that is stapled what `stapledMessage` of the
 *   format says; for a Sigstore bundle what `timestampedBytes` says.
 * @throws {@link SealwrightError} what an authority failed with, first of all what may be gone at the next attempt; its `why`
 *   names each of them. `VALIDATION` without a URL, or for one of another scheme.
 */
export function requestTimestamp(message: Uint8Array, options: TimestampOptions): Promise<ObtainedTimestamp>;

/**
 * Keeps CRLs and OCSP responses in two directories, which are created on the first write. Files are written whole and
 * renamed, so any number of processes may share them; the oldest are removed when there are more than 4096 files or
 * 512 MiB.
 *
 * A CRL is a file named by the SHA-256 of its URL, as notation writes it: `{"baseCRL": base64, "deltaCRL": base64}`.
 *
 * @example
 * ```ts
 * import { createVerifier, revocationCache, trustDirectory } from '@sealwright/notary'
 * import { httpFetch } from '@sealwright/oci-registry'
 *
 * const verifier = await createVerifier({
 *   trust: await trustDirectory('/etc/notation'),
 *   revocation: { fetch: httpFetch(), cache: revocationCache({ crl: 'cache/crl', ocsp: 'cache/ocsp' }) },
 * })
 * ```
 */
export function revocationCache({ crl, ocsp }: RevocationDirectories): RevocationCache;

/**
 * The statement for a file: the one of that name, or the global one if no name is given.
 *
 * @returns `undefined` where there is none.
 * @throws {@link SealwrightError} `VALIDATION` if the name is blank.
 */
export function selectBlobStatement(policy: TrustPolicy, name: string | undefined): Statement | undefined;

/**
 * Returns the statement for a repository: the one that names it in the one spelling of its host, else the one that names it
 * as it is written, else the one for `*`. Scopes are compared as exact strings.
 *
 * @param scope - `host[:port]/path`, as written; without it only a `*` statement applies.
 * @returns `undefined` where the policy says nothing: that is denied, never trusted.
 * @throws {@link SealwrightError} `VALIDATION` if `scope` is not a repository.
 */
export function selectOciStatement(policy: TrustPolicy, scope: string | undefined): Statement | undefined;

/**
 * Says which statement of a policy decides about a target, or why the target is denied: the policy has expired, does not
 * allow the registry, or covers no such target.
 *
 * @param clock - The real time, whatever time is judged as of: an expired policy allows nothing.
 * @throws {@link SealwrightError} `VALIDATION` if the scope is not a repository, or the name of a statement is blank.
 */
export function selectPolicyStatement({ file, policy }: SealwrightPolicySource & {
    readonly policy: SealwrightPolicy;
}, target: PolicyTarget, clock: Date): PolicyDecision;

/**
 * Signs an artifact and attaches the signature: resolve once, seal, check the own envelope, push config, envelope and
 * manifest, and read it back from the listing. The artifact's tag and digest stay as they are.
 *
 * @param reference - Tag or digest.
 * @param seal - Makes the envelope over the content: `content => seal(binding.envelope, content, signer, …)`, or a service
 *   that returns finished envelopes. Its output is checked like a stranger's.
 * @throws {@link SealwrightError} of the store and of `seal`; `INTEGRITY` if the envelope does not sign this artifact, or is
 *   not found where it was stored; `VALIDATION` if its certificates break the Notary Project's rules. Nothing is stored
 *   unless the envelope is good.
 *
 * @example
 * ```ts
 * import { type Signer, seal } from '@sealwright/core'
 * import { notaryJws, signArtifact } from '@sealwright/notary'
 * import { layoutDirectory } from '@sealwright/oci'
 *
 * declare const signer: Signer
 * declare const certificates: readonly Uint8Array[]
 * const artifacts = layoutDirectory('image')
 * const { signature } = await signArtifact({ artifacts }, 'v1', notaryJws, content =>
 *   seal(notaryJws.envelope, content, signer, { attributes: { signingTime: new Date() }, certificates }),
 * )
 * ```
 */
export function signArtifact<Attributes>(places: SignPlaces, reference: string, binding: SignatureBinding<Attributes>, seal: (content: TargetArtifact, subject: Descriptor) => Promise<Envelope>, options?: SignOptions): Promise<AttachedSignature>;

/**
 * Signs a file into a detached envelope. The file is read once, and may be of any size.
 *
 * @throws {@link SealwrightError} of `seal`; `VALIDATION` for a media type or metadata that cannot be; `INTEGRITY` if the
 *   envelope that `seal` gave does not sign this file.
 *
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs'
 * import { type Signer, seal } from '@sealwright/core'
 * import { notaryJws, signFile } from '@sealwright/notary'
 *
 * declare const signer: Signer
 * declare const certificates: readonly Uint8Array[]
 * const { envelope } = await signFile(
 *   createReadStream('app.tgz'),
 *   notaryJws,
 *   content =>
 *     seal(notaryJws.envelope, content, signer, { attributes: { signingTime: new Date() }, certificates }),
 *   { algorithm: signer.algorithm.id },
 * )
 * ```
 */
export function signFile<Attributes>(file: Message, binding: SignatureBinding<Attributes>, seal: (content: TargetArtifact) => Promise<Envelope>, options: FileContentOptions): Promise<{
    readonly content: TargetArtifact;
    readonly envelope: Envelope;
}>;

/**
 * Collects current evidence for every signature of an artifact, whoever made it, and attaches it. No envelope is changed,
 * and no signature is trusted for it: hosts that strangers' certificates name are asked.
 *
 * @param subject - As resolved from the store.
 * @returns In the order of the store. What goes wrong with one signature is in its report.
 * @throws {@link SealwrightError} of the store where it cannot list the signatures; `UNSUPPORTED` beyond the limit; the
 *   reason of the signal.
 *
 * @example
 * ```ts
 * import { createEvidenceCollector, publicLookup, stapleSignatures } from '@sealwright/notary'
 * import { layoutDirectory } from '@sealwright/oci'
 * import { httpFetch } from '@sealwright/oci-registry'
 *
 * const artifacts = layoutDirectory('image')
 * const collector = createEvidenceCollector({ fetch: httpFetch({ lookup: publicLookup() }) })
 * const reports = await stapleSignatures(artifacts, await artifacts.resolve('v1'), { collector })
 * for (const { digest, status } of reports) console.log(digest, status)
 * ```
 */
export function stapleSignatures(store: ArtifactStore, subject: Descriptor, options: StapleOptions): Promise<readonly StapleReport[]>;

/**
 * Returns the statements that have a place within an envelope: OCSP responses of at most 20 KiB, CRLs of at most 64 KiB, the
 * first 16 of each. `countersign` returns them as `stapled`. The rest can be attached.
 */
export function stapleable({ ocsp, crls, }: Pick<SignatureEvidence, 'ocsp' | 'crls'>): Pick<SignatureEvidence, 'ocsp' | 'crls'>;

/** What is wrong with a certificate as a member of a store of this type; `undefined` if nothing is. */
export function storeCertificateFault(certificate: Certificate, type: StoreType): string | undefined;

/** The fault that makes a store unusable: its own, or the first of its entries. One of them fails all, as in notation. */
export function storeFault({ fault, entries, missing }: StoreReading): TrustFault | undefined;

/** Why no trusted identity can match the subject of a certificate; `undefined` if one can. */
export function subjectFault({ subject }: Pick<Certificate, 'subject'>): string | undefined;

/** Returns why a report has no verdict that may be signed; `undefined` if it has one. */
export function summaryFault({ verdict, policy, resolved, at }: SummarizedReport): string | undefined;

/**
 * Makes the SLSA verification summary (`verification_summary/v1`) of a report, for {@link attestArtifact}: `PASSED` for
 * verified, `FAILED` for not verified and denied. Its input attestations are the signatures and attestations that were
 * judged. It states no SLSA level: a signature says nothing about the build.
 *
 * It speaks of the digest that the report names as resolved: attest it of no other.
 *
 * @throws {@link SealwrightError} `VALIDATION` unless a policy decided on one digest as of now: for an unknown or skipped
 *   target, one that no statement covers, one that was judged as of another time.
 *
 * @example
 * ```ts
 * import { type Report, summaryOf } from '@sealwright/notary'
 *
 * declare const report: Report
 * const attestation = summaryOf(report, {
 *   verifier: 'https://ci.example/verifier',
 *   resourceUri: 'https://registry.example/app',
 *   timeVerified: new Date(),
 *   policyDigest: 'sha256:4ac452ffd1d8a8cf008b3d966396f8cf052b0077c5bc0f83e749bdba0ee5e6bd',
 * })
 * ```
 */
export function summaryOf(report: SummarizedReport, options: SummaryOptions): Attestation;

/**
 * Returns trust in these certificates for every repository and file, at level `strict`: a replacement for a policy.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a certificate that a trust store would refuse, or a name that a policy
 *   would refuse.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { createVerifier, trustAnchors } from '@sealwright/notary'
 * import { parseCertificates } from '@sealwright/x509'
 *
 * const certificates = parseCertificates(await readFile('root.crt'), 'root.crt').map(({ der }) => der)
 * const verifier = await createVerifier({ trust: trustAnchors({ certificates }) })
 * ```
 */
export function trustAnchors(options: TrustAnchorsOptions): Trust;

/**
 * Reads a trust directory, once: Sealwright's policy with the public keys that it names, Notation's trust policies, and the
 * trust store. Nothing is written.
 *
 * A directory without a policy, or with a faulty one, is read all the same: verification under that policy is then
 * `VALIDATION`, and says what to do. So is a store that cannot be used: it stops what is verified by it, and nothing else.
 * Where Sealwright's policy is faulty, Notation's do not stand in for it.
 *
 * @throws {@link SealwrightError} `VALIDATION` if a policy is not a regular file, or is larger than 4 MiB; `ACCESS_DENIED`
 *   if a policy may not be read; `UNAVAILABLE` if the thread that parses conditions does not start.
 *
 * @example
 * ```ts
 * import { createVerifier, trustDirectory } from '@sealwright/notary'
 *
 * const verifier = await createVerifier({ trust: await trustDirectory('/etc/notation') })
 * ```
 */
export function trustDirectory(path: string, options?: TrustDirectoryOptions): Promise<Trust>;

/**
 * Returns trust in one public key for every repository and file: a replacement for a policy. Certificates are ignored, also
 * their validity and revocation, because no authority is trusted.
 *
 * @param publicKey - DER SubjectPublicKeyInfo.
 * @throws {@link SealwrightError} `VALIDATION`, `UNSUPPORTED` if it is not a key that can sign.
 *
 * @example
 * ```ts
 * import { createVerifier, trustKey } from '@sealwright/notary'
 *
 * declare const publicKey: Uint8Array
 * const verifier = await createVerifier({ trust: trustKey(publicKey) })
 * ```
 */
export function trustKey(publicKey: Uint8Array): Trust;

/**
 * Why no reference can be of this repository; `undefined` if one can, or if the host is a name alone: layouts are judged
 * as such a repository (`local/app`).
 */
export function unreachableScope(scope: string): string | undefined;

// Named above, not exported:

const ACTIONS: readonly ['enforce', 'log', 'skip'];

/**
 * Reads chains, and remembers the last ones that break no rule: a service sees the same few signers again and again, and
 * checking a chain costs more than checking a signature. Anybody can make up chains, so their bytes are bounded.
 */
class ChainCache {
    #private;
    /**
     * @param chain - DER, leaf first.
     * @throws {@link SealwrightError} `VALIDATION` for what is not a certificate, and for a leaf whose key has no algorithm;
     *   `UNSUPPORTED` for a key of unknown type.
     */
    read(chain: readonly Uint8Array[], binding: SignatureBinding): ReadChain;
}

/** What the global `fetch` is; no redirect is followed. */
type Fetch = typeof globalThis.fetch;

/** The checks that a level governs, in the order in which they are made. */
const GOVERNED_CHECKS: readonly ['integrity', 'authenticity', 'expiry', 'authenticTimestamp', 'revocation'];

interface GroupReport<Kind extends string> {
    readonly kind: Kind;
    readonly state: RequirementState;
    readonly of: readonly RequirementReport[];
}

const LEVELS: readonly ['strict', 'permissive', 'audit', 'skip'];

interface LeafReport {
    readonly kind: 'signer' | 'attestation';
    readonly state: RequirementState;
    /** Of a signer leaf. */
    readonly signer?: string | undefined;
    /** Of an attestation leaf: predicate type and who may sign it. */
    readonly predicateType?: string | undefined;
    readonly by?: readonly string[] | undefined;
    /** The signature that meets the leaf, by its digest. */
    readonly signature?: string | undefined;
    /** What was found instead. */
    readonly why?: string | undefined;
}

/** A chain whose certificates were read and judged by the certificate rules, whatever the time. */
interface ReadChain {
    readonly certificates: readonly Certificate[];
    /** The one algorithm that the Notary Project prescribes for the leaf's key. */
    readonly algorithm: AlgorithmId;
    /** Empty: it meets the profile for code signing. */
    readonly faults: readonly ChainFault[];
}

type ResolveAll = (hostname: string, options: LookupAllOptions, callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

const STORE_TYPES: readonly ['ca', 'signingAuthority', 'tsa'];

/** When a timestamp is asked for: always, or once a certificate of the chain has expired. */
const TIMESTAMP_OPTIONS: readonly ['always', 'afterCertExpiry'];
