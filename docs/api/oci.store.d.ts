// The public declarations of @sealwright/oci/store. Written by `npm run api`; do not edit.
import type { SealwrightError } from '@sealwright/core'
import type { JsonObject, JsonValue } from '@sealwright/core/encoding'

/** What a descriptor must agree with. */
export type Identity = Pick<Descriptor, 'digest' | 'size'>;

/** What an index of referrers lists. */
export interface ListedIndex {
    readonly manifests: readonly Descriptor[];
    /** Entries that cannot be read: they are others', and stay when the index is written again. */
    readonly unreadable: readonly {
        readonly fault: string;
        readonly entry: JsonValue;
    }[];
}

/**
 * Content whose reader gives chunks back: the memory of a released chunk is freed at once, before garbage collection, and
 * serves the next read. Only registries return such content, and only copies pass it on; every other reader ignores the
 * method and leaves the chunks to garbage collection.
 */
export interface ReleasableContent extends AsyncIterable<Uint8Array> {
    /** Frees a chunk. The caller must be the only one that holds it. */
    release(chunk: Uint8Array): void;
}

/** What an aborted signal means: the caller's own error, `TIMEOUT` or `ABORTED`. */
export function abortError(signal: AbortSignal): SealwrightError;

/** Marks content that passes on every byte of what {@link verified} returned, so that it is not checked again. */
export function asVerified<Content extends AsyncIterable<Uint8Array>>({ digest, size }: Identity, content: Content): Content;

/**
 * Holds a content that is known to be small.
 *
 * @throws {@link SealwrightError} `VALIDATION` when the descriptor says more than `maxBytes`, `INTEGRITY`.
 */
export function collectVerified(descriptor: Identity, content: Uint8Array | AsyncIterable<Uint8Array>, { from, maxBytes }: {
    readonly from: string;
    readonly maxBytes: number;
}): Promise<Uint8Array>;

export function isReplayable(content: AsyncIterable<Uint8Array>): boolean;

/** Whether content was checked, and against the same. */
export function isVerified({ digest, size }: Identity, content: AsyncIterable<Uint8Array>): boolean;

/**
 * Returns the subject of a fallback index or of a {@link referrerTag}; `undefined` for other tags, and for digests other
 * than SHA-256, which a tag holds only in part.
 */
export function listedSubject(tag: string): string | undefined;

/**
 * Whether a listed referrer may be of the wanted type. Some registries list the media type of the config instead of
 * the artifactType, and others list none: those are let through, and whoever asked judges by the manifest.
 */
export function mayBeOfType(listed: Descriptor, artifactType: string | undefined): boolean;

/** Splits a {@link referrerTag} into the {@link referrersTag} of the subject and the {@link referrerPart}. */
export function parseReferrerTag(tag: string): {
    readonly list: string;
    readonly part: string;
} | undefined;

/**
 * Waits, unless aborted.
 *
 * @throws {@link SealwrightError} `ABORTED` or `TIMEOUT` when `signal` aborts.
 */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;

/**
 * Returns `value`, which must be a JSON array.
 *
 * @throws {@link SealwrightError} `VALIDATION` for anything else.
 */
export function readList(value: JsonValue | undefined, label: string): readonly JsonValue[];

/**
 * Returns `value`, which must be a JSON object.
 *
 * @throws {@link SealwrightError} `VALIDATION` for anything else.
 */
export function readObject(value: JsonValue | undefined, label: string): JsonObject;

/**
 * Reads an index that lists referrers. Others keep it, too: an entry that cannot be read does not stop the rest.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what is not such an index.
 */
export function readReferrersIndex(bytes: Uint8Array): ListedIndex;

/** How a referrer is listed: its own descriptor, its type and all of its annotations. */
export function referrerEntry(descriptor: Descriptor, manifest: Manifest): Descriptor;

/**
 * Returns the part after the dot in the {@link referrerTag} of a referrer.
 *
 * @throws {@link SealwrightError} `VALIDATION` if it is not a digest.
 */
export function referrerPart(referrer: string): string;

/**
 * @param anyway - Whether one that cannot be read is taken as it is.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function referrerParts(descriptor: Descriptor, bytes: Uint8Array, anyway?: boolean): ReferrerParts;

/**
 * Returns the tag of one referrer alone: `sha256-<64 hex of the subject>.<first 32 hex of the referrer>`. Clients that
 * update the fallback index at the same time can lose each other's entries; this tag has one writer. Half a digest is
 * enough to tell referrers apart, and what the tag names is checked by its manifest.
 *
 * @throws {@link SealwrightError} `VALIDATION` if one of them is not a digest.
 */
export function referrerTag(subject: string, referrer: string): string;

/**
 * The bytes of a list of referrers.
 *
 * @param others - Entries that cannot be read; they stay, at the end.
 */
export function referrersIndex(manifests: readonly Descriptor[], others?: readonly JsonValue[]): Uint8Array;

/** Makes content releasable: each of its chunks must be in memory that nothing else refers to. */
export function releasable<Content extends AsyncIterable<Uint8Array>>(content: Content): Content & ReleasableContent;

/** Returns how chunks of `content` are released; `undefined` where they are left to garbage collection. */
export function releaseOf(content: AsyncIterable<Uint8Array>): ReleasableContent['release'] | undefined;

/**
 * Repeats an action that failed with `THROTTLED` or `UNAVAILABLE`. Only for actions that may be done twice.
 *
 * @param isInVain - Whether a failure is one that trying again cannot change, whatever its code.
 * @throws {@link SealwrightError} the last error of `action`; `ABORTED` or `TIMEOUT` if aborted while it waits.
 */
export function retrying<T>({ attempts, baseDelayMs, maxDelayMs }: RetryPolicy, call: StoreCall, action: () => Promise<T>, isInVain?: () => boolean): Promise<T>;

/** @throws {@link SealwrightError} `ABORTED`, `TIMEOUT`. */
export function throwIfAborted(signal: AbortSignal | undefined): void;

/**
 * Passes content on while checking its size and digest. The last chunk is held back until both hold, so that nobody
 * downstream ever sees a complete but wrong content.
 *
 * @param from - Who gave the content, for the message.
 * @throws {@link SealwrightError} `INTEGRITY`.
 */
export function verified(identity: Identity, content: Uint8Array | AsyncIterable<Uint8Array>, from: string): AsyncGenerator<Uint8Array>;

// Named above, not exported:

/** The artifact manifest that image-spec 1.1 dropped before its release; still found in registries. */
interface ArtifactManifest extends ManifestCommon {
    readonly kind: 'artifact';
    readonly blobs: readonly Descriptor[];
}

/** An OCI content descriptor (image-spec `descriptor.md`). */
interface Descriptor {
    readonly mediaType: string;
    /** `<algorithm>:<hex>`. */
    readonly digest: string;
    /** Bytes. */
    readonly size: number;
    readonly artifactType?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly platform?: Platform;
    readonly urls?: readonly string[];
    /** The content itself, standard base64. */
    readonly data?: string;
}

/** An image index of OCI, or a manifest list of Docker. */
interface ImageIndex extends ManifestCommon {
    readonly kind: 'index';
    readonly manifests: readonly Descriptor[];
}

/** An image manifest of OCI or Docker: one config, any number of layers. Signatures are stored as such. */
interface ImageManifest extends ManifestCommon {
    readonly kind: 'image';
    readonly config: Descriptor;
    readonly layers: readonly Descriptor[];
}

type Manifest = ImageManifest | ImageIndex | ArtifactManifest;

interface ManifestCommon {
    readonly mediaType: ManifestMediaType;
    readonly artifactType?: string;
    readonly subject?: Descriptor;
    readonly annotations?: Readonly<Record<string, string>>;
    /** The bytes as received: they are what the digest names, and nothing is ever written again from the members. */
    readonly raw: Uint8Array;
}

type ManifestMediaType = Exclude<(typeof MediaTypes)[keyof typeof MediaTypes], typeof MediaTypes.empty>;

/** Media types of manifests, as image-spec and Docker name them. */
const MediaTypes: {
    readonly manifest: 'application/vnd.oci.image.manifest.v1+json';
    readonly index: 'application/vnd.oci.image.index.v1+json';
    readonly artifactManifest: 'application/vnd.oci.artifact.manifest.v1+json';
    readonly dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json';
    readonly dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json';
    readonly empty: 'application/vnd.oci.empty.v1+json';
};

interface Platform {
    readonly architecture: string;
    readonly os: string;
    readonly 'os.version'?: string;
    readonly 'os.features'?: readonly string[];
    readonly variant?: string;
}

/** What a store needs to know of a manifest that it is given: what it refers to, and how it is listed. */
interface ReferrerParts {
    readonly subject?: Descriptor;
    readonly entry: Descriptor;
}

interface RetryPolicy {
    /** Tries in all. Default 3; 1 for none. */
    readonly attempts?: number;
    /** The first wait is up to this long, the next up to twice. Default 250. */
    readonly baseDelayMs?: number;
    /** A server that asks for a longer wait is not waited for. Default 10 000. */
    readonly maxDelayMs?: number;
}

interface StoreCall {
    readonly signal?: AbortSignal | undefined;
}
