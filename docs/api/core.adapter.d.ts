// The public declarations of @sealwright/core/adapter. Written by `npm run api`; do not edit.

/**
 * What is used of a dispatcher of undici, such as its `Pool`. Whoever makes it decides about connections, TLS, time-outs
 * and proxies; here is no network.
 */
export interface Dispatcher {
    dispatch(options: DispatchOptions, handler: DispatchHandler): boolean;
}

export interface ExchangeLimits {
    /** The most that an answer's body may have. */
    readonly maxBytes: number;
    /** Who answers, for messages. */
    readonly server: string;
    /** Where it is, for messages about the network: see `transportFailure`. */
    readonly origin?: string;
}

export interface HttpAnswer {
    readonly status: number;
    /** Names in lower case; a header that came several times is joined by commas. */
    readonly headers: Record<string, string>;
    readonly body: Uint8Array;
}

/** A proxy that the environment names. */
export interface HttpProxy {
    /** With user name and password, if it has them. */
    readonly url: URL;
    /** What named it: `HTTPS_PROXY`. */
    readonly variable: string;
}

export interface HttpRequest {
    readonly method: string;
    /** With the query. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array | undefined;
    readonly signal?: AbortSignal | undefined;
}

/** One request and what came of it, as subscribers of the channel `sealwright:http` are told: without any secret. */
export interface HttpTrace {
    readonly method: string;
    /** Where it went. Of a query only values that tell nothing are shown. */
    readonly url: string;
    /** None where no answer came. */
    readonly status?: number;
    /** The code of the failure: `ECONNREFUSED`. */
    readonly failure?: string;
    /** Until the headers of the answer, or all of it where it is read at once. */
    readonly durationMs: number;
    readonly requestId?: string;
    /** Those that are known to hold no secret; of `authorization` the scheme alone. */
    readonly requestHeaders: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>>;
}

/** Runs the tasks of one key one after another, in the order of the calls; within this process only. */
export class KeyedMutex {
    #private;
    /**
     * @param signal - Ends the wait with its reason; a task that runs is left alone.
     */
    run<T>(key: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** The variables that say which proxy leads where, such as `process.env`. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>;

export interface TransportFailure {
    readonly fault: TransportFault;
    readonly code: ErrorCode;
    readonly why: string;
}

/** What went wrong on the way to a server, for those who have advice about it. */
export type TransportFault = 'unreachable' | 'unknown-host' | 'late' | 'untrusted' | 'wrong-name' | 'expired' | 'client-refused' | 'no-tls' | 'no-http' | 'disposed' | 'aborted';

/**
 * A dispatcher to one origin by undici's `ProxyAgent`, which serves them all. Failures of the proxy are told as such: to
 * undici they are failures of the origin.
 */
export function byProxy(agent: Dispatcher, origin: string, proxy: HttpProxy): Dispatcher;

/**
 * Makes one request and reads its answer whole. An abort ends it at once, with an `AbortError`, and closes its
 * connection; what is aborted before it is sent is never sent. Redirects are answers like any other.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for an answer above the limit; what the dispatcher says of the network passes.
 */
export function exchange(dispatcher: Dispatcher, request: HttpRequest, limits: ExchangeLimits): Promise<HttpAnswer>;

/** Whether anybody wants to know. */
export function isHttpTraced(): boolean;

/** Whether the host of a URL is this machine, by whatever name or address. */
export function isLoopback({ hostname }: Pick<URL, 'hostname'>): boolean;

/**
 * Returns the proxy for a URL as curl and programs in Go choose it: by `HTTPS_PROXY` or `HTTP_PROXY`, in capitals or not, a
 * value without a scheme being http; none for what `NO_PROXY` names by host, domain, address or range (CIDR), with a port or
 * without, or by `*`, and none to this machine.
 *
 * @throws {@link SealwrightError} `VALIDATION` naming the variable, for a value that is not the address of a proxy;
 *   `UNSUPPORTED` for a proxy that does not speak HTTP (SOCKS).
 */
export function proxyFor(url: URL, env: ProxyEnv): HttpProxy | undefined;

/**
 * Returns a function that takes secrets out of a text that a server sent, in every encoding that a server may repeat them
 * in: as they are, escaped for JSON or HTML, percent-encoded, as a form, in hexadecimal, in base64 and base64url at any
 * offset. The beginning of a secret is taken out too, wherever the server cut it off. Redact before cutting, never after.
 *
 * @param secrets - Of Basic credentials also `user:password` and its base64, which is what a server sees.
 */
export function redactor(secrets: Iterable<string>): (text: string) => string;

/** The id that a server gave a request, if it can be one: tokens, which a server may repeat there, are longer. */
export function requestIdIn(value: unknown): {
    readonly requestId?: string;
};

/**
 * Returns the milliseconds that a `Retry-After` asks for, in seconds or as a date (RFC 9110 §10.2.3).
 *
 * @param now - `Date.now()`, which a date is held against.
 */
export function retryAfterMs(field: string | null | undefined, now: number): number | undefined;

/**
 * Runs `task` once for all callers that arrive while it runs. The abort of one caller ends its wait alone; when no caller
 * waits any more, the task is aborted.
 */
export function singleFlight<T>(task: (call: Call) => Promise<T>): (call: Call) => Promise<T>;

/**
 * Returns the DER SubjectPublicKeyInfo of a raw public key, as some stores give those of Ed25519 and ML-DSA.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for another length, and for a type whose keys have no raw form.
 */
export function spkiOf(type: KeyType, raw: Uint8Array): Uint8Array;

/** Tells the subscribers of a request. */
export function traceHttp({ method, url, requestHeaders, started, answer, error, redact }: Traced): void;

/**
 * Names a failure of the network by the `code` of its error: `ECONNRESET`, `CERT_HAS_EXPIRED`, `UND_ERR_SOCKET`.
 *
 * @param server - For messages: `Vault`.
 * @returns `undefined` for any other error. `why` names the origin that was asked where `exchange` was told it.
 */
export function transportFailure(error: unknown, server: string): TransportFailure | undefined;

/**
 * Waits for `work`, or until `signal` is aborted: then rejects with its reason. What comes later is dropped.
 */
export function untilAborted<T>(work: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T>;

/**
 * The body of a refusal without the credentials of its request, which some servers repeat: what vendors' SDKs make of it ends
 * in errors and logs.
 *
 * @param asked - The headers of the request.
 */
export function withoutSecrets(body: Uint8Array, asked: HttpRequest['headers']): Uint8Array;

// Named above, not exported:

/** What an adapter is given with every call: the caller's abort and the deadline in one. */
interface Call {
    readonly signal: AbortSignal;
}

interface DispatchController {
    abort(reason: Error): void;
}

/** What a dispatcher tells of one request, in this order. */
interface DispatchHandler {
    onRequestStart(controller: DispatchController): void;
    onResponseStart(controller: DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void;
    onResponseData(controller: DispatchController, chunk: Buffer): void;
    onResponseEnd(): void;
    onResponseError(controller: DispatchController, error: Error): void;
}

interface DispatchOptions {
    readonly method: never;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body: string | Uint8Array | null;
}

/** Why a call failed. Closed: callers branch on it, and it maps to an exit code of the command line. */
type ErrorCode = (typeof errorCodes)[number];

/** A key's type: what it is, before it is decided what it signs with. Names follow `key create --type`. */
type KeyType = 'RSA-2048' | 'RSA-3072' | 'RSA-4096' | 'EC-P256' | 'EC-P384' | 'EC-P521' | 'EC-secp256k1' | 'Ed25519' | 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';

interface Traced {
    readonly method: string;
    readonly url: string;
    readonly requestHeaders: Readonly<Record<string, string>>;
    /** By `performance.now()`. */
    readonly started: number;
    readonly answer?: {
        readonly status: number;
        readonly headers: Iterable<readonly [string, string]>;
    };
    readonly error?: unknown;
    /** Takes out secrets that a server may have repeated. */
    readonly redact?: (text: string) => string;
}

/** Every {@link ErrorCode}. */
const errorCodes: readonly ['VALIDATION', 'UNSUPPORTED', 'NOT_FOUND', 'ACCESS_DENIED', 'UNAUTHENTICATED', 'THROTTLED', 'UNAVAILABLE', 'TIMEOUT', 'ABORTED', 'KEY_STATE', 'KEY_MISMATCH', 'INTEGRITY', 'PIN_INCORRECT', 'PIN_LOCKED', 'USER_PRESENCE', 'INTERNAL'];
