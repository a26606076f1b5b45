// The public declarations of @sealwright/core/files. Written by `npm run api`; do not edit.

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

export interface WriteOptions {
    /** Default 0600: nothing that we write is for others, unless it says so. */
    readonly mode?: number;
    /** Where the unfinished file lies, on the same file system; for directories in which every file counts. */
    readonly temporaryIn?: string;
    /**
     * Replaces a symbolic link instead of writing the file that it names. For paths that nobody named, in directories
     * that others may have made.
     */
    readonly replaceLink?: boolean;
    /** A last check, of a lock say; what it throws leaves the old content. */
    readonly beforeRename?: () => Promise<void>;
}

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

/** Opens a regular file for reading, as {@link readRegularFile} does; `undefined` where there is no file. */
export function openRegular(path: string): Promise<RegularFile | undefined>;

/** Yields the bytes from `start` on, at most `length`; closes the file at the end, or when the reader stops. */
export function readOpen(file: RegularFile, start?: number, length?: number): AsyncGenerator<Uint8Array>;

/**
 * Reads a whole regular file. Follows symbolic links. A pipe or a device is refused without waiting for it.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` where there is no file; `VALIDATION` for anything but a regular file, and
 *   for one larger than `maxBytes`; otherwise as {@link systemFailure}.
 */
export function readRegularFile(path: string, maxBytes: number): Promise<Uint8Array>;

/** The same; `undefined` where there is no file. */
export function readRegularFileIfPresent(path: string, maxBytes: number): Promise<Uint8Array | undefined>;

/** As {@link readRegularFile}, for small files that are needed at once. */
export function readRegularFileSync(path: string, maxBytes: number): Uint8Array;

/** Reads an open file to its end and closes it. */
export function readWhole(file: RegularFile, maxBytes: number): Promise<Uint8Array>;

/**
 * Returns a failed file system call as a {@link SealwrightError} that names the file and the act: `cannot read PATH`.
 * Any other error is returned as it is.
 *
 * @param act - A verb: `read`, `write`, `create`, …
 */
export function systemFailure(error: unknown, act: string, path: string): unknown;

/**
 * Writes a file whole: under another name first, to the disk, then renamed. A reader sees the old file or the new one. A
 * failed write leaves nothing; a run that is killed leaves at most a hidden `.tmp` file that nothing reads. Missing
 * directories are made, for this user alone.
 *
 * @throws {@link SealwrightError} `VALIDATION` where the path is a directory, a pipe or a device; otherwise as
 *   {@link systemFailure}.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, { mode, temporaryIn, replaceLink, beforeRename }?: WriteOptions): Promise<void>;
