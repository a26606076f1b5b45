// The public declarations of @sealwright/conformance. Written by `npm run api`; do not edit.
import type { ErrorCode, KeyDescriptor, KeyProvider, KeySpec, KeyType } from '@sealwright/core'

/** A key made for one case. Any type that signs fast; unversioned where the store has versions. */
export interface ChangingKey {
    readonly reference: string;
    /** Resolves when every later call of the store sees the change. */
    change(): Promise<void>;
}

/**
 * What is done to a reply: `signature`, bits of the signature (of the public key, at `open`) are flipped; `truncated`, it
 * is cut short; `foreign`, it is of another key of the same type, or for another message; `empty`, it holds nothing.
 */
export type Damage = 'signature' | 'truncated' | 'foreign' | 'empty';

/**
 * A fault holds from when its hook resolves until `Restore` is called, or until its count is used up. It meets the fastest
 * of `keys`: Ed25519 if there is one, else P-256, and so on.
 */
export interface FaultHooks {
    /** The credentials are good and may not do this: `ACCESS_DENIED`. */
    deny?(): Awaitable<Restore>;
    /** The credentials are refused: `UNAUTHENTICATED`. */
    unauthenticated?(): Awaitable<Restore>;
    /**
     * The next `count` calls (perhaps `Infinity`) are refused as too many: `THROTTLED`. With `retryAfterMs` (whole seconds)
     * the store says when to come again; leave this hook's reply without it where the store never says.
     */
    throttle?(options: {
        readonly count: number;
        readonly retryAfterMs?: number | undefined;
    }): Awaitable<Restore>;
    /** The store tells the client when to come again; without it the case of Retry-After is skipped. */
    readonly saysRetryAfter?: true | undefined;
    /** The next `count` calls fail for a reason that passes (503, device removed): `UNAVAILABLE`. */
    unavailable?(options: {
        readonly count: number;
    }): Awaitable<Restore>;
    /** Calls are accepted and never answered. */
    hang?(): Awaitable<Restore>;
    /** The connection is reset in the middle of a call: `UNAVAILABLE`. */
    reset?(): Awaitable<Restore>;
    /** Calls are answered by a redirect to another origin, which must not be followed. */
    redirect?(): Awaitable<Redirection>;
    /** Calls are answered with status 500 and a page of HTML, as a proxy does: `UNAVAILABLE`. */
    htmlError?(): Awaitable<Restore>;
    /** Replies are damaged: `INTEGRITY` at the latest when a signature is asked for. */
    corrupt?(damage: Damage): Awaitable<Restore>;
}

/** One existing key. */
export interface HarnessKey {
    readonly type: KeyType;
    /** Tells keys of one type apart in case ids; default is the type. */
    readonly name?: string | undefined;
    /** Any spelling; asked for when a case runs, so the key may be made lazily. */
    reference(): Awaitable<string>;
    /** What the descriptor must declare, exactly. */
    readonly algorithms: KeyDescriptor['algorithms'];
}

/** One case for any test runner. */
export interface ProviderCase {
    /** Stable, and what `deviations` name: `sign/RSA-2048/PS256/digest`. */
    readonly id: string;
    /** A sentence, beginning with the harness's name. */
    readonly title: string;
    /** The hooks of the harness that it uses: `rotate`, `faults.sign.hang`. */
    readonly needs: readonly string[];
    /** Why it cannot run here; present only then. */
    readonly skip?: string | undefined;
    /** Rejects when the provider is at fault: with an AssertionError, or with what the provider threw where it must not. */
    run(): Promise<void>;
}

/**
 * What the author of a key store supplies: the store with known keys in it, and ways to make it misbehave.
 *
 * Only `name`, `open`, `keys`, `missing`, `spellings`, `refused` and `secrets` are required. A case whose hook is missing
 * is skipped, by name and reason. Cases run one after the other, never two at once.
 */
export interface ProviderHarness {
    /** For titles: `aws-kms on its wire fake`. */
    readonly name: string;
    /**
     * A fresh provider with working credentials, configured as in production but for its endpoint. The kit disposes of it.
     * It must own its client, so that its disposal closes every connection.
     */
    open(): Awaitable<KeyProvider>;
    /** Keys that exist and can sign. No case changes them. */
    readonly keys: readonly HarnessKey[];
    /** A well-formed reference of a key that does not exist. */
    missing(): Awaitable<string>;
    /** Ways to write a reference, with the canonical one; at least one has both upper and lower case in a name. */
    readonly spellings: readonly Spelling[];
    /** What `canonical` must refuse: other stores' references, malformed ones, ones that carry a secret. */
    readonly refused: readonly string[];
    /**
     * Canaries: the secrets that `open()` really uses (token, access key, PIN, passphrase), at least eight characters each.
     * None may show in an error, a printed object or the process's output. Empty for a store without credentials.
     */
    readonly secrets: readonly string[];
    /** The store names versions of a key: an old version opens by its own reference after a rotation. */
    readonly versioned?: true | undefined;
    /**
     * An open handle holds the private key itself (files): what becomes of the store later concerns it no more.
     */
    readonly keyInMemory?: true | undefined;
    /** A new key pair becomes the current one of the reference; the old one can still sign where it is versioned. */
    rotate?(): Awaitable<ChangingKey>;
    /** The alias (a name of its own in the store) goes to another key. */
    moveAlias?(): Awaitable<ChangingKey>;
    /** The key may not sign any more, and still exists. */
    disable?(): Awaitable<ChangingKey>;
    /** The key is deleted, or scheduled to be. */
    remove?(): Awaitable<ChangingKey>;
    /**
     * Faults of the store, by the operation that meets them: `open` ones are injected before a key is opened, `sign` ones
     * once it is open. One object can serve as both.
     */
    readonly faults?: {
        readonly open?: FaultHooks | undefined;
        readonly sign?: SignFaultHooks | undefined;
        /** Of `admin`: `deny` and `hang` are used. */
        readonly list?: FaultHooks | undefined;
        readonly create?: FaultHooks | undefined;
    };
    /** What `admin` is asked for: a prefix that has keys, and a key that is not there. */
    readonly manage?: {
        list?(): Awaitable<string>;
        create?(): Awaitable<KeySpec>;
    };
    /** A provider whose PIN (passphrase, secret id) is wrong. */
    wrongPin?(): Awaitable<WrongPin>;
    /** How many times the store has been asked to sign until now. */
    signCalls?(): Awaitable<number>;
    /**
     * Connections, requests, sessions, log-ins and handles that the store holds for us now. After a provider was disposed
     * of it must fall to what it was before.
     */
    resources?(): Awaitable<number>;
    /**
     * Where a real server is known to err: reasons by case id, in which `*` stands for any run of characters. Such a case is
     * skipped with its reason, and must be one that runs on `fake`.
     */
    readonly deviations?: Readonly<Record<string, string>> | undefined;
    /** The harness of the fake of this store; required with `deviations`. Its cases are run by a test of their own. */
    readonly fake?: ProviderHarness | undefined;
}

export interface Redirection {
    readonly restore: Restore;
    /** How many requests reached the other origin. */
    followed(): Awaitable<number>;
}

/** Ends a fault; what it returns is awaited. */
export type Restore = () => unknown;

export interface SignFaultHooks extends FaultHooks {
    /** Replies are right and come `delayMs` late. */
    delay?(delayMs: number): Awaitable<Restore>;
}

export interface Spelling {
    readonly given: string;
    readonly canonical: string;
}

export interface WrongPin {
    /** With wrong credentials; the kit disposes of it. */
    readonly provider: KeyProvider;
    /** Of a key that exists. */
    readonly reference: string;
    /** How many times the store was offered the wrong PIN. */
    attempts(): Awaitable<number>;
    /** Default `PIN_INCORRECT`. */
    readonly code?: ErrorCode | undefined;
    /** The wrong PIN, so that it is not shown either. */
    readonly secret?: string | undefined;
}

/**
 * Returns the cases that every key store must pass, for a test runner of your choice. Run them one after the other: they
 * share the store, and some break it for a while.
 *
 * @throws AssertionError for an invalid harness: two keys of one name, a deviation without a case, or a deviation of a case
 * that the fake does not run either.
 *
 * @example
 * ```ts
 * import test from 'node:test'
 * import { type ProviderHarness, providerCases } from '@sealwright/conformance'
 *
 * declare const harness: ProviderHarness
 * for (const { title, skip, run } of providerCases(harness)) test(title, { skip: skip ?? false }, run)
 * ```
 */
export function providerCases(harness: ProviderHarness): readonly ProviderCase[];

// Named above, not exported:

type Awaitable<T> = T | PromiseLike<T>;
