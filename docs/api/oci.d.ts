// The public declarations of @sealwright/oci. Written by `npm run api`; do not edit.
import type { SealwrightError } from '@sealwright/core'

/** Keys of annotations, of image-spec and of Sigstore bundles (cosign's `specs/BUNDLE_SPEC.md`). */
export const Annotations: {
    /** RFC 3339. */
    readonly created: 'org.opencontainers.image.created';
    /** The tag of an entry in a layout's `index.json`. */
    readonly refName: 'org.opencontainers.image.ref.name';
    readonly bundleContent: 'dev.sigstore.bundle.content';
    readonly bundlePredicate: 'dev.sigstore.bundle.predicateType';
};

/** An archive that comes as a stream. */
export interface ArchiveInput extends AsyncDisposable {
    /** For reading only; see {@link ArtifactStore.stream}. */
    readonly store: ArtifactStore;
    /** Reads the stream to its end. Throws `VALIDATION` if it is not whole. */
    finish(): Promise<void>;
}

/** What most referrers are, by the conventions of those who write them. */
export type ArtifactKind = 'signature' | 'attestation' | 'sbom';

/** The artifact manifest that image-spec 1.1 dropped before its release; still found in registries. */
export interface ArtifactManifest extends ManifestCommon {
    readonly kind: 'artifact';
    readonly blobs: readonly Descriptor[];
}

/**
 * Where artifacts live: one repository of a registry, an image layout directory, a layout tar, or memory.
 *
 * All that is read is checked against its descriptor while it streams: a wrong digest or size ends the stream with
 * `INTEGRITY`, and what was not read to its end was not checked.
 */
export interface ArtifactStore {
    /** What the store is called in messages: `registry.example/app`, `oci:./layout`. */
    readonly name: string;
    /**
     * It is read or written from front to back, once (a tar on stdin or stdout): a large content is best asked for or given
     * in its order, one at a time, and what was written cannot be taken back.
     */
    readonly stream?: true | undefined;
    /** Of a store that reads out of others: these, in the order in which they are asked. Blobs are taken over from each. */
    readonly sources?: readonly ArtifactStore[] | undefined;
    /** A tag or digest to its descriptor. Throws `NOT_FOUND`. */
    resolve(reference: string, call?: StoreCall): Promise<Descriptor>;
    /** The content of a descriptor. Throws `NOT_FOUND`, `INTEGRITY`. */
    fetch(descriptor: Descriptor, call?: StoreCall): AsyncIterable<Uint8Array>;
    exists(descriptor: Descriptor, call?: StoreCall): Promise<boolean>;
    /**
     * Stores content under its descriptor; a manifest with a `subject` becomes a referrer of it. Content that does not
     * match is `INTEGRITY`, and nothing is stored. What is there already stays as it is.
     */
    push(descriptor: Descriptor, content: Uint8Array | AsyncIterable<Uint8Array>, call?: PushCall): Promise<PushResult>;
    /** Names a stored manifest; moves the name if it exists. */
    tag(descriptor: Descriptor, tag: string, call?: TagCall): Promise<void>;
    /** The manifests whose `subject` is this one. A listing cut off by a limit is an error, never an absence. */
    referrers(subject: Descriptor, query?: ReferrersQuery): AsyncIterable<Descriptor>;
    /** Removes a manifest, its tags and its place among the referrers of its subject; or a blob. Throws `NOT_FOUND`. */
    delete(descriptor: Descriptor, call?: StoreCall): Promise<void>;
    /**
     * Takes a blob over from another repository of the same registry without moving its bytes. `false` when the registry
     * does not do so, or may not: then it is pushed. Registries only.
     */
    mount?(descriptor: Descriptor, from: ArtifactStore, call?: StoreCall): Promise<boolean>;
    /** Tags that begin with `prefix`, in the store's order; never a list cut short. Not every registry lists its tags. */
    tags?(query?: TagsQuery): AsyncIterable<string>;
    /**
     * Runs many writes that become visible together, once `work` has ended; if it fails, none does. For stores that are
     * rewritten with every change (an archive). The store given to `work` sees what was written to it.
     */
    batch?<T>(work: (store: ArtifactStore) => Promise<T>, call?: StoreCall): Promise<T>;
    /** What is listed at the top, each manifest once. Layouts and memory only: a registry cannot be listed as a whole. */
    entries?(call?: StoreCall): Promise<readonly StoredEntry[]>;
}

/** The predicate type of a bundle that cosign 3 makes when it signs an image. */
export const COSIGN_SIGN = "https://sigstore.dev/cosign/sign/v1";

/** What happens during a copy. */
export type CopyEvent = 
/** All that belongs to it is known. */
{
    readonly type: 'planned';
    readonly manifests: number;
    readonly blobs: number;
    readonly bytes: number;
} | {
    readonly type: 'started';
    readonly descriptor: Descriptor;
}
/** So many bytes of it were moved, in all. Fewer than before: it is moved again from the beginning. */
 | {
    readonly type: 'bytes';
    readonly descriptor: Descriptor;
    readonly bytes: number;
}
/** Moved; there already; taken over within the registry. */
 | {
    readonly type: 'done' | 'skipped' | 'mounted';
    readonly descriptor: Descriptor;
} | {
    readonly type: 'failed';
    readonly descriptor: Descriptor;
    readonly error: SealwrightError;
};

export interface CopyOptions extends Omit<WalkOptions, 'children' | 'depth'> {
    /** How many contents of more than 1 MiB are moved at the same time, and twice as many smaller ones. Default 8. */
    readonly concurrency?: number | undefined;
    /** How often a content is moved again, from its beginning, that was cut off. */
    readonly retry?: RetryPolicy | undefined;
    /** Its tags at the destination. Default: the one it was named by, if it was named by a tag. */
    readonly tags?: readonly string[] | undefined;
    /**
     * Where all goes that refers to the artifact or its children, and the tags that are made of their digests; `to` gets the
     * artifact with its children alone. Default: `to` gets all.
     */
    readonly referrersTo?: ArtifactStore | undefined;
    /** Looks at both sides, and writes nothing. */
    readonly dryRun?: boolean | undefined;
    readonly onProgress?: ((event: CopyEvent) => void) | undefined;
}

export interface CopyReport extends Moved {
    /** What was copied: the artifact, or the image of the platform that was asked for. */
    readonly root: Descriptor;
    /** Its tags at the destination. */
    readonly tags: readonly string[];
    /** With `referrersTo`: what was copied there. The other lists are then about the artifact and its children. */
    readonly referrers?: Moved | undefined;
}

/** An OCI content descriptor (image-spec `descriptor.md`). */
export interface Descriptor {
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

/** A digest taken apart. */
export interface Digest {
    readonly algorithm: DigestAlgorithm;
    /** Lower case. */
    readonly hex: string;
}

export type DigestAlgorithm = 'sha256' | 'sha384' | 'sha512';

/** One manifest of an artifact's graph, at one of its places. */
export interface GraphNode {
    readonly role: GraphRole;
    /**
     * Media type, digest and size as stored; `artifactType` and annotations as far as the manifest was read, or the store
     * lists them and its word is taken.
     */
    readonly descriptor: Descriptor;
    /** The index that lists it, or what it refers to. Nothing for the artifact. */
    readonly parent?: Descriptor;
    /** Steps from the artifact by referring; a child is as deep as its index. */
    readonly depth: number;
    /** The tag it was found by, if `tagged`. */
    readonly tag?: string;
    readonly kind?: ArtifactKind;
    /** What was read. Nothing if there is a fault, if it comes again, or if the store's word was taken for it. */
    readonly manifest?: Manifest;
    /** Why it cannot be read, or does not belong where the store lists it. */
    readonly fault?: SealwrightError;
    /** Of one whose bytes are sound and cannot be read as a manifest: what a copy carries of it. */
    readonly salvaged?: SalvagedManifest;
    /** It came before, at another place: what hangs on it is not walked twice. */
    readonly again?: true;
}

/** How a manifest belongs to an artifact. */
export type GraphRole = 
/** It is the artifact itself. */
'artifact'
/** An image index lists it. */
 | 'child'
/** Its `subject` is the parent. */
 | 'referrer'
/** It has a tag that is made of the parent's digest, as cosign's `sha256-<hex>.sig`, `.att` and `.sbom`. */
 | 'tagged';

export interface HeldLock {
    /** Throws `UNAVAILABLE` if the lock was lost meanwhile, so that nothing is overwritten that another wrote. */
    assertHeld(): Promise<void>;
}

/** An image index of OCI, or a manifest list of Docker. */
export interface ImageIndex extends ManifestCommon {
    readonly kind: 'index';
    readonly manifests: readonly Descriptor[];
}

/** An image manifest of OCI or Docker: one config, any number of layers. Signatures are stored as such. */
export interface ImageManifest extends ManifestCommon {
    readonly kind: 'image';
    readonly config: Descriptor;
    readonly layers: readonly Descriptor[];
}

export interface LayoutArchiveOptions {
    /** Whether the first write may make the archive. Default false. */
    readonly create?: boolean;
    /** As of {@link layoutDirectory}. */
    readonly onWarning?: (text: string) => void;
}

export interface LayoutDirectoryOptions {
    /** Whether the first write may make the layout, in a new or empty directory. Default false. */
    readonly create?: boolean;
    /** Told of what is listed and cannot be read: it is somebody else's, and stops nothing. */
    readonly onWarning?: (text: string) => void;
}

export interface LeftBehind {
    readonly descriptor: Descriptor;
    readonly why: SealwrightError;
}

/** What distribution-spec has every registry take, and the most that is read here: 4 MiB. */
export const MAX_MANIFEST_BYTES: number;

export type Manifest = ImageManifest | ImageIndex | ArtifactManifest;

/** A manifest that has no bytes yet. */
export type ManifestMembers = Omit<ImageManifest, 'raw'> | Omit<ImageIndex, 'raw'> | Omit<ArtifactManifest, 'raw'>;

/** Media types of manifests, as image-spec and Docker name them. */
export const MediaTypes: {
    readonly manifest: 'application/vnd.oci.image.manifest.v1+json';
    readonly index: 'application/vnd.oci.image.index.v1+json';
    readonly artifactManifest: 'application/vnd.oci.artifact.manifest.v1+json';
    readonly dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json';
    readonly dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json';
    readonly empty: 'application/vnd.oci.empty.v1+json';
};

/** What was copied to one place. */
export interface Moved {
    /** Manifests and blobs that were moved; of a dry run, that would be. */
    readonly copied: readonly Descriptor[];
    /** What was there already. */
    readonly skipped: readonly Descriptor[];
    /** What the registry took over from the other repository. */
    readonly mounted: readonly Descriptor[];
    /** What belongs to it and could not be brought. */
    readonly left: readonly LeftBehind[];
}

export interface Platform {
    readonly architecture: string;
    readonly os: string;
    readonly 'os.version'?: string;
    readonly 'os.features'?: readonly string[];
    readonly variant?: string;
}

export interface PushCall extends StoreCall {
    /** Stores a manifest of somebody else as it is, even one that cannot be read. For copies. */
    readonly anyway?: boolean | undefined;
    /** Sends a blob without asking first whether it is there: one made just now, or hardly larger than the question. */
    readonly assumeAbsent?: boolean | undefined;
    /** A tag for a manifest, which a store may set in the same step; {@link PushResult.tagged} says whether it did. */
    readonly tag?: string | undefined;
}

export interface PushResult {
    /**
     * How a pushed referrer can be found: by the store itself, or by the fallback tag that the client maintains. That tag was
     * read back: it names the referrer.
     */
    readonly referrers?: 'api' | 'tag' | 'layout' | undefined;
    /** Whether {@link PushCall.tag} leads to the manifest now. */
    readonly tagged?: boolean | undefined;
}

/** A reference to an artifact in a registry. */
export interface Reference {
    /** Host in its one spelling, with its port: `registry.example:5000`, `[::1]:5000`. See {@link canonicalRegistry}. */
    readonly registry: string;
    readonly repository: string;
    readonly tag?: string;
    readonly digest?: string;
}

/** A manifest in a tree of referrers. */
export interface ReferrerNode extends ReferrerTree {
    /** As the store lists it. */
    readonly descriptor: Descriptor;
    /** By the conventions of those who write it; absent for anything else. */
    readonly kind?: ArtifactKind | undefined;
    /** The tag it was found by: cosign's older `sha256-<hex>.sig`, `.att`, `.sbom`. */
    readonly tag?: string | undefined;
    /** Why it cannot be read, or does not belong where the store lists it. */
    readonly fault?: SealwrightError | undefined;
    /** It stands elsewhere in the tree too; what refers to it is there. */
    readonly again: boolean;
}

/** What refers to a manifest; of an index also its manifests, as far as something refers to them. */
export interface ReferrerTree {
    readonly referrers: readonly ReferrerNode[];
    readonly manifests: readonly ReferrerNode[];
}

export interface ReferrerTreeOptions extends StoreCall {
    /** How many steps of referring. Default: all. */
    readonly depth?: number | undefined;
    /** How many manifests are looked at together. Default 8. */
    readonly concurrency?: number | undefined;
}

/** Media types of what is attached to artifacts, as those who write it name them. */
export const ReferrerTypes: {
    /** The artifact type of a Notary Project signature. */
    readonly notarySignature: 'application/vnd.cncf.notary.signature';
    /** The config of a signature of Notary v2's prototype. */
    readonly nv2Config: 'application/vnd.cncf.notary.config.v2+json';
    /** cosign's signature as a referrer. */
    readonly cosignSignature: 'application/vnd.dev.cosign.artifact.sig.v1+json';
    /** A layer under cosign's tag `sha256-<hex>.sig`. */
    readonly simpleSigning: 'application/vnd.dev.cosign.simplesigning.v1+json';
    readonly dsse: 'application/vnd.dsse.envelope.v1+json';
    readonly inToto: 'application/vnd.in-toto+json';
    readonly spdxJson: 'application/spdx+json';
    readonly spdxTextJson: 'text/spdx+json';
    readonly spdxText: 'text/spdx';
    readonly spdxXml: 'text/spdx+xml';
    readonly cyclonedx: 'application/vnd.cyclonedx';
    readonly cyclonedxJson: 'application/vnd.cyclonedx+json';
    readonly cyclonedxXml: 'application/vnd.cyclonedx+xml';
};

export interface ReferrersQuery extends StoreCall {
    /** Only these; filtered here when the store does not filter. */
    readonly artifactType?: string | undefined;
    /**
     * The store's own tags that begin with `sha256-`, all of them, as they were just listed: where clients keep the lists of
     * referrers under tags, no others are looked for. Saves whoever asks for thousands of subjects what he knows already.
     */
    readonly tags?: ReadonlySet<string> | undefined;
}

export interface RetryPolicy {
    /** Tries in all. Default 3; 1 for none. */
    readonly attempts?: number;
    /** The first wait is up to this long, the next up to twice. Default 250. */
    readonly baseDelayMs?: number;
    /** A server that asks for a longer wait is not waited for. Default 10 000. */
    readonly maxDelayMs?: number;
}

export interface SpoolOptions extends StoreCall {
    /** Default 64 GiB. */
    readonly maxBytes?: number;
}

export interface Spooled extends AsyncDisposable {
    /** A private file with the content; gone once this is disposed of. */
    readonly path: string;
}

export interface StoreCall {
    readonly signal?: AbortSignal | undefined;
}

export interface StoredEntry {
    readonly descriptor: Descriptor;
    readonly tags: readonly string[];
}

export interface TagCall extends StoreCall {
    /** The manifest, if it is at hand: a registry is sent it again with the tag. */
    readonly bytes?: Uint8Array | undefined;
}

export interface TaggedContent {
    readonly descriptor: Descriptor;
    readonly bytes: Uint8Array;
}

export interface TagsQuery extends StoreCall {
    readonly prefix?: string | undefined;
}

/** A regular file in a tar. */
export interface TarEntry {
    /** Relative, without `.` and `..`. */
    readonly name: string;
    readonly offset: number;
    readonly size: number;
    /** For a symbolic link: what it leads to, as it is written. */
    readonly link?: string;
}

/** A tar on disk, its files found by name. Nothing of it is unpacked. */
export class TarFile {
    #private;
    readonly path: string;
    readonly compressed: boolean;
    /** Of the file, when it was read through. */
    readonly version: string;
    readonly entries: ReadonlyMap<string, TarEntry>;
    private constructor();
    /**
     * Reads the headers of an archive; of a compressed one, all of it. Nothing if there is no such file.
     *
     * @throws {@link SealwrightError} `VALIDATION`, `UNSUPPORTED`.
     */
    static open(path: string, options?: TarOptions): Promise<TarFile | undefined>;
    /** The bytes of a file in the archive, read as they are consumed. */
    read(entry: TarEntry): AsyncGenerator<Uint8Array>;
}

export interface TarOptions {
    /** Whether symbolic links are passed on instead of refused, for whoever only asks which names there are. */
    readonly links?: boolean;
}

export interface WalkOptions extends StoreCall {
    /** One image of an index instead of the index: `linux/amd64`, `linux/arm/v7`. */
    readonly platform?: string | undefined;
    /**
     * Which of those that refer to the artifact or its children: `signature`, `attestation`, `sbom`, or media types. What
     * refers to these in turn comes with them. Default: all.
     */
    readonly only?: readonly string[] | undefined;
    /** How many steps of referring. 0: the artifact and its children alone. Default: all. */
    readonly depth?: number | undefined;
    /** False: does not follow the manifests that an index lists. What an index lists need not belong to it. Default true. */
    readonly children?: boolean | undefined;
    /** More manifests than this are an error, never a walk cut short. Default 10 000. */
    readonly limit?: number | undefined;
    /** How many manifests are looked at together. Default 8. */
    readonly concurrency?: number | undefined;
    /**
     * Takes the store's word for what it lists: referrers that have a type there, and images, are not read, and have no
     * `manifest`. The artifact need not be there itself. For looking; what is moved or judged has to be read.
     */
    readonly asListed?: true | undefined;
}

/**
 * Adds a signature to those that cosign finds under the tag `sha256-<hex>.sig` of a subject, and reads it back. What others
 * write at the same time is kept: after each write the tag is read again, and what was lost is written again.
 *
 * @param layer - With annotations; one that is there already stays.
 * @returns The manifest that the tag names.
 * @throws {@link SealwrightError} of the store; `VALIDATION` if the tag names something else, or has no room left;
 *   `UNAVAILABLE` if others overwrite the tag again and again.
 */
export function appendTaggedSignature(store: ArtifactStore, subject: Pick<Descriptor, 'digest'>, { descriptor, bytes }: TaggedContent, call?: StoreCall): Promise<Descriptor>;

/**
 * An OCI image layout 1.0 in a tar, plain or gzip, that comes as a stream (standard input). Read as far as it is asked
 * for: what is asked for in the order of the archive goes through without a copy, what comes before it is wanted waits in
 * memory if it is small, else in a private file. Archives that are written here have such an order.
 *
 * @throws {@link SealwrightError} from its methods: as {@link layoutArchive}; `UNAVAILABLE` for a content whose reader
 *   gave up in the middle of it.
 */
export function archiveInput(stream: AsyncIterable<Uint8Array>, { name }?: {
    readonly name?: string;
}): ArchiveInput;

/**
 * An OCI image layout 1.0 in a tar that is written to a stream (standard output), in one {@link ArtifactStore.batch}:
 * the index first, then the manifests, then the blobs as they come. No blob is held or stored on the way; so what was
 * announced in the index and fails later ends the stream without the end of a tar, and nobody takes it for whole.
 *
 * @param write - Resolved when more may come.
 * @throws {@link SealwrightError} from its methods: `UNSUPPORTED` for writes outside of a batch, and where the index would
 *   have to be another than it was.
 */
export function archiveOutput(write: (chunk: Uint8Array) => Promise<void>, { name }?: {
    readonly name?: string;
}): ArtifactStore;

/** By its type, its config, its layers, and at last by the tag it was found under; nothing if it is something else. */
export function artifactKind(manifest: Manifest, tag?: string): ArtifactKind | undefined;

/** What the referrers API calls the type of a manifest: `artifactType`, or else the media type of the config. */
export function artifactTypeOf(manifest: Manifest): string | undefined;

/**
 * The blobs of a manifest, each once: config and layers, and what an index lists that is not a manifest (build caches do
 * so). A blob that is called a manifest there is a blob all the same.
 */
export function blobsOf(manifest: Manifest): readonly Descriptor[];

/**
 * Returns the one spelling of a registry's host, which credentials, configuration and policy scopes are matched by: lower
 * case, `docker.io` for all names of Docker Hub, an IPv6 address in its shortest form, and no `:443` where https is spoken
 * anyway. A host that cannot be read is returned unchanged.
 *
 * @param registry - `host[:port]`
 */
export function canonicalRegistry(registry: string): string;

/** The manifests that an index lists, in its order. */
export function childrenOf(manifest: Manifest): readonly Descriptor[];

/**
 * The image of one platform: the artifact itself, or the one manifest of an index.
 *
 * @param platform - `os/architecture`, `os/architecture/variant`; with `:version` behind the system for Windows.
 * @throws {@link SealwrightError} `VALIDATION` when that is not a platform, or several images are for it; `NOT_FOUND` naming
 *   the platforms that there are.
 */
export function choosePlatform(store: ArtifactStore, artifact: Descriptor, platform: string, call?: StoreCall): Promise<Descriptor>;

/**
 * Copies an artifact with all that belongs to it (as {@link walkGraph} finds it) from one store to another: what is there
 * already stays, a registry is asked to take over blobs of its own, the rest is streamed and checked. Done again, it
 * completes what was cut off.
 *
 * The tag is written last, so a tag that resolves implies a complete copy, wherever `referrersTo` puts the referrers.
 *
 * @param reference - A tag or a digest in `from`.
 * @returns What was done, and what had to stay behind.
 * @throws {@link SealwrightError} when the artifact itself cannot be brought; and for what may pass (`UNAVAILABLE`,
 *   `THROTTLED`, `TIMEOUT`), after several tries.
 *
 * @example
 * ```ts
 * import { copyGraph, layoutArchive, layoutDirectory } from '@sealwright/oci'
 *
 * const archive = layoutArchive('app.tar', { create: true })
 * const { root } = await copyGraph(layoutDirectory('image'), 'v1', archive)
 * ```
 */
export function copyGraph(from: ArtifactStore, reference: string, to: ArtifactStore, options?: CopyOptions): Promise<CopyReport>;

/** The digest of `bytes` as `<algorithm>:<hex>`. */
export function digestOf(algorithm: DigestAlgorithm, bytes: Uint8Array): string;

/** The empty config `{}` with its content inlined (image-spec `manifest.md`, "Guidance for an Empty Descriptor"). */
export const emptyConfig: Descriptor;

/** Returns the tree with what is of a type, which is a kind or an artifact type, and with what leads to it. */
export function filterReferrers({ referrers, manifests }: ReferrerTree, type: string): ReferrerTree;

/**
 * Prints the members that {@link parseManifest} reads, compact and in the order of the specification: for manifests
 * made here. A manifest that was read is passed on as its `raw` bytes instead.
 */
export function formatManifest(manifest: ManifestMembers): Uint8Array;

/** A platform as people write it, and as {@link choosePlatform} takes it: `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant, 'os.version': version }: Platform): string;

/** Prints a reference. */
export function formatReference({ registry, repository, tag, digest }: Reference): string;

/** Whether {@link parseDigest} would read it. */
export function isDigest(text: string): boolean;

/** Whether content of this type is a manifest: it may refer to others, and registries keep it apart from blobs. */
export function isManifestMediaType(mediaType: string): mediaType is ManifestMediaType;

/** A tag as a registry takes it: at most 128 letters, digits, `_`, `.` and `-`, not beginning with the last two. */
export function isTag(text: string): boolean;

/**
 * An OCI image layout 1.0 in a tar, plain or gzip, read where it lies: nothing is unpacked, no blob is held whole.
 * Blobs that are pushed wait for their manifest; then a new archive is written next to the old one, and renamed.
 *
 * @throws {@link SealwrightError} from its methods: `NOT_FOUND` when there is no such file or no layout in it,
 *   `VALIDATION` when the tar has links, names that lead out of it, a file twice, or no end, and as the interface says.
 *
 * @example
 * ```ts
 * import { layoutArchive } from '@sealwright/oci'
 *
 * const { digest } = await layoutArchive('app.tar').resolve('v1')
 * ```
 */
export function layoutArchive(path: string, options?: LayoutArchiveOptions): ArtifactStore;

/**
 * An OCI image layout 1.0 in a directory. Every file is written whole and then renamed, and `index.json` is changed
 * under a lock, so that neither a killed process nor two at once leave anything half-written under a name that counts.
 *
 * @throws {@link SealwrightError} from its methods: `NOT_FOUND` when the directory is not a layout, and as the interface
 *   says.
 *
 * @example
 * ```ts
 * import { layoutDirectory, readManifest } from '@sealwright/oci'
 *
 * const artifacts = layoutDirectory('image')
 * const manifest = await readManifest(artifacts, await artifacts.resolve('v1'))
 * ```
 */
export function layoutDirectory(path: string, options?: LayoutDirectoryOptions): ArtifactStore;

/** In the order in which they are asked for. */
export const manifestMediaTypes: readonly ManifestMediaType[];

/**
 * Returns a store in memory: for tests, and for work between two other stores.
 *
 * @example
 * ```ts
 * import { copyGraph, layoutDirectory, memory } from '@sealwright/oci'
 *
 * const artifacts = memory()
 * await copyGraph(layoutDirectory('image'), 'v1', artifacts)
 * ```
 */
export function memory(): ArtifactStore;

/**
 * Reads `<algorithm>:<hex>` (image-spec `descriptor.md`): SHA-256, SHA-384 or SHA-512, lower case, full length. Nothing
 * else names content here, so a digest that passed can stand in a path or a URL as it is.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseDigest(text: string): Digest;

/**
 * Reads a manifest strictly: its JSON (no member twice), its media type, which must agree with the one it was stored
 * or served under, and that it is of one kind only. Members it does not know are passed over, and stay in `raw`.
 *
 * @param mediaType - What the descriptor or the Content-Type says; taken from the manifest itself when absent.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string): Manifest;

/**
 * Reads `host[:port]/repository[:tag][@digest]`, by the grammar of distribution's `reference`, except that the host is
 * required: `app:v1` names no registry here. The host is brought to its one spelling: `Index.Docker.io:443` is `docker.io`.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { parseReference } from '@sealwright/oci'
 *
 * parseReference('registry.example/app:v1') // { registry: 'registry.example', repository: 'app', tag: 'v1' }
 * ```
 */
export function parseReference(text: string): Reference;

/**
 * Reads a blob or manifest into memory.
 *
 * @param maxBytes - A descriptor that says more is `VALIDATION`, before anything is asked of the store.
 * @throws {@link SealwrightError} `NOT_FOUND`, `INTEGRITY`, `VALIDATION`.
 */
export function readBlob(store: ArtifactStore, descriptor: Descriptor, maxBytes: number, call?: StoreCall): Promise<Uint8Array>;

/**
 * Reads the manifest of a descriptor, checked against it: digest, size, media type.
 *
 * @throws {@link SealwrightError} `NOT_FOUND`, `INTEGRITY`, `VALIDATION`.
 *
 * @example
 * ```ts
 * import { layoutDirectory, readManifest } from '@sealwright/oci'
 *
 * const artifacts = layoutDirectory('image')
 * const { mediaType } = await readManifest(artifacts, await artifacts.resolve('v1'))
 * ```
 */
export function readManifest(store: ArtifactStore, descriptor: Descriptor, call?: StoreCall): Promise<Manifest>;

/**
 * Lists all that refers to an artifact, and to that in turn, by subject and by cosign's tags. The store's word is taken for
 * what it lists: nothing of it is verified.
 *
 * @throws {@link SealwrightError} of the store; `UNSUPPORTED` for more than 10 000 manifests.
 */
export function referrerTree(store: ArtifactStore, artifact: Descriptor, { depth, concurrency, ...call }?: ReferrerTreeOptions): Promise<ReferrerTree>;

/**
 * Returns a store that lists the referrers which `signatures` holds for artifacts of another store. An index is read from
 * `artifacts`, so that the referrers of its manifests are found too.
 *
 * @throws {@link SealwrightError} from its methods: what the two stores throw.
 */
export function referrersIn(artifacts: ArtifactStore, signatures: ArtifactStore): ArtifactStore;

/**
 * The tag under which the referrers of a digest are listed where there is no referrers API (distribution-spec,
 * "Referrers Tag Schema"): at most 32 characters of the algorithm and 64 of the hash.
 */
export function referrersTag(digest: string): string;

/**
 * Returns a text that was given as a reference as it may be shown: without the user name and password that it may hold,
 * and cut.
 */
export function shownReference(text: string): string;

/**
 * The artifact that a layout is about, when neither tag nor digest says so: the one entry that refers to no other, is
 * not a list of referrers, and is not part of another.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` if there is none, `VALIDATION` naming them all if there are several, or
 *   if the store is one (a registry) that is never about one artifact.
 */
export function soleTarget(store: ArtifactStore, call?: StoreCall): Promise<Descriptor>;

/**
 * Writes a stream that cannot be read twice (standard input) to a private temporary file, for {@link layoutArchive}.
 *
 * @throws {@link SealwrightError} `VALIDATION` when it is longer than `maxBytes`.
 */
export function spool(stream: AsyncIterable<Uint8Array>, { maxBytes, signal }?: SpoolOptions): Promise<Spooled>;

/**
 * Walks the manifests of an artifact: itself, the children of an index, all that refers to any of them, by `subject` or
 * by a tag made of its digest, and what refers to that. Each comes after its parent, in the order of the store; one that
 * has several places comes once for each, and is walked at the first.
 *
 * What a store lists as a referrer is one only if its manifest says so, unless its word is taken (`asListed`).
 *
 * @throws {@link SealwrightError} of the store when the artifact itself cannot be read, or something cannot be listed;
 *   `UNSUPPORTED` beyond the limit. What is wrong with one of the others is its own `fault`.
 */
export function walkGraph(store: ArtifactStore, artifact: Descriptor, options?: WalkOptions): AsyncGenerator<GraphNode>;

/**
 * Runs `action` while holding the lock file at `path`. The file names its holder, who touches it twice a second; a
 * lock that was left by a killed process is taken away after it has been seen unchanged for a while. The waiting
 * process measures that time itself, because the clocks of a shared disk and of this machine may differ.
 *
 * @throws {@link SealwrightError} `UNAVAILABLE` when another holds it for longer than a minute.
 */
export function withFileLock<T>(path: string, call: StoreCall, action: (lock: HeldLock) => Promise<T>): Promise<T>;

/**
 * Returns a store that reads artifacts from one store and their referrers from both, for signatures that are kept in
 * another repository. What is written goes to `artifacts`.
 *
 * @throws {@link SealwrightError} from its methods: what the two stores throw. `NOT_FOUND` of `artifacts` is answered by
 *   `signatures`.
 */
export function withSignaturesIn(artifacts: ArtifactStore, signatures: ArtifactStore): ArtifactStore;

// Named above, not exported:

interface ManifestCommon {
    readonly mediaType: ManifestMediaType;
    readonly artifactType?: string;
    readonly subject?: Descriptor;
    readonly annotations?: Readonly<Record<string, string>>;
    /** The bytes as received: they are what the digest names, and nothing is ever written again from the members. */
    readonly raw: Uint8Array;
}

type ManifestMediaType = Exclude<(typeof MediaTypes)[keyof typeof MediaTypes], typeof MediaTypes.empty>;

/**
 * What can be told of a manifest that cannot be read as one: enough to find it and to carry its bytes, and nothing to rely
 * on.
 */
interface SalvagedManifest {
    readonly raw: Uint8Array;
    readonly subject?: Descriptor;
    /** Its own, or the type of its config. */
    readonly artifactType?: string;
    /** What it names and could be read of that, without manifests. */
    readonly blobs: readonly Descriptor[];
}
