// The public declarations of @sealwright/keyring/tsyringe. Written by `npm run api`; do not edit.
import type { AlgorithmId, KeyProvider, OpenOptions, Signer } from '@sealwright/core'
import type { DependencyContainer, InjectionToken } from 'tsyringe'

/** As {@link providersToken}: the key lock, of one tenant perhaps. */
export const keyLockToken: InjectionToken<KeyLock>;

/** Resolves to the keyring of the container that is asked. */
export const keyringToken: InjectionToken<Keyring>;

/** What the keyring is made of; a child container may register its own. */
export const providersToken: InjectionToken<readonly ProviderSource[]>;

/**
 * Registers a keyring in a container, as a factory: it is made when it is first resolved, once for each container that
 * resolves it and never shared with another, from the providers and the lock which that container sees.
 *
 * The container does not dispose of it: whoever resolves it does, before the container is given up. Only types of tsyringe
 * are imported; the application loads it, and a Reflect polyfill.
 *
 * @param options - Registered under {@link providersToken} and {@link keyLockToken}; what is absent is left to be
 * registered by others. Without any the keyring has no providers and no names.
 *
 * @example
 * ```ts
 * import { emptyKeyLock } from '@sealwright/keyring'
 * import { keyringToken, registerKeyring } from '@sealwright/keyring/tsyringe'
 * import { fileKeys } from '@sealwright/provider-file'
 * import { container } from 'tsyringe'
 *
 * registerKeyring(container, { providers: [fileKeys()], keys: emptyKeyLock() })
 * const signer = await container.resolve(keyringToken).signer('file:release.key')
 * ```
 */
export function registerKeyring(container: DependencyContainer, options?: Partial<KeyringOptions>): void;

// Named above, not exported:

/** `keys.lock.json`: which key a name means, to the version and the public key. */
interface KeyLock {
    readonly version: 1;
    /** By name; has no prototype. */
    readonly keys: Readonly<Record<string, LockedKey>>;
}

/** What is known of one version of a key. */
type KeyPin = Pick<LockedKey, 'resolved' | 'algorithm' | 'fingerprint' | 'publicKey' | 'lockedAt'>;

/** Many key stores behind one function. Disposing of it disposes of the providers it loaded, not of those it was given. */
interface Keyring extends AsyncDisposable {
    /** The names of the lock. */
    readonly names: readonly string[];
    /**
     * Opens a key by its name, or by a reference that nothing pins.
     *
     * A named key is opened by its `reference` and must be the version and the public key that were locked. Its algorithm
     * is the option's, else the lock's.
     *
     * @throws {@link SealwrightError} `KEY_MISMATCH` when another key answers; `NOT_FOUND` for an unknown name;
     * `UNSUPPORTED`, naming the package, when its provider is not installed; and what `openSigner` throws.
     */
    signer(nameOrReference: string, options?: OpenOptions): Promise<Signer>;
    /** The provider for a reference, or for the reference of a named key. */
    provider(nameOrReference: string): Promise<KeyProvider>;
}

interface KeyringOptions {
    /** At most one for each scheme. */
    readonly providers: readonly ProviderSource[];
    readonly keys: KeyLock;
}

interface LockedKey {
    /** Canonical, as given: an alias perhaps. */
    readonly reference: string;
    /** Canonical and versioned: what `reference` meant when it was locked. */
    readonly resolved: string;
    /** The default where a format prescribes none. */
    readonly algorithm?: AlgorithmId | undefined;
    /** `sha256:<hex>` of the SubjectPublicKeyInfo. */
    readonly fingerprint: string;
    /** Base64 of the DER SubjectPublicKeyInfo, so that it can be told when the key is gone. */
    readonly publicKey?: string | undefined;
    /** RFC 3339, UTC. */
    readonly lockedAt?: string | undefined;
    /** What the name will mean once its rotation is finished. */
    readonly next?: NextKey | undefined;
    /** What the name meant before, the latest last. */
    readonly history: readonly PastKey[];
}

/** A key that is being prepared: its reference alone until the store has made it. */
interface NextKey {
    /** What `reference` of the name will be. */
    readonly reference: string;
    readonly pin?: KeyPin | undefined;
}

interface PastKey extends KeyPin {
    readonly reference?: string | undefined;
    readonly replacedAt?: string | undefined;
}

/** A provider, or where one is loaded from when one of its schemes is first used. */
type ProviderSource = KeyProvider | {
    readonly schemes: readonly string[];
    readonly package: string;
    load(): Promise<KeyProvider>;
};
