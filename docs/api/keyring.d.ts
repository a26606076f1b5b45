// The public declarations of @sealwright/keyring. Written by `npm run api`; do not edit.
import type { AlgorithmId, KeyDescriptor, KeyProvider, OpenOptions, Signer } from '@sealwright/core'

/** `keys.lock.json`: which key a name means, to the version and the public key. */
export interface KeyLock {
    readonly version: 1;
    /** By name; has no prototype. */
    readonly keys: Readonly<Record<string, LockedKey>>;
}

/** What is known of one version of a key. */
export type KeyPin = Pick<LockedKey, 'resolved' | 'algorithm' | 'fingerprint' | 'publicKey' | 'lockedAt'>;

/** Many key stores behind one function. Disposing of it disposes of the providers it loaded, not of those it was given. */
export interface Keyring extends AsyncDisposable {
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

export interface KeyringOptions {
    /** At most one for each scheme. */
    readonly providers: readonly ProviderSource[];
    readonly keys: KeyLock;
}

export interface LockRequest {
    /** Canonical, as given: an alias perhaps. */
    readonly reference: string;
    /** The key that answered to it. */
    readonly key: KeyDescriptor;
    /** The default where a format prescribes none. */
    readonly algorithm?: AlgorithmId | undefined;
    /** The present time. */
    readonly at: Date;
}

export interface LockedKey {
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
export interface NextKey {
    /** What `reference` of the name will be. */
    readonly reference: string;
    readonly pin?: KeyPin | undefined;
}

export interface PastKey extends KeyPin {
    readonly reference?: string | undefined;
    readonly replacedAt?: string | undefined;
}

/** A provider, or where one is loaded from when one of its schemes is first used. */
export type ProviderSource = KeyProvider | {
    readonly schemes: readonly string[];
    readonly package: string;
    load(): Promise<KeyProvider>;
};

export interface RotateRequest extends Omit<LockRequest, 'reference'> {
    /** The former reference when absent: an alias that moved. */
    readonly reference?: string | undefined;
}

/**
 * @throws {@link SealwrightError} `VALIDATION` when two providers have a scheme in common.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { createKeyring, parseKeyLock } from '@sealwright/keyring'
 * import { fileKeys } from '@sealwright/provider-file'
 *
 * const keyring = createKeyring({
 *   providers: [fileKeys({ passphrase: async () => 'correct horse battery staple' })],
 *   keys: parseKeyLock(await readFile('keys.lock.json')),
 * })
 * const signer = await keyring.signer('release')
 * ```
 */
export function createKeyring({ providers, keys }: KeyringOptions): Keyring;

/**
 * Returns a key lock without names.
 *
 * @example
 * ```ts
 * import { createKeyring, emptyKeyLock } from '@sealwright/keyring'
 * import { fileKeys } from '@sealwright/provider-file'
 *
 * // Opens keys by reference only.
 * const keyring = createKeyring({ providers: [fileKeys()], keys: emptyKeyLock() })
 * const signer = await keyring.signer('file:release.key')
 * ```
 */
export function emptyKeyLock(): KeyLock;

/**
 * Forgets a name; the key stays in its store.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` for an unknown name.
 */
export function forgetKey(lock: KeyLock, name: string): KeyLock;

/**
 * Writes a lock: names and members in one order, a newline at the end. {@link parseKeyLock} gives the same lock.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises'
 * import { formatKeyLock, type KeyLock } from '@sealwright/keyring'
 *
 * declare const keys: KeyLock
 * await writeFile('keys.lock.json', formatKeyLock(keys))
 * ```
 */
export function formatKeyLock(lock: KeyLock): string;

/** Whether `text` can be the name of a key: 1 to 64 letters, digits, dots, dashes and underscores, hence no reference. */
export function isKeyName(text: string): boolean;

/**
 * Locks a name to a key. If the name is locked to the same key already, returns the lock unchanged.
 *
 * @throws {@link SealwrightError} `VALIDATION` for an invalid name, and for a name that is locked to another key.
 *
 * @example
 * ```ts
 * import type { Signer } from '@sealwright/core'
 * import { emptyKeyLock, lockKey } from '@sealwright/keyring'
 *
 * declare const signer: Signer
 * const reference = 'awskms:///alias/release'
 * const keys = lockKey(emptyKeyLock(), 'release', { reference, key: signer.key, at: new Date() })
 * ```
 */
export function lockKey(lock: KeyLock, name: string, request: LockRequest): KeyLock;

/**
 * Reads `keys.lock.json`, strictly: no member that is not known, no fingerprint that does not belong to its public key.
 *
 * @throws {@link SealwrightError} `VALIDATION`, naming the place.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { parseKeyLock } from '@sealwright/keyring'
 *
 * const { keys } = parseKeyLock(await readFile('keys.lock.json'))
 * keys.release?.reference // 'awskms:///alias/release'
 * ```
 */
export function parseKeyLock(bytes: Uint8Array): KeyLock;

/**
 * Prepares a name for another key while it keeps its present one: from now on the present key is opened by its version, so
 * that the reference may lead to the next one. Without `key` the next key is announced, and not made yet.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` for a name that is not there.
 */
export function prepareKey(lock: KeyLock, name: string, { reference, key, algorithm, at }: Omit<LockRequest, 'key'> & {
    readonly key?: KeyDescriptor | undefined;
}): KeyLock;

/**
 * Lets a name mean another key; what it meant goes to its history, and a prepared key is forgotten. The same key again
 * changes nothing.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` for an unknown name.
 */
export function rotateKey(lock: KeyLock, name: string, request: RotateRequest): KeyLock;
