// The public declarations of @sealwright/notary. Written by `npm run api`; do not edit.
import type { AlgorithmId, Envelope, EnvelopeFormat, ErrorCode, KeyDescriptor, Message, SealwrightError, TargetArtifact } from '@sealwright/core'
import type { DsseAttributes, DssePayload } from '@sealwright/core/dsse'
import type { JsonObject } from '@sealwright/core/encoding'
import type { NotaryAttributes } from '@sealwright/core/notary-jws'
import type { ArtifactStore, Descriptor, PushResult } from '@sealwright/oci'
import type { Certificate, ChainFault } from '@sealwright/x509'

export type Action = (typeof ACTIONS)[number];

export interface ArtifactOptions extends VerifyOptions {
    /** Judge every signature, instead of stopping at the first that is verified. */
    readonly all?: boolean;
    /** Signatures that are tried. Default 100. With more of them and none verified the verdict is `unknown`. */
    readonly maxSignatures?: number;
    /**
     * Predicate types, as URIs, that must be attested beside the signature, each by somebody whom the policy trusts for this
     * target. Where one is not, the verdict is `denied`. Of attestations as many are tried as of signatures.
     */
    readonly attestations?: readonly string[];
    /**
     * Whose verification summaries count, by `verifier.id`. Default: anybody's that a trusted signer attests. A summary has to
     * have passed and to name the target in any case.
     */
    readonly vsaVerifiers?: readonly string[];
}

export interface ArtifactRequest {
    readonly artifacts: ArtifactStore;
    /** Where the signatures are, if not beside the artifact. */
    readonly signatures?: ArtifactStore;
    /** Where the attestations are, if not beside the signatures. */
    readonly attestations?: ArtifactStore;
    /** Tag or digest. */
    readonly reference: string;
    /** The repository that the policy judges it as, `host[:port]/path`; without it only a `*` statement applies. */
    readonly scope?: string;
}

export interface AttachOptions {
    readonly signal?: AbortSignal;
    /** Default `config-type`. */
    readonly manifest?: ManifestForm;
}

export interface AttachedAttestation {
    readonly subject: Descriptor;
    /** The manifest that attaches it. */
    readonly attestation: Descriptor;
    readonly envelope: Envelope;
    readonly algorithm: AlgorithmId;
    readonly foundBy: NonNullable<PushResult['referrers']>;
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
    readonly signal?: AbortSignal;
    /** DER SubjectPublicKeyInfo of the key that `seal` signs with: what it made is checked under it. */
    readonly publicKey: Uint8Array;
    /** Of the manifest. Default: the clock's. */
    readonly created?: Date;
}

/** What is said of an artifact; made by {@link attestationOf}. */
export interface Attestation {
    /** A URI. */
    readonly predicateType: string;
    /** JSON, one object. */
    readonly predicate: string;
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
        readonly spkiSha256: string;
        readonly trustStore?: string;
    };
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

/** The media type that is written, and that of the manifest that attaches it. */
export const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

export type BundleVersion = '0.1' | '0.2' | '0.3';

/** The checks in the order in which they are made. A failure that is enforced ends the list; the rest is `skipped`. */
export const CHECKS: readonly ['integrity', 'attributes', 'authenticity', 'expiry', 'authenticTimestamp', 'revocation', 'artifact', 'metadata'];

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
    readonly policy?: TrustPolicy;
}

export interface DsseContent {
    readonly kind: 'dsse';
    /** The envelope as JSON of its own, for whoever reads DSSE. */
    readonly envelope: Uint8Array;
}

/** Why an envelope is not sound. */
export interface EnvelopeFault {
    readonly code: 'MALFORMED' | 'TAMPERED' | 'CERTIFICATE';
    readonly why: string;
}

export interface EqualAttestationQuery {
    readonly attestation: Attestation;
    /** DER SubjectPublicKeyInfo of the key that would sign it. */
    readonly publicKey: Uint8Array;
    /** DER, leaf first: what the bundle would carry. Default: none, the hint alone. */
    readonly certificates?: readonly Uint8Array[];
    readonly signal?: AbortSignal;
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
    readonly certificate?: Uint8Array;
    readonly now: Date;
    /** Only envelopes of this type; without it of any. */
    readonly mediaType?: string;
    readonly signal?: AbortSignal;
}

export interface FileContentOptions {
    /** The signing key's algorithm: its hash makes the digest (SHA-384 for PS384 and ES384, and so on). */
    readonly algorithm: AlgorithmId;
    /** Default `application/octet-stream`. */
    readonly mediaType?: string;
    readonly metadata?: Readonly<Record<string, string>>;
}

export interface FileRequest {
    readonly content: Message;
    readonly envelope: Envelope;
    /** The policy statement; without it the global one applies. */
    readonly statement?: string;
    /** Must be the signed one; without it any is good. */
    readonly mediaType?: string;
    /** What the file is called in the report. */
    readonly name?: string;
}

export interface FindOptions {
    readonly signal?: AbortSignal;
    /** More of them than this are an error, never a list cut short. Default: no limit. */
    readonly limit?: number;
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

/** An in-toto statement (in-toto attestation framework, `spec/v1/statement.md`). */
export interface InTotoStatement {
    readonly type: string;
    readonly subjects: readonly StatementSubject[];
    readonly predicateType: string;
    /**
     * Read when it is first asked for, because it may be large and nobody may want it; at most a million values.
     *
     * @throws {@link SealwrightError} `VALIDATION` for more, and for a member that comes twice.
     */
    readonly predicate: JsonObject;
}

export type Level = (typeof LEVELS)[number];

/** As much as is attested at once: with base64 around it, it stays within what is read of an envelope. */
export const MAX_PREDICATE_BYTES: number;

/**
 * `config-type` is what every tagged notation writes and finds: the config's media type names the artifact.
 * `artifact-type` is the form of OCI 1.1 and of the specification; notation 1.3 does not find it in a layout.
 */
export type ManifestForm = 'config-type' | 'artifact-type';

export interface MessageContent {
    readonly kind: 'message';
    /** ECDSA in DER. */
    readonly signature: Uint8Array;
    /** As the signer said; absent where it said nothing. */
    readonly digest?: {
        readonly algorithm: string;
        readonly bytes: Uint8Array;
    };
}

/** A manifest that an index names. */
export interface NamedManifest {
    readonly digest: string;
    readonly mediaType: string;
    /** `os/architecture`, with the variant behind it; absent where the index does not say. */
    readonly platform?: string;
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

/** One thing that is wrong with a trust policy file. */
export interface PolicyFault {
    /** An `error` makes the file unusable; a `warning` does not: notation ignores it too. */
    readonly severity: 'error' | 'warning';
    readonly message: string;
    /** The statement it is in, if it has a name. */
    readonly statement?: string;
    /** From 1, as an editor counts. */
    readonly line?: number;
    readonly column?: number;
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
    readonly statement: string;
    /** With its overrides: `strict (revocation: log)`. */
    readonly level: string;
    /** Signatures needed, and how many of those judged are verified. None where attestations of a trusted key are enough. */
    readonly required: number;
    readonly met: number;
}

/** A policy and where it came from. One with errors makes verification under it impossible, and nothing else. */
export interface PolicySource {
    readonly file: string;
    readonly faults: readonly PolicyFault[];
    readonly policy?: TrustPolicy;
}

export type PredicateName = keyof typeof predicateTypes;

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
 * - `ATTESTATION`: it is signed as it should be, and something was to be attested that no trusted signer attests.
 * - `LIMIT`: more signatures than may be tried. `UNREADABLE`: the store did not hand this one out.
 */
export type ReasonCode = 'UNSIGNED' | 'MALFORMED' | 'MISSING' | 'TAMPERED' | 'CERTIFICATE' | 'UNTRUSTED' | 'TRUST_STORE' | 'EXPIRED' | 'TIMESTAMP' | 'REVOCATION' | 'UNSUPPORTED' | 'METADATA' | 'ATTESTATION' | 'NO_STATEMENT' | 'LIMIT' | 'UNREADABLE';

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
    readonly signatures: readonly SignatureReport[];
    /** There if something had to be attested, and the signatures are good. */
    readonly attestations?: AttestationsReport;
    /** Filled if there is no signature. */
    readonly found: readonly FoundReferrers[];
    /** Of an index, what it names: signed with it by their digests. Signatures of their own were not looked at. */
    readonly manifests?: readonly NamedManifest[];
}

export interface SignOptions extends AttachOptions {
    /** Signed beside the artifact; keys under `io.cncf.notary` are refused. */
    readonly metadata?: Readonly<Record<string, string>>;
}

export interface SignPlaces {
    readonly artifacts: ArtifactStore;
    /** Where the signature goes, if not beside the artifact. */
    readonly signatures?: ArtifactStore;
}

/** How an envelope format is tied to artifacts: one row of what signing and verifying need to know of it. */
export interface SignatureBinding<Attributes = NotaryAttributes> {
    /** As options and file names have it: `jws`, `cose`. */
    readonly name: string;
    readonly envelope: EnvelopeFormat<TargetArtifact, Attributes>;
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
        readonly spkiSha256: string;
        /** The store that vouches for it, `ca:acme`; absent if none does. */
        readonly trustStore?: string;
    };
    /** The time at which the chain had to be valid, and where it comes from. */
    readonly time?: {
        readonly used: string;
        readonly source: TimeSource;
    };
    readonly checks: readonly CheckReport[];
}

export interface SignatureVerification {
    readonly level: Level;
    readonly override?: Readonly<Partial<Record<GovernedCheck, Action>>>;
    /** Absent means `always`. */
    readonly verifyTimestamp?: TimestampOption;
}

/** A Sigstore bundle, read: claims, none of them judged (sigstore/protobuf-specs, `sigstore_bundle.proto`). */
export interface SigstoreBundle {
    readonly version: BundleVersion;
    /** What the signer said of the key; a hint, never trusted. */
    readonly hint?: string;
    /** DER, leaf first; seldom the whole chain, and without its root. */
    readonly certificates?: readonly Uint8Array[];
    /** DER RFC 3161 time-stamp responses. */
    readonly timestamps: readonly Uint8Array[];
    /** Entries of transparency logs, by number only: nothing here looks into them. */
    readonly logEntries: number;
    readonly content: DsseContent | MessageContent;
}

/** An envelope whose signature holds under its own leaf, whose chain meets the profile. Nobody is trusted yet. */
export interface SoundEnvelope {
    readonly binding: SignatureBinding;
    /** Leaf first. */
    readonly chain: readonly Certificate[];
    readonly algorithm: AlgorithmId;
    readonly attributes: NotaryAttributes;
    /** The raw signature, which a timestamp is over. */
    readonly signature: Uint8Array;
    /** DER RFC 3161 tokens, not looked at. */
    readonly timestamps: readonly Uint8Array[];
    readonly payload: Uint8Array;
    /** What is signed; several checks ask for it. Throws `VALIDATION` if the payload is not a descriptor. */
    content(): TargetArtifact;
}

/** One statement of a trust policy 1.0, as it stands in the file. */
export interface Statement {
    readonly name: string;
    /** `oci` only: exact repositories `host[:port]/path`, or `*` alone. */
    readonly registryScopes?: readonly string[];
    /** `blob` only: applies where no statement is named. */
    readonly globalPolicy?: boolean;
    readonly signatureVerification: SignatureVerification;
    /** `<type>:<name>`; empty with level `skip` alone. */
    readonly trustStores: readonly string[];
    /** `*` alone, or `x509.subject: <RFC 4514 name>` and identities of other kinds, which only a plug-in could judge. */
    readonly trustedIdentities: readonly string[];
}

/** What a statement is about: names mean nothing, digests everything. */
export interface StatementSubject {
    readonly name?: string;
    /** Hexadecimal by algorithm: `{ sha256: '…' }`. */
    readonly digest: Readonly<Record<string, string>>;
}

/** One entry in the folder of a trust store. */
export interface StoreEntry {
    readonly name: string;
    readonly path: string;
    /** What could be read, also where one of the certificates is a fault. */
    readonly certificates: readonly Certificate[];
    readonly fault?: TrustFault;
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
    readonly missing?: true;
    /** Why its entries cannot be read: it is a link, or may not be read. The faults of its entries are theirs. */
    readonly fault?: TrustFault;
}

export type StoreType = (typeof STORE_TYPES)[number];

/** `given`: the caller's own, in place of the clock. */
export type TimeSource = 'clock' | 'given' | 'authenticSigningTime';

export type TimestampOption = (typeof TIMESTAMP_OPTIONS)[number];

/** Whom to believe, as plain data: nothing is read from disk once it is made. */
export interface Trust {
    /** What it is called in reports and messages: a directory, or the option that it stands for. */
    readonly source: string;
    readonly oci?: PolicySource;
    readonly blob?: PolicySource;
    /** Trust stores by `<type>:<name>`. A store that a policy names and that is not here does not exist. */
    readonly stores: Readonly<Record<string, TrustStore>>;
    /** A public key (DER SubjectPublicKeyInfo) that is trusted by itself, in place of trust stores and identities. */
    readonly key?: Uint8Array;
}

export interface TrustAnchorsOptions {
    /** DER. Each is a certificate authority or self-signed. */
    readonly certificates: readonly Uint8Array[];
    /** RFC 4514 name, with or without `x509.subject:` before it; only signers whose subject has these attributes. */
    readonly identity?: string;
    /** What the anchors are called in reports. */
    readonly source?: string;
}

export interface TrustDirectoryOptions {
    /** In place of the policies of the directory, which are not read then. It is read as either kind. */
    readonly policy?: {
        readonly file: string;
        readonly input: Uint8Array | string;
    };
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
    readonly code?: ErrorCode;
    readonly fix?: string;
    readonly certificates?: undefined;
};

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
    /** Judges a file by its detached signature. Throws as {@link Verifier.verify} does. */
    verifyFile(request: FileRequest, options?: VerifyOptions): Promise<Report>;
}

export interface VerifierOptions {
    readonly trust: Trust;
    /** Default: the system's clock. */
    readonly clock?: () => Date;
}

export interface VerifyOptions {
    readonly signal?: AbortSignal;
    /** Whole call. Default: none. */
    readonly timeoutMs?: number;
    /** Must be signed beside the artifact. */
    readonly metadata?: Readonly<Record<string, string>>;
    /** Judge as of this time instead of the clock's; the report says so. */
    readonly at?: Date;
}

/**
 * Attaches an envelope that was made elsewhere, after checking that it is sound and signs this very artifact.
 *
 * @param subject - As resolved from `places.artifacts`.
 * @param options.metadata - Exactly this must be signed beside the artifact; without it any is good.
 * @throws As {@link signArtifact}.
 */
export function attachSignature(places: SignPlaces, subject: Descriptor, envelope: Envelope, options?: SignOptions): Promise<AttachedSignature>;

/**
 * Attests something of an artifact: a statement about its digest, sealed into a Sigstore bundle, attached as a referrer the
 * way cosign 3 does, and read back from the listing.
 *
 * @param subject - As resolved from `places.artifacts`.
 * @param seal - `payload => seal(sigstoreBundle, payload, signer, …)`. What it gives is checked before it is stored.
 * @throws {@link SealwrightError} of the store and of `seal`; `INTEGRITY` if the envelope is not over this statement by this key, or is not found where it was stored.
 */
export function attestArtifact(places: SignPlaces, subject: Descriptor, attestation: Attestation, seal: (payload: DssePayload) => Promise<Envelope>, options: AttestOptions): Promise<AttachedAttestation>;

/**
 * What an attestation is signed with where nobody says: the key's only algorithm, else ES256, ES384 or ES512 by its curve,
 * and RS256 for RSA, which is all of RSA that cosign reads.
 *
 * @throws {@link SealwrightError} `VALIDATION` naming what the key allows where that is none of these.
 */
export function attestationAlgorithm(key: KeyDescriptor): AlgorithmId;

/**
 * Reads what is to be attested.
 *
 * @param predicate - UTF-8 JSON, one object, at most {@link MAX_PREDICATE_BYTES}.
 * @throws {@link SealwrightError} `VALIDATION` for what is none, or plainly of another type than it is called.
 */
export function attestationOf(predicateType: string, predicate: Uint8Array): Attestation;

/** The binding of an envelope's media type, exactly; `undefined` if there is none. */
export function bindingFor(mediaType: string): SignatureBinding | undefined;

/** A repository with the one spelling of its host. */
export function canonicalScope(scope: string): string;

/**
 * Reads a trust policy of version 1.0 and names all that is wrong with it. What notation refuses is an error here; so are
 * duplicate members, text after the document, member names in another case, an empty `verifyTimestamp`, store names `.`
 * and `..`, and a global statement with level `skip`, which notation lets pass. A member that means nothing is a warning.
 *
 * @param label - Names the file in messages about its syntax.
 */
export function checkTrustPolicy(input: Uint8Array | string, kind: PolicyKind, label?: string): CheckedPolicy;

/** A verifier. Trust is data, read before: nothing of it is read again from disk. */
export function createVerifier({ trust, clock, }: VerifierOptions): Promise<Verifier>;

/** What is signed for a file: it is read once and never held whole. */
export function fileContent(content: Message, options: FileContentOptions): Promise<TargetArtifact>;

/**
 * The manifest of an attestation that makes another one needless: the same statement, byte for byte, by the same key, with
 * the same leaf certificate or none. What cannot be read is passed over.
 *
 * @throws {@link SealwrightError} of the store where it cannot answer.
 */
export function findEqualAttestation(store: ArtifactStore, subject: Descriptor, query: EqualAttestationQuery): Promise<Descriptor | undefined>;

/**
 * A signature that makes another one needless: sound, by the same key, over the same content, neither expired nor with an
 * expired chain. Signatures that cannot be read are passed over.
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

/** Writes a policy as notation reads it: two spaces, members in the order of the specification's examples. */
export function formatTrustPolicy(policy: TrustPolicy): string;

/** Whether a media type is that of a Sigstore bundle of a version that is read here. */
export function isBundleType(mediaType: string): boolean;

/** Returns whether a sound envelope is by this key and certificate, signs this content, and is good at this time. */
export function isEqualSignature({ chain, attributes, content }: SoundEnvelope, query: Pick<EqualSignatureQuery, 'content' | 'publicKey' | 'certificate' | 'now'>): boolean;

/** Reads every trust store under `<directory>/truststore/x509`. No fault of one store hides another. */
export function listTrustStores(directory: string): Promise<StoreListing>;

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
 * Reads a Sigstore bundle, versions 0.1 to 0.3, strictly: no member twice or unknown, one signature, of one kind, with one
 * kind of material to verify it by. Base64 is the standard one.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseBundle(bytes: Uint8Array): SigstoreBundle;

/**
 * Reads an in-toto statement, v1 or v0.1: no member twice, at least one subject, each with a digest. Members that it does
 * not know are passed over. Of the predicate only the syntax is checked.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseStatement(bytes: Uint8Array): InTotoStatement;

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
 * The predicate type that a text means: the URI of a short name, ours or cosign's, or a URI as it is.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
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
 * The bytes of a signature's envelope, checked against their digest.
 *
 * @throws {@link SealwrightError} of the store; `VALIDATION` beyond 32 MiB.
 */
export function readEnvelope(store: ArtifactStore, envelope: Descriptor, options?: {
    readonly signal?: AbortSignal;
}): Promise<Uint8Array>;

/**
 * Reads the policy file that decides for a kind. Links are not followed, as by notation.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` if there is a `trustpolicy.sealwright.json`; `VALIDATION` for what is not
 *   a regular file; `ACCESS_DENIED` if it may not be read.
 */
export function readPolicyFile(directory: string, kind: PolicyKind): Promise<PolicyFile>;

/** Reads one trust store. Never throws for what is wrong with it. */
export function readTrustStore(directory: string, { type, name }: Pick<StoreReading, 'type' | 'name'>): Promise<StoreReading>;

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
 * Signs an artifact and attaches the signature: resolve once, seal, check the own envelope, push config, envelope and
 * manifest, and read it back from the listing. The artifact's tag and digest stay as they are.
 *
 * @param reference - Tag or digest.
 * @param seal - Makes the envelope over the content: `content => seal(binding.envelope, content, signer, …)`, or a service
 *   that returns finished envelopes. Its output is checked like a stranger's.
 * @throws {@link SealwrightError} of the store and of `seal`; `INTEGRITY` if the envelope does not sign this artifact, or is
 *   not found where it was stored; `VALIDATION` if its certificates break the Notary Project's rules. Nothing is stored
 *   unless the envelope is good.
 */
export function signArtifact<Attributes>(places: SignPlaces, reference: string, binding: SignatureBinding<Attributes>, seal: (content: TargetArtifact, subject: Descriptor) => Promise<Envelope>, options?: SignOptions): Promise<AttachedSignature>;

/**
 * Signs a file into a detached envelope. The file is read once, and may be of any size.
 *
 * @throws {@link SealwrightError} of `seal`; `VALIDATION` for a media type or metadata that cannot be; `INTEGRITY` if the
 *   envelope that `seal` gave does not sign this file.
 */
export function signFile<Attributes>(file: Message, binding: SignatureBinding<Attributes>, seal: (content: TargetArtifact) => Promise<Envelope>, options: FileContentOptions): Promise<{
    readonly content: TargetArtifact;
    readonly envelope: Envelope;
}>;

/**
 * The Sigstore bundle v0.3 around a DSSE with one signature; several signers make several bundles. ECDSA signatures stand
 * in it in DER, which is what sigstore's clients read, and not as `dsse` alone writes them.
 *
 * With certificates it carries them (without a root, which proves nothing there), else a hint at the key: standard base64
 * of the SHA-256 of its SubjectPublicKeyInfo, as cosign writes. One or the other: the format has no place for both.
 *
 * Bundles of versions 0.1 to 0.3 are opened, if they hold a DSSE. Timestamps and log entries are not written
 * (`UNSUPPORTED`), and those that others wrote are not looked at.
 */
export const sigstoreBundle: EnvelopeFormat<DssePayload, DsseAttributes>;

/** What is wrong with a certificate as a member of a store of this type; `undefined` if nothing is. */
export function storeCertificateFault(certificate: Certificate, type: StoreType): string | undefined;

/** The fault that makes a store unusable: its own, or the first of its entries. One of them fails all, as in notation. */
export function storeFault({ fault, entries, missing }: StoreReading): TrustFault | undefined;

/** Why no trusted identity can match the subject of a certificate; `undefined` if one can. */
export function subjectFault({ subject }: Pick<Certificate, 'subject'>): string | undefined;

/**
 * Trust in these certificates, for every repository and file, at level `strict`: in place of a policy, for one run.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a certificate that a trust store would refuse, or a name that a policy
 *   would refuse.
 */
export function trustAnchors(options: TrustAnchorsOptions): Trust;

/**
 * Reads Notation's configuration directory: its trust policies and its trust store, once. Nothing is written.
 *
 * A directory without a policy, or with a faulty one, is read all the same: verification under that policy is then
 * `VALIDATION`, and says what to do. So is a store that cannot be used: it stops what is verified by it, and nothing else.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` if there is a `trustpolicy.sealwright.json`; `VALIDATION` if a policy is
 *   not a regular file; `ACCESS_DENIED` if a policy may not be read.
 */
export function trustDirectory(path: string, options?: TrustDirectoryOptions): Promise<Trust>;

/**
 * Trust in one public key, whatever certificates came with it, for every repository and file: in place of a policy, for
 * one run. What certificates say (validity, revocation) is not judged, because nobody vouches for them.
 *
 * @param publicKey - DER SubjectPublicKeyInfo.
 * @throws {@link SealwrightError} `VALIDATION`, `UNSUPPORTED` if it is not a key that can sign.
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

/** The checks that a level governs, in the order in which they are made. */
const GOVERNED_CHECKS: readonly ['integrity', 'authenticity', 'expiry', 'authenticTimestamp', 'revocation'];

const LEVELS: readonly ['strict', 'permissive', 'audit', 'skip'];

/** A chain whose certificates were read and judged by the certificate rules, whatever the time. */
interface ReadChain {
    readonly certificates: readonly Certificate[];
    /** The one algorithm that the Notary Project prescribes for the leaf's key. */
    readonly algorithm: AlgorithmId;
    /** Empty: it meets the profile for code signing. */
    readonly faults: readonly ChainFault[];
}

const STORE_TYPES: readonly ['ca', 'signingAuthority', 'tsa'];

/** When a timestamp is asked for: always, or once a certificate of the chain has expired. */
const TIMESTAMP_OPTIONS: readonly ['always', 'afterCertExpiry'];
