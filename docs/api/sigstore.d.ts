// The public declarations of @sealwright/sigstore. Written by `npm run api`; do not edit.
import type { Algorithm, AlgorithmId, EnvelopeFormat, KeyType, Signature } from '@sealwright/core'
import type { DsseAttributes, DssePayload } from '@sealwright/core/dsse'
import type { JsonObject } from '@sealwright/core/encoding'
import type { ArtifactStore, Descriptor, ReferrerTypes } from '@sealwright/oci'
import type { Certificate } from '@sealwright/x509'
import type { KeyObject } from 'node:crypto'

/** The media type that is written, and that of the manifest that attaches it. */
export const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

export interface BundleFormat extends EnvelopeFormat<DssePayload, DsseAttributes> {
    /** What a timestamp in the bundle is over: the signature as it stands there. */
    timestampedBytes(signature: Signature): Uint8Array;
}

export type BundleVersion = '0.1' | '0.2' | '0.3';

/** A key that a signature may be of. */
export interface CandidateKey {
    readonly type: KeyType;
    /** DER SubjectPublicKeyInfo, or parsed. */
    readonly key: Uint8Array | KeyObject;
}

export interface DsseContent {
    readonly kind: 'dsse';
    /** The envelope as JSON of its own, for whoever reads DSSE. */
    readonly envelope: Uint8Array;
}

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
    /** The same as it was written. */
    readonly predicateText: string;
}

export interface JudgeOptions {
    /** The time at which certificates must be valid if no trusted time is proven. */
    readonly now: Date;
    /** How many entries of trusted logs there must be. Default: 1 for an identity, else none. */
    readonly logEntries?: number | undefined;
    /** Base URLs of the logs whose entries count. Default: all of the trusted root. */
    readonly logs?: readonly string[] | undefined;
    /** How many trusted times there must be. Default: 1 for an identity, else none. */
    readonly timestamps?: number | undefined;
    /** Roots of timestamp authorities, in place of those of the trusted root. For keys and certificates. */
    readonly timestampRoots?: readonly Certificate[] | undefined;
}

/** The artifact that a signature must be about. */
export interface JudgedArtifact {
    /** `sha256:<hex>`. */
    readonly digest: string;
    /** The artifact itself, which a signature over a message is checked against; a statement names the digest. */
    readonly bytes?: Uint8Array | undefined;
}

/** The limit of sigstore-go (`pkg/verify/signature.go`) and cosign. */
export const MAX_SUBJECTS: number;

export interface MessageContent {
    readonly kind: 'message';
    /** ECDSA in DER. */
    readonly signature: Uint8Array;
    /** As the signer said; absent where it said nothing. */
    readonly digest?: {
        readonly algorithm: string;
        readonly bytes: Uint8Array;
    } | undefined;
}

/**
 * What is read of a predicate. An SBOM of 16 MiB has about half a million values; each takes some 200 bytes, so a predicate is
 * read only when somebody asks for it.
 */
export const PREDICATE_LIMITS: {
    readonly maxValues: number;
    readonly maxDepth: number;
};

/** The predicate type of a signature, as cosign 3 writes and reads it. */
export const SIGN_PREDICATE_TYPE: string;

/** The media type of a layer under the tag `sha256-<hex>.sig`. */
export const SIMPLE_SIGNING_TYPE: typeof ReferrerTypes.simpleSigning;

/** The payload type of an in-toto statement in a DSSE. */
export const STATEMENT_TYPE: typeof ReferrerTypes.inToto;

/** A Sigstore bundle, read: claims, none of them judged (sigstore/protobuf-specs, `sigstore_bundle.proto`). */
export interface SigstoreBundle {
    readonly version: BundleVersion;
    /** What the signer said of the key; a hint, never trusted. */
    readonly hint?: string | undefined;
    /** DER, leaf first; seldom the whole chain, and without its root. */
    readonly certificates?: readonly Uint8Array[] | undefined;
    /** DER RFC 3161 time-stamp responses. */
    readonly timestamps: readonly Uint8Array[];
    /** Entries of transparency logs, by number only: nothing here looks into them. */
    readonly logEntries: number;
    readonly content: DsseContent | MessageContent;
}

/** What a signature fails at. */
export type SigstoreFault = 
/** It cannot be read, or breaks a limit. */
'malformed'
/** It is about another artifact. */
 | 'artifact'
/** It does not hold. */
 | 'signature'
/** It holds, and its signer is not trusted. */
 | 'signer'
/** A timestamp or log entry is missing or does not hold. */
 | 'evidence';

/** The verdict on a signature. A bad signature is a verdict and no error. */
export type SigstoreJudgement = {
    readonly verdict: 'verified';
    readonly signer: SigstoreSigner;
    /** Proven times, of timestamps and logs; none for an identity, where they only date the certificate. */
    readonly times: readonly Date[];
    /** What was signed, if it is an in-toto statement: its predicate type says whether it is a signature. */
    readonly statement?: InTotoStatement | undefined;
} | {
    readonly verdict: 'refused';
    readonly fault: SigstoreFault;
    readonly why: string;
};

export interface SigstoreSigner {
    readonly algorithm?: AlgorithmId | undefined;
    /** `sha256:<hex>` of the public key. */
    readonly fingerprint: string;
    /** Of a certificate, RFC 4514. */
    readonly subject?: string | undefined;
    readonly identity?: string | undefined;
    readonly issuer?: string | undefined;
}

/** Whose signatures count. */
export type SigstoreTrust = {
    readonly kind: 'keys';
    /** DER SubjectPublicKeyInfo each. */
    readonly keys: readonly Uint8Array[];
    /** Logs and timestamp authorities. */
    readonly trustedRoot?: TrustedRoot | undefined;
} | {
    readonly kind: 'certificates';
    /** Roots, and certificates between, that complete a chain. A chain must end in one of them. */
    readonly anchors: readonly Certificate[];
    readonly trustedRoot?: TrustedRoot | undefined;
} | {
    readonly kind: 'identity';
    /** Exact, or with one `*` at the end after `/` or `@`. */
    readonly identity: string;
    readonly issuer: string;
    /** Extensions of the certificate by OID, exact texts. */
    readonly extensions?: Readonly<Record<string, string>> | undefined;
    readonly trustedRoot: TrustedRoot;
};

/** A payload that cosign signed before it had bundles: which manifest, under which name. */
export interface SimpleSigning {
    /** Of the manifest. */
    readonly digest: string;
    /** The repository; unlike the digest it is nothing that a verifier compares. */
    readonly reference: string;
    /** Signed with the digest: what `cosign sign -a` adds. */
    readonly annotations: Readonly<Record<string, string>>;
}

/** Annotations of the layer: the signature, and what vouches for it (cosign, `specs/SIGNATURE_SPEC.md`). */
export const SimpleSigningAnnotations: {
    readonly signature: 'dev.cosignproject.cosign/signature';
    readonly certificate: 'dev.sigstore.cosign/certificate';
    readonly chain: 'dev.sigstore.cosign/chain';
    readonly logEntry: 'dev.sigstore.cosign/bundle';
    readonly timestamp: 'dev.sigstore.cosign/rfc3161timestamp';
};

/** A layer under the tag: the payload, and its annotations. */
export interface SimpleSigningLayer {
    readonly payload: Uint8Array;
    readonly annotations: Readonly<Record<string, string>>;
}

export interface SimpleSigningQuery {
    /** What would be signed. */
    readonly payload: Uint8Array;
    /** DER SubjectPublicKeyInfo of the key that would sign it. */
    readonly publicKey: Uint8Array;
    /** PEM of the leaf certificate that would go along. Default: none goes. */
    readonly certificate?: string | undefined;
    /** It must have a timestamp by an authority whose chain ends in one of these. Default: none is looked for. */
    readonly timestampRoots?: readonly Certificate[] | undefined;
    readonly now: Date;
    readonly signal?: AbortSignal | undefined;
}

/** What a statement says of its subjects. */
export interface StatementPredicate {
    /** A URI. */
    readonly predicateType: string;
    /** JSON, one object. */
    readonly predicate: string;
    /** Signed with each subject, as `cosign sign -a` does. */
    readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** What a statement is about: names mean nothing, digests everything. */
export interface StatementSubject {
    readonly name?: string;
    /** Hexadecimal by algorithm: `{ sha256: '…' }`. */
    readonly digest: Readonly<Record<string, string>>;
    /** What `cosign sign -a` adds; values that are not text are read as JSON. */
    readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface TrustedAuthority extends TrustedPeriod {
    readonly uri: string;
    /** Leaf first, root last. */
    readonly chain: readonly Certificate[];
}

export interface TrustedLog extends TrustedPeriod {
    readonly baseUrl: string;
    /** Standard base64. */
    readonly keyId: string;
}

/** When a key or an authority is trusted; without an end, it still is. */
export interface TrustedPeriod {
    readonly start?: Date | undefined;
    readonly end?: Date | undefined;
}

/** What a `trusted_root.json` vouches for (sigstore/protobuf-specs, `sigstore_trustroot.proto`). */
export interface TrustedRoot {
    /** Transparency logs. */
    readonly logs: readonly TrustedLog[];
    /** Certificate transparency logs. */
    readonly certificateLogs: readonly TrustedLog[];
    readonly certificateAuthorities: readonly TrustedAuthority[];
    readonly timestampAuthorities: readonly TrustedAuthority[];
    /** The document as it was read. */
    readonly json: JsonObject;
}

/** Those that a signature by a key of this type may be of: each of them is tried. */
export function algorithmsFor(type: KeyType): readonly Algorithm[];

/**
 * Stores a signature under the tag `sha256-<hex>.sig` of a subject, beside those that are there, and reads it back. It is
 * checked before it is stored.
 *
 * @param layer - With the signature in its annotations.
 * @param publicKey - DER SubjectPublicKeyInfo of the key that signed.
 * @returns The layer.
 * @throws {@link SealwrightError} of the store; `INTEGRITY` if the signature does not hold, or cannot be read back;
 *   `VALIDATION` if the tag names something else, or has no room left.
 */
export function attachSimpleSigning(store: ArtifactStore, subject: Pick<Descriptor, 'digest'>, { payload, annotations }: SimpleSigningLayer, { publicKey, now, signal }: Pick<SimpleSigningQuery, 'publicKey' | 'now' | 'signal'>): Promise<Descriptor>;

/**
 * Returns the Sigstore bundle that says the same as a layer, so that one verifier judges both: a message signature over the
 * payload, with the certificates, the log entry and the timestamp of the annotations.
 *
 * @returns A bundle of version 0.1, the one that has a place for a chain and for a log's promise.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function bundleOfSimpleSigning({ payload, annotations }: SimpleSigningLayer): Uint8Array;

/**
 * Finds a signature under the tag `sha256-<hex>.sig` of a subject that makes another one unnecessary: of the same payload, by
 * the same key, with the same leaf certificate or none.
 *
 * @returns The layer.
 * @throws {@link SealwrightError} of the store; `VALIDATION` if `publicKey` or the digest of the subject is malformed.
 */
export function findSimpleSigning(store: ArtifactStore, subject: Pick<Descriptor, 'digest'>, { payload, publicKey, certificate, timestampRoots, now, signal }: SimpleSigningQuery): Promise<Descriptor | undefined>;

/**
 * Formats a payload, byte for byte as cosign does.
 *
 * @returns UTF-8 JSON.
 * @throws {@link SealwrightError} `VALIDATION` for a text with a lone surrogate.
 */
export function formatSimpleSigning({ digest, reference, annotations }: SimpleSigning): Uint8Array;

/**
 * Formats a statement v1 about one artifact or several. The predicate is written as it was given, so that no number of it is
 * rounded. The subjects have no names: the same artifact has another name in the next registry.
 *
 * @param subjects - At most {@link MAX_SUBJECTS}; every verifier of one of them learns the digests of all.
 * @throws {@link SealwrightError} `VALIDATION` if a digest is malformed, or for no subject or too many.
 */
export function formatStatement(subjects: readonly Pick<Descriptor, 'digest'>[], { predicateType, predicate, annotations }: StatementPredicate): Uint8Array;

/**
 * The algorithm under which a signature of a DSSE holds with a key; nothing if it holds under none.
 *
 * A DSSE names no algorithm, and the key allows only those of the table, all of them strong: whichever the signer chose is
 * good. ECDSA is taken in DER (sigstore's clients) and as r‖s (DSSE's own example).
 *
 * @throws {@link SealwrightError} `VALIDATION` if the key is unusable; `UNSUPPORTED` if the running Node.js lacks the algorithm.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { type Signer, keyType } from '@sealwright/core'
 * import { holdsUnder, sigstoreBundle } from '@sealwright/sigstore'
 *
 * declare const signer: Signer
 * const key = signer.key.publicKey
 * const [signature] = sigstoreBundle.open(await readFile('app.sigstore.json')).signatures
 * holdsUnder({ type: keyType(key), key }, signature!.toBeSigned, signature!.bytes) // 'ES256'
 * ```
 */
export function holdsUnder({ type, key }: CandidateKey, toBeSigned: Uint8Array, signature: Uint8Array): AlgorithmId | undefined;

/**
 * Returns whether a statement is about this artifact.
 *
 * @throws {@link SealwrightError} `VALIDATION` if the artifact's digest is malformed.
 */
export function isAbout(statement: Pick<InTotoStatement, 'subjects'>, artifact: Pick<Descriptor, 'digest'>): boolean;

/** Whether a media type is that of a Sigstore bundle of a version that is read here. */
export function isBundleType(mediaType: string): boolean;

/**
 * Judges a Sigstore bundle, offline: the signature holds, it is about the artifact, its signer is trusted, and as many log
 * entries and timestamps as demanded hold.
 *
 * Signatures and certificates under keys and trust anchors are verified by `@sealwright/core` and `@sealwright/x509`; keyless
 * certificates, log entries and the authorities of a trusted root by `@sigstore/verify`.
 *
 * @param bytes - The bundle, at most 32 MiB.
 * @throws {@link SealwrightError} `VALIDATION` if a trusted key or root is unusable; `UNSUPPORTED` if the running Node.js lacks
 *   an algorithm.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { judgeBundle, parseTrustedRoot } from '@sealwright/sigstore'
 *
 * const digest = 'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'
 * const judgement = await judgeBundle(
 *   await readFile('app.sigstore.json'),
 *   { digest },
 *   {
 *     kind: 'identity',
 *     identity: 'https://github.com/acme/app/.github/workflows/release.yml@*',
 *     issuer: 'https://token.actions.githubusercontent.com',
 *     trustedRoot: parseTrustedRoot(await readFile('trusted_root.json')),
 *   },
 *   { now: new Date() },
 * )
 * if (judgement.verdict === 'refused') console.error(judgement.fault, judgement.why)
 * ```
 */
export function judgeBundle(bytes: Uint8Array, artifact: JudgedArtifact, trust: SigstoreTrust, options: JudgeOptions): Promise<SigstoreJudgement>;

/**
 * Judges a signature of cosign's older form, a layer under the tag `sha256-<hex>.sig`, as {@link judgeBundle} does.
 *
 * @throws As {@link judgeBundle}.
 */
export function judgeSimpleSigning(layer: SimpleSigningLayer, { digest }: Pick<JudgedArtifact, 'digest'>, trust: SigstoreTrust, options: JudgeOptions): Promise<SigstoreJudgement>;

/** What cosign names a key by in a bundle. */
export function keyHint(publicKey: Uint8Array): string;

/**
 * Reads a Sigstore bundle, versions 0.1 to 0.3, strictly: no member twice or unknown, one signature, of one kind, with one
 * kind of material to verify it by. Base64 is the standard one.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseBundle(bytes: Uint8Array): SigstoreBundle;

/**
 * Reads a payload, strictly: no member twice, at most 1 MiB. Values of `optional` that are not text are read as JSON.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseSimpleSigning(payload: Uint8Array): SimpleSigning;

/**
 * Reads an in-toto statement, v1 or v0.1: no member twice, at least one subject, each with a digest. Members that it does
 * not know are passed over. Of the predicate only the syntax is checked. At most {@link MAX_SUBJECTS} subjects, of at most 32
 * digests each.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { parseStatement, sigstoreBundle } from '@sealwright/sigstore'
 *
 * const { payload } = sigstoreBundle.open(await readFile('app.sigstore.json'))
 * const { predicateType, subjects } = parseStatement(payload)
 * ```
 */
export function parseStatement(bytes: Uint8Array): InTotoStatement;

/**
 * Reads a `trusted_root.json`. Nothing is fetched: whoever gives the file decides that it is current.
 *
 * The key of every log must have a start of validity, or entries from before the key was trusted would count.
 *
 * @param bytes - UTF-8 JSON of at most 1 MiB, with at most 64 logs or authorities of a kind.
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { parseTrustedRoot } from '@sealwright/sigstore'
 *
 * const { logs } = parseTrustedRoot(await readFile('trusted_root.json'))
 * for (const { baseUrl, keyId } of logs) console.log(baseUrl, keyId)
 * ```
 */
export function parseTrustedRoot(bytes: Uint8Array): TrustedRoot;

/**
 * The Sigstore bundle v0.3 around a DSSE with one signature; several signers make several bundles. ECDSA signatures stand
 * in it in DER, which is what sigstore's clients read, and not as `dsse` alone writes them.
 *
 * With certificates it carries them (without a root, which proves nothing there), else a hint at the key: standard base64
 * of the SHA-256 of its SubjectPublicKeyInfo, as cosign writes. One or the other: the format has no place for both.
 *
 * Bundles of versions 0.1 to 0.3 are opened, if they hold a DSSE. Log entries are not written (`UNSUPPORTED`), and those that
 * others wrote are not looked at.
 */
export const sigstoreBundle: BundleFormat;

/**
 * Returns the subject of a statement that is this artifact.
 *
 * @throws {@link SealwrightError} `VALIDATION` if the artifact's digest is malformed.
 */
export function subjectOf({ subjects }: Pick<InTotoStatement, 'subjects'>, { digest }: Pick<Descriptor, 'digest'>): StatementSubject | undefined;

/** Returns the response (RFC 3161, section 2.4.2) that holds a token and says `granted`: what Sigstore's formats hold. */
export function timestampResponse(token: Uint8Array): Uint8Array;
