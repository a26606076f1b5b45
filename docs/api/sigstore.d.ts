// The public declarations of @sealwright/sigstore. Written by `npm run api`; do not edit.
import type { Algorithm, AlgorithmId, EnvelopeFormat, KeyType, Signature } from '@sealwright/core'
import type { DsseAttributes, DssePayload } from '@sealwright/core/dsse'
import type { JsonObject } from '@sealwright/core/encoding'
import type { Descriptor, ReferrerTypes } from '@sealwright/oci'
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
}

/** The limit of sigstore-go (`pkg/verify/signature.go`) and cosign. */
export const MAX_SUBJECTS = 1024;

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

/** What a statement says of its subjects. */
export interface StatementPredicate {
    /** A URI. */
    readonly predicateType: string;
    /** JSON, one object. */
    readonly predicate: string;
}

/** What a statement is about: names mean nothing, digests everything. */
export interface StatementSubject {
    readonly name?: string;
    /** Hexadecimal by algorithm: `{ sha256: '…' }`. */
    readonly digest: Readonly<Record<string, string>>;
}

/** Those that a signature by a key of this type may be of: each of them is tried. */
export function algorithmsFor(type: KeyType): readonly Algorithm[];

/**
 * The bytes of a statement v1 about one artifact. The predicate stands in it as it was given, so that no number of it is
 * rounded. The subject has no name: the same artifact goes by another in the next registry.
 *
 * @throws {@link SealwrightError} `VALIDATION` if the artifact's digest is malformed.
 */
export function formatStatement({ digest }: Pick<Descriptor, 'digest'>, { predicateType, predicate }: StatementPredicate): Uint8Array;

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
export function isAbout({ subjects }: Pick<InTotoStatement, 'subjects'>, { digest }: Pick<Descriptor, 'digest'>): boolean;

/** Whether a media type is that of a Sigstore bundle of a version that is read here. */
export function isBundleType(mediaType: string): boolean;

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
