// The public declarations of @sealwright/core/adapter. Written by `npm run api`; do not edit.
import type { TLSSocketOptions } from 'node:tls'

/** Requests over HTTP/1.1 to any number of origins, on connections that are kept for a minute. */
export interface HttpClient {
    /**
     * Sends one request and reads the whole response. A redirect is a response like any other and is not followed. An abort
     * rejects at once with an `AbortError` and closes the connection; a request that is aborted before it has a connection is
     * never sent.
     *
     * @throws {@link SealwrightError} `INTEGRITY` for a body above the limit; `VALIDATION` once the client is destroyed;
     *   `UNAVAILABLE` or `UNAUTHENTICATED` when a proxy fails. Network errors of Node pass: see `transportFailure`.
     */
    send(request: HttpRequest): Promise<HttpResponse>;
    /** Ends every request, closes every connection, and lets no further request out. */
    destroy(): void;
}

export interface HttpClientOptions {
    /** Names the server in messages: `Vault`. */
    readonly server: string;
    /** The most bytes that the body of a response may have. */
    readonly maxBytes: number;
    /** The most connections to one origin at a time; further requests wait for one. Default 64. */
    readonly connections?: number | undefined;
    /** Authorities, a client certificate, the expected name. The server's certificate is always verified. */
    readonly tls?: TlsOptions | undefined;
    /** Variables that say which proxy leads where, such as `process.env`. Without it no proxy is used. */
    readonly proxyEnv?: ProxyEnv | undefined;
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
    /** Absolute, with the query. */
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array | undefined;
    readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
    readonly status: number;
    /** Names are in lower case; the values of a repeated header are joined by commas. */
    readonly headers: Record<string, string>;
    readonly body: Uint8Array;
}

/** One request and what came of it, as subscribers of the channel `sealwright:http` are told: without any secret. */
export interface HttpTrace {
    readonly method: string;
    /** Where it went. Of a query only values that tell nothing are shown. */
    readonly url: string;
    /** None where no answer came. */
    readonly status?: number | undefined;
    /** The code of the failure: `ECONNREFUSED`. */
    readonly failure?: string | undefined;
    /** Until the headers of the answer, or all of it where it is read at once. */
    readonly durationMs: number;
    readonly requestId?: string | undefined;
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

/** The most that derivation may cost before the password is known to be right: about 2 s and 64 MiB. */
export const PBES2_LIMITS: {
    readonly pbkdf2Iterations: 10000000;
    /** 64 MiB. */
    readonly scryptMemory: 67108864;
    readonly scryptWork: 16777216;
};

/** Encryption under a password by PBES2 (RFC 8018 §6.2) with AES-CBC. */
export interface Pbes2 {
    readonly kdf: Pbes2Kdf;
    /** OpenSSL's name. */
    readonly cipher: string;
    /** Bytes. */
    readonly keyLength: number;
    readonly iv: Uint8Array;
}

/** How a key is derived from a password: PBKDF2 (RFC 8018 §5.2) or scrypt (RFC 7914). `hash` is Node's name. */
export type Pbes2Kdf = {
    readonly name: 'pbkdf2';
    readonly salt: Uint8Array;
    readonly iterations: number;
    readonly hash: string;
} | {
    readonly name: 'scrypt';
    readonly salt: Uint8Array;
    readonly cost: number;
    readonly blockSize: number;
    readonly parallelization: number;
};

/** What is encrypted, for messages. */
export interface Pbes2Source {
    /** Path or name. */
    readonly label: string;
    /** How to encrypt it again, in a way that is supported. */
    readonly fix?: string | undefined;
    /** Default {@link PBES2_LIMITS}. */
    readonly maxIterations?: number | undefined;
}

/** The variables that say which proxy leads where, such as `process.env`. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>;

/**
 * Runs one task per key for all callers that arrive while it runs. The abort of one caller ends its wait alone; when no
 * caller waits any more, the task is aborted.
 */
export class SingleFlight<T> {
    #private;
    /** Whether a task of this key runs, which {@link SingleFlight.run} would join. */
    has(key: string): boolean;
    /**
     * @param task - Not called where a task of this key runs already. Its signal is that of all callers together.
     * @throws What the task throws; the reason of `signal`.
     */
    run(key: string, { signal }: {
        readonly signal?: AbortSignal | undefined;
    }, task: (call: Call) => Promise<T>): Promise<T>;
}

export type TlsOptions = Pick<TLSSocketOptions, 'ca' | 'cert' | 'key' | 'secureContext'> & {
    readonly servername?: string | undefined;
};

export interface TransportFailure {
    readonly fault: TransportFault;
    readonly code: ErrorCode;
    readonly why: string;
}

/** What went wrong on the way to a server, for those who have advice about it. */
export type TransportFault = 'unreachable' | 'unknown-host' | 'late' | 'untrusted' | 'wrong-name' | 'expired' | 'client-refused' | 'no-tls' | 'no-http' | 'disposed' | 'aborted';

/**
 * Decrypts data whose plaintext is DER. The caller wipes the result.
 *
 * @returns `undefined` when the password is wrong, which cannot be told from damaged data.
 * @throws The reason of `signal`.
 */
export function decryptPbes2({ kdf, cipher, keyLength, iv }: Pbes2, password: Uint8Array, data: Uint8Array, signal: AbortSignal): Promise<Buffer | undefined>;

/**
 * Encrypts with AES-256-CBC.
 *
 * @param kdf - PBKDF2 with `sha256`, or scrypt.
 * @returns The AlgorithmIdentifier, DER, and the encrypted data.
 */
export function encryptPbes2(kdf: Pbes2Kdf, password: Uint8Array, plain: Uint8Array, signal: AbortSignal): Promise<{
    readonly algorithm: Uint8Array;
    readonly data: Uint8Array;
}>;

/** Creates a client on Node's own HTTP; its modules are loaded with the first request. */
export function httpClient(options: HttpClientOptions): HttpClient;

/** Whether anybody wants to know. */
export function isHttpTraced(): boolean;

/** Whether the host of a URL is this machine, by whatever name or address. */
export function isLoopback({ hostname }: Pick<URL, 'hostname'>): boolean;

/**
 * Returns the failure of a request through a proxy if the proxy is to blame, and `undefined` if the server behind it is.
 *
 * @param error - From Node's HTTP client: no connection to the proxy, or the proxy refused a tunnel. Or a response in which
 *   the proxy asks for a login.
 * @param target - The URL of the server behind the proxy.
 */
export function proxyFailure(error: unknown, target: URL, proxy: HttpProxy): SealwrightError | undefined;

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
 * Reads the AlgorithmIdentifier of PBES2, strictly.
 *
 * @throws {@link SealwrightError} `VALIDATION` if it is malformed; `UNSUPPORTED`, naming the scheme, for another encryption
 *   than PBES2 with PBKDF2 or scrypt and AES-CBC, and for one that costs too much.
 */
export function readPbes2(value: DerValue | undefined, source: Pbes2Source): Pbes2;

/**
 * Returns a function that takes secrets out of a text that a server sent, in every encoding that a server may repeat them
 * in: as they are, escaped for JSON or HTML, percent-encoded, as a form, in hexadecimal, in base64 and base64url at any
 * offset. The beginning of a secret is taken out too, wherever the server cut it off. Redact before cutting, never after.
 *
 * @param secrets - Of Basic credentials also `user:password` and its base64, which is what a server sees.
 */
export function redactor(secrets: Iterable<string>): (text: string) => string;

/** Returns the id that a server gave a request, if it can be one: a token, which a server may repeat there, is longer. */
export function requestIdIn(value: unknown): {
    readonly requestId?: string | undefined;
};

/**
 * Returns the milliseconds that a `Retry-After` asks for, in seconds or as a date (RFC 9110 §10.2.3).
 *
 * @param now - `Date.now()`, which a date is held against.
 */
export function retryAfterMs(field: string | null | undefined, now: number): number | undefined;

/** Returns the innermost cause of what `fetch` or a client threw: at most eight levels down, or the first error of ours. */
export function rootCause(error: unknown): unknown;

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

// Named above, not exported:

/** What an adapter is given with every call: the caller's abort and the deadline in one. */
interface Call {
    readonly signal: AbortSignal;
}

/** One DER element. Its bytes are views of the input, not copies. */
interface DerValue {
    /** The identifier octet whole, class and constructed bit included: 0x30 is SEQUENCE, 0xa0 a constructed [0]. */
    readonly tag: number;
    readonly constructed: boolean;
    /** Identifier, length and contents. */
    readonly bytes: Uint8Array;
    readonly contents: Uint8Array;
    /** The elements within, in order; none for a primitive element. */
    children(): DerValue[];
}

/** Why a call failed. Closed: callers branch on it, and it maps to an exit code of the command line. */
type ErrorCode = (typeof errorCodes)[number];

/** A key's type: what it is, before it is decided what it signs with. Names follow `key create --type`. */
type KeyType = 'RSA-2048' | 'RSA-3072' | 'RSA-4096' | 'EC-P256' | 'EC-P384' | 'EC-P521' | 'EC-secp256k1' | 'Ed25519' | 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';

/**
 * The step that removes the cause of an error, with what it is about, for a program that has a command or an option for it.
 * `fix` says the same, and names neither: a library does not know which program shows its errors.
 */
type Remedy = {
    readonly step: 'useHttps' | 'usePlainHttp' | 'trustAuthority';
    readonly host: string;
}
/** `artifact`: `<repository>@<digest>`, whose list of referrers names deleted manifests. */
 | {
    readonly step: 'repairFallbackIndex';
    readonly artifact: string;
}
/** Keep and read referrers under a tag, though the registry has the API. */
 | {
    readonly step: 'useFallbackIndex';
} | {
    readonly step: 'createPolicy';
    readonly kind: 'oci' | 'blob';
} | {
    readonly step: 'checkPolicy' | 'showCertificates' | 'giveCertificates' | 'allowOthersToRead';
}
/** Read more signatures than the limit that was set. */
 | {
    readonly step: 'raiseLimit';
}
/** Let a name mean another key. */
 | {
    readonly step: 'rotateKey';
    readonly key: string;
    readonly reference: string;
};

/**
 * The one error of Sealwright. Narrow it with {@link isSealwrightError}, which also knows an error made by another copy
 * of this package, and branch on `code`.
 */
class SealwrightError extends Error {
    readonly name: string;
    readonly code: ErrorCode;
    readonly why?: string | undefined;
    readonly fix?: string | undefined;
    readonly remedy?: Remedy | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly requestId?: string | undefined;
    constructor(code: ErrorCode, message: string, options?: SealwrightErrorOptions);
    /** Whether the same call may succeed later, unchanged. */
    get retryable(): boolean;
}

interface SealwrightErrorOptions {
    /** The fact found, for the `why:` line. */
    readonly why?: string | undefined;
    /** What to do next, for the `fix:` line. */
    readonly fix?: string | undefined;
    /** What `fix` is about, for a program that has a command or an option for it. */
    readonly remedy?: Remedy | undefined;
    /** Kept as name, code and stack only: a vendor's request, response and message may hold secrets. */
    readonly cause?: unknown | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly requestId?: string | undefined;
}

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
    readonly error?: unknown | undefined;
    /** Takes out secrets that a server may have repeated. */
    readonly redact?: ((text: string) => string) | undefined;
}

/** Every {@link ErrorCode}. */
const errorCodes: readonly ['VALIDATION', 'UNSUPPORTED', 'NOT_FOUND', 'ACCESS_DENIED', 'UNAUTHENTICATED', 'THROTTLED', 'UNAVAILABLE', 'TIMEOUT', 'ABORTED', 'KEY_STATE', 'KEY_MISMATCH', 'INTEGRITY', 'PIN_INCORRECT', 'PIN_LOCKED', 'USER_PRESENCE', 'INTERNAL'];
