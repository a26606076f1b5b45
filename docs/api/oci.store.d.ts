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

/** What an aborted signal means: the caller's own error, `TIMEOUT` or `ABORTED`. */
export function abortError(signal: AbortSignal): SealwrightError;

/**
 * Says of content that it passes on what {@link verified} gave, every byte of it: it is not checked once more.
 *
 * @param own - Whether each chunk is in memory that was made for it and that nobody else has.
 */
export function asVerified<Content extends AsyncIterable<Uint8Array>>({ digest, size }: Identity, content: Content, own: boolean): Content;

/** What stands behind the dot in the {@link claimTag} of a referrer. */
export function claimOf(referrer: string): string;

/**
 * The tag of one referrer alone: `sha256-<64 hex of the subject>.<first 32 hex of the referrer>`. Where the list of all is
 * kept by its writers, one may overwrite what another just added; this nobody else has a reason to write. Half a digest
 * is enough to keep referrers apart, and what stands there is judged by its manifest.
 */
export function claimTag(subject: string, referrer: string): string;

/**
 * Holds a content that is known to be small.
 *
 * @throws {@link SealwrightError} `VALIDATION` when the descriptor says more than `maxBytes`, `INTEGRITY`.
 */
export function collectVerified(descriptor: Identity, content: Uint8Array | AsyncIterable<Uint8Array>, { from, maxBytes }: {
    readonly from: string;
    readonly maxBytes: number;
}): Promise<Uint8Array>;

/** Whether content comes straight from one of our stores, in memory that nobody else has. */
export function isOwn(identity: Identity, content: Uint8Array | AsyncIterable<Uint8Array>): boolean;

export function isRepeatable(content: AsyncIterable<Uint8Array>): boolean;

/**
 * The subject that a list of referrers or a claim is tagged after. Nothing for other tags, and none but SHA-256: of a
 * longer digest a tag has a part only.
 */
export function listedSubject(tag: string): string | undefined;

/**
 * Whether a listed referrer may be of the wanted type. Some registries list the media type of the config instead of
 * the artifactType, and others list none: those are let through, and whoever asked judges by the manifest.
 */
export function mayBeOfType(listed: Descriptor, artifactType: string | undefined): boolean;

/** A {@link claimTag} taken apart: the {@link referrersTag} of the subject, and {@link claimOf} the referrer. */
export function parseClaimTag(tag: string): {
    readonly list: string;
    readonly claim: string;
} | undefined;

/** Waits, unless aborted. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;

export function readList(value: JsonValue | undefined, label: string): readonly JsonValue[];

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
 * @param anyway - Whether one that cannot be read is taken as it is.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function referrerParts(descriptor: Descriptor, bytes: Uint8Array, anyway?: boolean): ReferrerParts;

/**
 * The bytes of a list of referrers.
 *
 * @param others - Entries that cannot be read; they stay, at the end.
 */
export function referrersIndex(manifests: readonly Descriptor[], others?: readonly JsonValue[]): Uint8Array;

/**
 * Gives the memory of a chunk back at once; garbage collection would let tens of megabytes of it pile up, and whoever reads
 * next would get memory that no cache has seen. Only for a chunk that nobody else has. One that shares its memory keeps it.
 */
export function release({ buffer, byteLength }: Uint8Array): void;

/**
 * Repeats what failed in passing: throttled, not answered, or a fault of the server. Only for what may be done twice.
 *
 * @param isInVain - Whether a failure is one that trying again cannot change, whatever its code.
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
    readonly signal?: AbortSignal;
}
