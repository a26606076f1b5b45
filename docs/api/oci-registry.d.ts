// The public declarations of @sealwright/oci-registry. Written by `npm run api`; do not edit.
import type { SealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor, RetryPolicy, StoreCall } from '@sealwright/oci'
import type { LookupFunction } from 'node:net'

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

export interface DockerCredentialsOptions {
    /** Docker's `config.json`, or podman's `auth.json`. Without it, or where there is no such file, nobody is logged in. */
    readonly configFile?: string;
    /** Default 30 000: a helper may have to ask its user. */
    readonly helperTimeoutMs?: number;
}

export interface DockerLoginOptions extends StoreCall {
    /** Docker's `config.json`, or podman's `auth.json`; made if there is none. */
    readonly configFile: string;
    /** Default 30 000: a helper may have to ask its user. */
    readonly helperTimeoutMs?: number;
}

/** A store that can find out what it offers, as those of `registry` can. */
export interface ExaminableStore extends ArtifactStore {
    /** See {@link examineRegistry}. */
    examine(subject: Pick<Descriptor, 'digest'>, call?: StoreCall): Promise<RegistryAbilities>;
}

export interface HttpFetchOptions {
    /** Asked for each host, as a URL spells it with its port if that is not 443; nothing for the usual. */
    readonly tls?: (host: string) => TlsSettings | undefined;
    /** The variables `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in capitals or not. Without it no proxy is used. */
    readonly proxyEnv?: Readonly<Record<string, string | undefined>>;
    /**
     * Resolves the names of hosts, so that a caller may refuse some addresses. Not asked where a proxy is used, which resolves
     * the name itself, nor for a host that is an IP address. Default: the system's.
     */
    readonly lookup?: LookupFunction | undefined;
}

/** Where a login is kept now. */
export interface KeptLogin {
    /** The file, or the program of the helper. */
    readonly place: string;
    /** Whether it is a helper: the file holds the password as it is. */
    readonly helper: boolean;
    readonly changed: boolean;
    /** Why the helper of the platform, which nobody had named, does not keep it. */
    readonly helperFault?: SealwrightError;
}

/** Whether a registry does something for us: it does, it does not let us, it does so for nobody. */
export type Permission = 'allowed' | 'denied' | 'unsupported';

/** What is wrong with one referrer in the list that clients keep. */
export interface ReferrerFault {
    readonly digest: string;
    /**
     * `unlisted`: it is stored and tagged, but the index lacks it. `gone`: it is listed and not there.
     * `foreign`: it is listed and refers to something else. `misdescribed`: listed with another type, size or annotations.
     */
    readonly fault: 'unlisted' | 'gone' | 'foreign' | 'misdescribed';
}

/** The list of the referrers of one subject, as it was found. */
export interface ReferrersState {
    /** Digest of the subject. */
    readonly subject: string;
    /** The tag of the list. */
    readonly tag: string;
    /** How many truly refer to the subject. */
    readonly referrers: number;
    readonly faults: readonly ReferrerFault[];
    /** Why there is no list to be read. */
    readonly damage?: string;
    /** Whether no list can be kept: the registry answers for its tag with the subject itself (GitLab). */
    readonly taken: boolean;
    /** Whether all of this was put right. */
    readonly repaired: boolean;
}

/** What a registry offers, to whom it takes us for. */
export interface RegistryAbilities {
    /** `logged in as ci through …/config.json`, that no credentials were found, or that it did not ask. */
    readonly login: string;
    /** How it lists referrers: by its API, or not at all, so that clients keep a list under a tag. */
    readonly referrers: 'api' | 'tag';
    readonly push: Permission;
    readonly delete: Permission;
    readonly listTags: Permission;
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
    /**
     * After a change of a fallback tag, how long to wait before looking whether it lasted. Default: twice as long as the
     * change took.
     */
    readonly settleMs?: number;
    /**
     * Blobs larger than this are sent in chunks of this size, if the registry takes them; so much is held in memory, so
     * that it can be sent again when a connection ends. Default: chunks of 8 MiB for what is larger than 16 MiB.
     */
    readonly chunkBytes?: number;
    readonly userAgent?: string;
    /** Called with what the registry warns of, and with what it does not let us do as it should be. */
    readonly onWarning?: (text: string) => void;
    /**
     * What requests go through, as `httpFetch` makes one for a private authority, a client certificate or a proxy; or any
     * that obeys `redirect: 'manual'` and `signal`, as the global one does. Default: one by `httpFetch` for the whole process,
     * which uses a proxy where Node was told to (`NODE_USE_ENV_PROXY`).
     */
    readonly fetch?: Fetch;
}

export interface RepairOptions extends StoreCall {
    /** Looks only. */
    readonly dryRun?: boolean;
}

/** A store that keeps lists of referrers which can be put right, as those of `registry` do. */
export interface RepairableStore extends ArtifactStore {
    /** See {@link repairReferrers}. */
    repairReferrers(subject: Pick<Descriptor, 'digest'>, options?: RepairOptions): Promise<ReferrersState>;
}

/** How one host is spoken to in TLS. All are PEM. */
export interface TlsSettings {
    /** Authorities that are believed beside the usual ones. */
    readonly ca?: string;
    /** What is shown to a host that wants to see a certificate, the leaf first. */
    readonly cert?: string;
    readonly key?: string;
}

/**
 * Asks a registry whether it knows a credential, at `/v2/` (distribution-spec, "Determining Support"), where it is not
 * about any repository.
 *
 * @param registry - As in a reference: `registry.example:5000`.
 * @returns False if the registry did not want to know who asks: then nothing is known of the credential.
 * @throws {@link SealwrightError} `UNAUTHENTICATED` or `ACCESS_DENIED` if it is refused; `UNAVAILABLE`, `VALIDATION`, ….
 */
export function checkLogin(registry: string, credential: Credential, options?: Omit<RegistryOptions, 'credentials' | 'referrers'>, call?: StoreCall): Promise<boolean>;

/** One credential for one registry, such as from flags of a command line. */
export function credentialFor(registry: string, credential: Credential): CredentialSource;

/**
 * Credentials as docker, podman and oras keep them: for a host the helper named in `credHelpers`, else what stands in
 * `auths`, else the helper `credsStore`. The file is read again on each call; it names hosts exactly, with the port, and
 * in podman's form also repositories below them.
 *
 * @throws {@link SealwrightError} from `get`: `VALIDATION` when the file cannot be read as what it is, and what
 *   helpers end with.
 *
 * @example
 * ```ts
 * import { homedir } from 'node:os'
 * import { dockerCredentials } from '@sealwright/oci-registry'
 *
 * const credentials = dockerCredentials({ configFile: `${homedir()}/.docker/config.json` })
 * const login = await credentials.get({ registry: 'registry.example', repository: 'app' })
 * ```
 */
export function dockerCredentials(options?: DockerCredentialsOptions): CredentialSource;

/**
 * Finds out what a registry offers for a repository. Nothing is stored and nothing deleted: an upload is begun and given
 * up, and the delete is of a digest that nothing has.
 *
 * @param subject - Digest of a manifest of the repository.
 * @throws {@link SealwrightError} `UNSUPPORTED` when the store is not a registry; and every error that does not answer the question.
 */
export function examineRegistry(store: ArtifactStore, subject: Pick<Descriptor, 'digest'>, call?: StoreCall): Promise<RegistryAbilities>;

/**
 * Forgets the login to a registry, wherever docker would look for it.
 *
 * @returns The places that had it.
 * @throws As {@link keepDockerLogin}.
 */
export function forgetDockerLogin(registry: string, options: DockerLoginOptions): Promise<readonly string[]>;

/**
 * Returns the variables that a credential helper, or another program of that name, is started with. Keychains get what every program needs. A cloud's helper
 * (`ecr-login`, `gcr`, `gcloud`, `acr-env`, …) gets its cloud's variables as well. Any other helper gets those whose names
 * begin with its own, and all that are nobody's secret: none of ours, of a cloud, or with a name like a secret's.
 */
export function helperEnvironment(name: string, env?: Environment): Record<string, string>;

/**
 * A `fetch` that can do what the global one cannot without changing the whole process: believe a private authority for
 * one host, show a certificate to one host, go through a proxy. As much of `fetch` as a registry needs: `method`,
 * `headers` (an object), `body` (bytes or a stream), `signal`; no redirect is followed.
 *
 * @example
 * ```ts
 * import { httpFetch, registry } from '@sealwright/oci-registry'
 *
 * const fetch = httpFetch({ proxyEnv: process.env })
 * const app = registry('registry.example/app', { fetch })
 * ```
 */
export function httpFetch(options?: HttpFetchOptions): Fetch;

/** Returns whether a store can find out what it offers. */
export function isExaminable(store: ArtifactStore): store is ExaminableStore;

/** Returns whether a store keeps lists of referrers which can be put right. */
export function isRepairable(store: ArtifactStore): store is RepairableStore;

/**
 * Keeps a login as docker does: in the helper that `credHelpers` names for the host, else in `credsStore`, else in the
 * helper of the platform if the file says nothing of logins yet and one is installed, else in the file itself, which then
 * has mode 0600.
 *
 * @param registry - As in a reference: `registry.example:5000`.
 * @throws {@link SealwrightError} `VALIDATION` when the file is not what it should be, and what helpers end with.
 */
export function keepDockerLogin(registry: string, login: {
    readonly username: string;
    readonly password: string;
}, options: DockerLoginOptions): Promise<KeptLogin>;

/**
 * Returns everything in a repository of which clients keep a list of referrers under a tag, or which a referrer claims by a
 * tag of its own: see `repairReferrers`. It need not be there itself. Of SHA-384 and SHA-512 a tag has only a part of the
 * digest: the whole of it is read from a manifest that refers to it, and is not found where there is none.
 *
 * @returns Digests, in their order.
 * @throws {@link SealwrightError} `UNSUPPORTED` where tags are not listed, and what registries end with.
 */
export function listedSubjects(store: ArtifactStore, call?: StoreCall): Promise<readonly string[]>;

/**
 * Finds a program in the directories of PATH. An empty or a relative entry stands for the working directory or one below
 * it, where a cloned repository may have put anything: it is passed over, and so is the working directory itself, in
 * which Windows would look first.
 */
export function programPath(program: string, env?: Readonly<Record<string, string | undefined>>): Promise<string | undefined>;

/**
 * Returns the store of one repository in a registry (OCI distribution 1.1).
 *
 * @param repository - Host and repository, without tag and digest: `registry.example/app`.
 * @throws {@link SealwrightError} `VALIDATION` when that is not a repository. From its methods, besides what the
 *   interface says: `UNAUTHENTICATED` (401), `ACCESS_DENIED` (403), `THROTTLED` (429), `UNAVAILABLE` (5xx, network),
 *   `UNSUPPORTED` (what the registry does not offer), `VALIDATION` (what it calls our mistake), `ABORTED`, `TIMEOUT`.
 *
 * @example
 * ```ts
 * import { homedir } from 'node:os'
 * import { dockerCredentials, registry } from '@sealwright/oci-registry'
 *
 * const credentials = dockerCredentials({ configFile: `${homedir()}/.docker/config.json` })
 * const { digest } = await registry('registry.example/app', { credentials }).resolve('v1')
 * ```
 */
export function registry(repository: string, options?: RegistryOptions): ArtifactStore;

/**
 * Compares the list of referrers that clients keep for a subject under a tag, where a registry has no API for them, with
 * the manifests in that list and with those that have a tag of their own (`sha256-<subject>.<32 hex of the referrer>`),
 * and rewrites it if it is wrong. It may be run at any time, also while others write.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` when the store is not a registry; and the errors of registries.
 */
export function repairReferrers(store: ArtifactStore, subject: Pick<Descriptor, 'digest'>, options?: RepairOptions): Promise<ReferrersState>;

// Named above, not exported:

type Environment = Readonly<Record<string, string | undefined>>;

/** What the global `fetch` is. */
type Fetch = typeof globalThis.fetch;
