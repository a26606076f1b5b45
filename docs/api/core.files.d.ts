// The public declarations of @sealwright/core/files. Written by `npm run api`; do not edit.
import type { FileHandle } from 'node:fs/promises'

/**
 * A file that gets its name when it is whole: written under another name first, flushed to the disk, renamed, and the
 * rename flushed too. Whenever the process ends, the name means the old content or the new.
 */
export class AtomicFile {
    readonly path: string;
    readonly temporary: string;
    readonly handle: FileHandle;
    private constructor();
    /**
     * @param options.mode - Less what the umask takes. Default 0666.
     * @param options.temporaryIn - As {@link WriteOptions.temporaryIn}.
     * @throws {@link SealwrightError} as {@link systemFailure}; so do the other methods.
     */
    static create(path: string, { mode, temporaryIn }?: Pick<WriteOptions, 'mode' | 'temporaryIn'>): Promise<AtomicFile>;
    /** Gives the file its name. */
    commit({ exclusive, beforeRename }?: CommitOptions): Promise<void>;
    /** Leaves nothing of a file that was not committed. */
    discard(): Promise<void>;
}

export interface CommitOptions {
    /** Fails if anything has the name already, instead of replacing it. */
    readonly exclusive?: boolean | undefined;
    /** A last check, of a lock say; what it throws leaves the old content. */
    readonly beforeRename?: (() => Promise<void>) | undefined;
}

/**
 * A regular file that is open for reading. A hop to the thread pool costs more than what is done there, so only what may
 * wait for long takes one: finding the file, and reading much of it.
 */
export class RegularFile {
    #private;
    readonly path: string;
    /** Bytes, when it was opened. */
    readonly size: number;
    /** Tells one state of the file from the next. */
    readonly version: string;
    /** Milliseconds since 1970. */
    readonly changedAt: number;
    /** User id. */
    readonly owner: number;
    /**
     * Takes over the descriptor, which is closed if this throws.
     *
     * @throws {@link SealwrightError} `VALIDATION` for a directory, a pipe or a device.
     */
    constructor(path: string, descriptor: number);
    /** @returns How many bytes were read; 0 at the end of the file. */
    read(into: Uint8Array, offset: number, length: number, position: number): Promise<number>;
    /** Idempotent. */
    close(): void;
}

export interface WriteOptions extends CommitOptions {
    /** Default 0600: nothing that we write is for others, unless it says so. */
    readonly mode?: number | undefined;
    /** Where the unfinished file lies, on the same file system; for directories in which every file counts. */
    readonly temporaryIn?: string | undefined;
    /**
     * Replaces a symbolic link instead of writing the file that it names. For paths that nobody named, in directories
     * that others may have made.
     */
    readonly replaceLink?: boolean | undefined;
}

/** @throws {@link SealwrightError} `VALIDATION` when there is anything at `path`, a broken link included. */
export function assertNothingAt(path: string): Promise<void>;

/**
 * Names a failed file system call by its code; any other error is `undefined`. For `classify` of a key store in files, and
 * for {@link systemFailure}.
 */
export function classifySystemError(error: unknown): Failure | undefined;

/** Whether a file system call failed because nothing is at the path. */
export function isAbsent(error: unknown): boolean;

/**
 * Makes a directory and those above it that are missing. Node's own way never ends where a directory exists and the system
 * says that it does not when something is made in it, as below `/proc`.
 *
 * @param mode - Of those that are made. Default: what the umask leaves.
 * @returns The uppermost that was made; `undefined` if all were there.
 * @throws The error of the system; {@link SealwrightError} `ACCESS_DENIED` where the file system takes no directories.
 */
export function makeDirectory(path: string, mode?: number): Promise<string | undefined>;

/**
 * Opens a regular file for reading; returns `undefined` if it does not exist.
 *
 * @throws {@link SealwrightError} `VALIDATION` for anything but a regular file; otherwise as {@link systemFailure}.
 */
export function openRegular(path: string): Promise<RegularFile | undefined>;

/** Yields the bytes from `start` on, at most `length`; closes the file at the end, or when the reader stops. */
export function readOpen(file: RegularFile, start?: number, length?: number): AsyncGenerator<Uint8Array>;

/**
 * Reads a whole regular file. Follows symbolic links. A pipe or a device is refused without waiting for it.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` if the file does not exist; `VALIDATION` for anything but a regular file, and
 *   for one larger than `maxBytes`; otherwise as {@link systemFailure}.
 */
export function readRegularFile(path: string, maxBytes: number): Promise<Uint8Array>;

/**
 * Reads as {@link readRegularFile}; returns `undefined` if the file does not exist.
 *
 * @throws {@link SealwrightError} `VALIDATION`, as {@link readRegularFile}; otherwise as {@link systemFailure}.
 */
export function readRegularFileIfPresent(path: string, maxBytes: number): Promise<Uint8Array | undefined>;

/**
 * Reads as {@link readRegularFile}, but synchronously: for small files that are needed at once.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` and `VALIDATION` as {@link readRegularFile}; else as {@link systemFailure}.
 */
export function readRegularFileSync(path: string, maxBytes: number): Uint8Array;

/**
 * Reads an open file to its end and closes it.
 *
 * @throws {@link SealwrightError} `VALIDATION` for one larger than `maxBytes`; otherwise as {@link systemFailure}.
 */
export function readWhole(file: RegularFile, maxBytes: number): Promise<Uint8Array>;

/**
 * Removes what killed processes left of files whose names begin with `prefix`.
 *
 * @param before - Milliseconds since 1970: what was changed later stays. Default: all goes, because a lock says that nobody
 *   is writing.
 */
export function sweepTemporary(directory: string, prefix: string, before?: number): Promise<void>;

/**
 * Returns a failed file system call as a {@link SealwrightError} that names the file and the act: `cannot read PATH`.
 * Any other error is returned as it is.
 *
 * @param act - A verb: `read`, `write`, `create`, …
 */
export function systemFailure(error: unknown, act: string, path: string): unknown;

/** The name of an unfinished file, hidden and in the same directory; {@link sweepTemporary} knows it. */
export function temporaryName(path: string, directory?: string): string;

/**
 * Writes chunks one after the other, several in one call.
 *
 * @param path - Of the file, for what the system refuses.
 * @returns Where they end.
 * @throws {@link SealwrightError} as {@link systemFailure}; what `chunks` throws.
 */
export function writeAt(file: FileHandle, path: string, start: number, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number>;

/**
 * Writes a file whole, as an {@link AtomicFile}. A reader sees the old file or the new one. A failed write leaves nothing;
 * a run that is killed leaves at most a hidden `.tmp` file that nothing reads. Missing directories are made, for this user
 * alone.
 *
 * @throws {@link SealwrightError} `VALIDATION` where the path is a directory, a pipe or a device, or with `exclusive` where
 *   anything is; otherwise as {@link systemFailure}. What `content` throws.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>, { mode, temporaryIn, replaceLink, exclusive, beforeRename }?: WriteOptions): Promise<void>;

// Named above, not exported:

/** Why a call failed. Closed: callers branch on it, and it maps to an exit code of the command line. */
type ErrorCode = (typeof errorCodes)[number];

/**
 * What a vendor error means; core puts the store, the operation and the reference before it. Free of secrets: written by the
 * adapter, never the vendor's own text unscrubbed.
 */
interface Failure {
    readonly code: FailureCode;
    /** The fact found: `these credentials are not authorized for kms:Sign`. */
    readonly why?: string | undefined;
    /** What to do next: an imperative. */
    readonly fix?: string | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly requestId?: string | undefined;
}

/** Codes a store's failure can have; `ABORTED` and `TIMEOUT` of the deadline are the pipeline's own. */
type FailureCode = ErrorCode;

/** Every {@link ErrorCode}. */
const errorCodes: readonly ['VALIDATION', 'UNSUPPORTED', 'NOT_FOUND', 'ACCESS_DENIED', 'UNAUTHENTICATED', 'THROTTLED', 'UNAVAILABLE', 'TIMEOUT', 'ABORTED', 'KEY_STATE', 'KEY_MISMATCH', 'INTEGRITY', 'PIN_INCORRECT', 'PIN_LOCKED', 'USER_PRESENCE', 'INTERNAL'];
