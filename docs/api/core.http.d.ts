// The public declarations of @sealwright/core/http. Written by `npm run api`; do not edit.

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
}

export interface HttpAnswer {
    readonly status: number;
    /** Names in lower case; a header that came several times is joined by commas. */
    readonly headers: Record<string, string>;
    readonly body: Uint8Array;
}

export interface HttpRequest {
    readonly method: string;
    /** With the query. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array | undefined;
    readonly signal?: AbortSignal | undefined;
}

export interface TransportFailure {
    readonly fault: TransportFault;
    readonly code: ErrorCode;
    readonly why: string;
}

/** What went wrong on the way to a server, for those who have advice about it. */
export type TransportFault = 'unreachable' | 'unknown-host' | 'late' | 'untrusted' | 'wrong-name' | 'expired' | 'client-refused' | 'no-tls' | 'no-http' | 'disposed' | 'aborted';

/**
 * Makes one request and reads its answer whole. An abort ends it at once, with an `AbortError`, and closes its
 * connection; what is aborted before it is sent is never sent. Redirects are answers like any other.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for an answer above the limit; what the dispatcher says of the network passes.
 */
export function exchange(dispatcher: Dispatcher, request: HttpRequest, limits: ExchangeLimits): Promise<HttpAnswer>;

/**
 * Names a failure of the network by the `code` of its error: `ECONNRESET`, `CERT_HAS_EXPIRED`, `UND_ERR_SOCKET`.
 *
 * @param server - For messages: `Vault`.
 * @returns `undefined` for any other error.
 */
export function transportFailure(error: unknown, server: string): TransportFailure | undefined;

// Named above, not exported:

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

/** Every {@link ErrorCode}. */
const errorCodes: readonly ['VALIDATION', 'UNSUPPORTED', 'NOT_FOUND', 'ACCESS_DENIED', 'UNAUTHENTICATED', 'THROTTLED', 'UNAVAILABLE', 'TIMEOUT', 'ABORTED', 'KEY_STATE', 'KEY_MISMATCH', 'INTEGRITY', 'PIN_INCORRECT', 'PIN_LOCKED', 'USER_PRESENCE', 'INTERNAL'];
