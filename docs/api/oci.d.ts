// The public declarations of @sealwright/oci. Written by `npm run api`; do not edit.

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
    /** A tag or digest to its descriptor. Throws `NOT_FOUND`. */
    resolve(reference: string, call?: StoreCall): Promise<Descriptor>;
    /** The content of a descriptor. Throws `NOT_FOUND`, `INTEGRITY`. */
    fetch(descriptor: Descriptor, call?: StoreCall): AsyncIterable<Uint8Array>;
    exists(descriptor: Descriptor, call?: StoreCall): Promise<boolean>;
    /**
     * Stores content under its descriptor; a manifest with a `subject` becomes a referrer of it. Content that does not
     * match is `INTEGRITY`, and nothing is stored. What is there already stays as it is.
     */
    push(descriptor: Descriptor, content: Uint8Array | AsyncIterable<Uint8Array>, call?: StoreCall): Promise<PushResult>;
    /** Names a stored manifest; moves the name if it exists. */
    tag(descriptor: Descriptor, tag: string, call?: StoreCall): Promise<void>;
    /** The manifests whose `subject` is this one. A listing cut off by a limit is an error, never an absence. */
    referrers(subject: Descriptor, query?: ReferrersQuery): AsyncIterable<Descriptor>;
    /** Removes a manifest, its tags and its place among the referrers of its subject; or a blob. Throws `NOT_FOUND`. */
    delete(descriptor: Descriptor, call?: StoreCall): Promise<void>;
    /** What is listed at the top, each manifest once. Layouts and memory only: a registry cannot be listed as a whole. */
    entries?(call?: StoreCall): Promise<readonly StoredEntry[]>;
}

/** What a registry is told about who asks. */
export type Credential = ({
    readonly username: string;
    readonly password: string;
}
/** A refresh token, exchanged for access tokens (`identitytoken`). */
 | {
    readonly identityToken: string;
}
/** A bearer token, shown as it is (`registrytoken`). */
 | {
    readonly registryToken: string;
}) & {
    /** Where it came from, for messages: a file, a helper. */
    readonly source?: string;
};

export interface CredentialRequest {
    /** As in a reference, with the port: `registry.example:5000`. */
    readonly registry: string;
    readonly repository: string;
}

/** Where credentials come from. What it returns goes to the registry asked for and to no other. */
export interface CredentialSource {
    /** Nothing, if there are none for this registry: then it is asked anonymously. */
    get(request: CredentialRequest, call?: StoreCall): Promise<Credential | undefined>;
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

export interface DockerCredentialsOptions {
    /** Docker's `config.json`, or podman's `auth.json`. Without it, or where there is no such file, nobody is logged in. */
    readonly configFile?: string;
    /** Default 30 000: a helper may have to ask its user. */
    readonly helperTimeoutMs?: number;
}

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
}

export interface LayoutDirectoryOptions {
    /** Whether the first write may make the layout, in a new or empty directory. Default false. */
    readonly create?: boolean;
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

export interface Platform {
    readonly architecture: string;
    readonly os: string;
    readonly 'os.version'?: string;
    readonly 'os.features'?: readonly string[];
    readonly variant?: string;
}

export interface PushResult {
    /** How a pushed referrer can be found: by the store itself, or by the fallback tag that the client maintains. */
    readonly referrers?: 'api' | 'tag' | 'layout';
}

/** A reference to an artifact in a registry. */
export interface Reference {
    /** Host, with port if one was given: `registry.example:5000`, `[::1]:5000`. */
    readonly registry: string;
    readonly repository: string;
    readonly tag?: string;
    readonly digest?: string;
}

export interface ReferrersQuery extends StoreCall {
    /** Only these; filtered here when the store does not filter. */
    readonly artifactType?: string;
}

export interface RegistryOptions {
    /** Asked when the registry wants to know who asks, and at most once. Without it all is done anonymously. */
    readonly credentials?: CredentialSource;
    /** Plain http. Default: for this machine only (`localhost`, 127.0.0.0/8, `[::1]`). */
    readonly plainHttp?: boolean;
    /**
     * How referrers are listed: by the registry's API, by the fallback tag that clients keep, or (`auto`, the default) by
     * the API where there is one and by the tag elsewhere.
     */
    readonly referrers?: 'auto' | 'api' | 'tag';
    readonly retry?: RetryPolicy;
    /** How long a connection may be silent. Default 60 000. */
    readonly idleTimeoutMs?: number;
    /** After a change of a fallback tag, how long to wait before looking whether it lasted. Default 200. */
    readonly settleMs?: number;
    readonly userAgent?: string;
    /** Called with what the registry warns of. */
    readonly onWarning?: (text: string) => void;
    /** In place of the global one: for a proxy, for certificates. It must obey `redirect: 'manual'` and `signal`. */
    readonly fetch?: Fetch;
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
    readonly signal?: AbortSignal;
}

export interface StoredEntry {
    readonly descriptor: Descriptor;
    readonly tags: readonly string[];
}

/** What the referrers API calls the type of a manifest: `artifactType`, or else the media type of the config. */
export function artifactTypeOf(manifest: Manifest): string | undefined;

/** One credential for one registry, such as from flags of a command line. */
export function credentialFor(registry: string, credential: Credential): CredentialSource;

/** The digest of `bytes` as `<algorithm>:<hex>`. */
export function digestOf(algorithm: DigestAlgorithm, bytes: Uint8Array): string;

/**
 * Credentials as docker, podman and oras keep them: for a host the helper named in `credHelpers`, else what stands in
 * `auths`, else the helper `credsStore`. The file is read anew each time; it names hosts exactly, with the port, and
 * in podman's form also repositories below them.
 *
 * @throws {@link SealwrightError} from `get`: `VALIDATION` when the file cannot be read as what it is, and what
 *   helpers end with.
 */
export function dockerCredentials(options?: DockerCredentialsOptions): CredentialSource;

/** The empty config `{}` with its content inlined (image-spec `manifest.md`, "Guidance for an Empty Descriptor"). */
export const emptyConfig: Descriptor;

/**
 * Prints the members that {@link parseManifest} reads, compact and in the order of the specification: for manifests
 * made here. A manifest that was read is passed on as its `raw` bytes instead.
 */
export function formatManifest(manifest: ManifestMembers): Uint8Array;

/** The one spelling of a reference. */
export function formatReference({ registry, repository, tag, digest }: Reference): string;

/** Whether {@link parseDigest} would read it. */
export function isDigest(text: string): boolean;

/** Whether content of this type is a manifest: it may refer to others, and registries keep it apart from blobs. */
export function isManifestMediaType(mediaType: string): mediaType is ManifestMediaType;

/** A tag as a registry takes it: at most 128 letters, digits, `_`, `.` and `-`, not beginning with the last two. */
export function isTag(text: string): boolean;

/**
 * An OCI image layout 1.0 in a tar, plain or gzip, read where it lies: nothing is unpacked, no blob is held whole.
 * Blobs that are pushed wait for their manifest; then the archive is written anew beside the old one, and renamed.
 *
 * @throws {@link SealwrightError} from its methods: `NOT_FOUND` when there is no such file or no layout in it,
 *   `VALIDATION` when the tar has links, names that lead out of it, a file twice, or no end, and as the interface says.
 */
export function layoutArchive(path: string, options?: LayoutArchiveOptions): ArtifactStore;

/**
 * An OCI image layout 1.0 in a directory. Every file is written whole and then renamed, and `index.json` is changed
 * under a lock, so that neither a killed process nor two at once leave anything half-written under a name that counts.
 *
 * @throws {@link SealwrightError} from its methods: `NOT_FOUND` when the directory is no layout, and as the interface
 *   says.
 */
export function layoutDirectory(path: string, options?: LayoutDirectoryOptions): ArtifactStore;

/** In the order in which they are asked for. */
export const manifestMediaTypes: readonly ManifestMediaType[];

/** A store that lasts as long as the program: for tests, and for work between two other stores. */
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
 * Reads `host[:port]/repository[:tag][@digest]`, by the grammar of distribution's `reference` with two differences:
 * the host is required (`app:v1` names no registry here), and it is written in lower case, so that a name has one
 * spelling only. {@link formatReference} prints exactly what was read.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseReference(text: string): Reference;

/**
 * Reads a content whole.
 *
 * @param maxBytes - A descriptor that says more is `VALIDATION`, before anything is asked of the store.
 * @throws {@link SealwrightError} `NOT_FOUND`, `INTEGRITY`, `VALIDATION`.
 */
export function readBlob(store: ArtifactStore, descriptor: Descriptor, maxBytes: number, call?: StoreCall): Promise<Uint8Array>;

/**
 * Reads the manifest of a descriptor, checked against it: digest, size, media type.
 *
 * @throws {@link SealwrightError} `NOT_FOUND`, `INTEGRITY`, `VALIDATION`.
 */
export function readManifest(store: ArtifactStore, descriptor: Descriptor, call?: StoreCall): Promise<Manifest>;

/**
 * The tag under which the referrers of a digest are listed where there is no referrers API (distribution-spec,
 * "Referrers Tag Schema"): at most 32 characters of the algorithm and 64 of the hash.
 */
export function referrersTag(digest: string): string;

/**
 * One repository of a registry (OCI distribution 1.1).
 *
 * @param repository - Host and repository, without tag and digest: `registry.example/app`.
 * @throws {@link SealwrightError} `VALIDATION` when that is not a repository. From its methods, besides what the
 *   interface says: `UNAUTHENTICATED` (401), `ACCESS_DENIED` (403), `THROTTLED` (429), `UNAVAILABLE` (5xx, network),
 *   `UNSUPPORTED` (what the registry does not offer), `VALIDATION` (what it calls our mistake), `ABORTED`, `TIMEOUT`.
 */
export function registry(repository: string, options?: RegistryOptions): ArtifactStore;

/**
 * The artifact that a layout is about, when neither tag nor digest says so: the one entry that refers to no other, is
 * no list of referrers, and is not part of another.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` if there is none, `VALIDATION` naming them all if there are several, or
 *   if the store is one (a registry) that is never about one artifact.
 */
export function soleTarget(store: ArtifactStore, call?: StoreCall): Promise<Descriptor>;

/**
 * Puts a stream that cannot be read twice (standard input) into a private temporary file, for {@link layoutArchive}.
 *
 * @throws {@link SealwrightError} `VALIDATION` when it is longer than `maxBytes`.
 */
export function spool(stream: AsyncIterable<Uint8Array>, { maxBytes, signal }?: SpoolOptions): Promise<Spooled>;

/**
 * Runs `action` while holding the lock file at `path`. The file names its holder, who touches it twice a second; a
 * lock that was left by a killed process is taken away after it has been seen unchanged for a while. The waiting
 * process measures that time itself, because the clocks of a shared disk and of this machine may differ.
 *
 * @throws {@link SealwrightError} `UNAVAILABLE` when another holds it for longer than a minute.
 */
export function withFileLock<T>(path: string, call: StoreCall, action: (lock: HeldLock) => Promise<T>): Promise<T>;

// Named above, not exported:

type Fetch = typeof globalThis.fetch;

interface ManifestCommon {
    readonly mediaType: ManifestMediaType;
    readonly artifactType?: string;
    readonly subject?: Descriptor;
    readonly annotations?: Readonly<Record<string, string>>;
    /** The bytes as received: they are what the digest names, and nothing is ever written again from the members. */
    readonly raw: Uint8Array;
}

type ManifestMediaType = Exclude<(typeof MediaTypes)[keyof typeof MediaTypes], typeof MediaTypes.empty>;
