// The public declarations of @sealwright/core/encoding. Written by `npm run api`; do not edit.

/** Identifier octets of the universal types that certificates and tokens use. */
export const DER_TAGS: {
    readonly boolean: 1;
    readonly integer: 2;
    readonly bitString: 3;
    readonly octetString: 4;
    readonly nul: 5;
    readonly oid: 6;
    readonly utf8String: 12;
    readonly numericString: 18;
    readonly printableString: 19;
    readonly teletexString: 20;
    readonly ia5String: 22;
    readonly utcTime: 23;
    readonly generalizedTime: 24;
    readonly visibleString: 26;
    readonly universalString: 28;
    readonly bmpString: 30;
    readonly sequence: 48;
    readonly set: 49;
};

export interface DerBits {
    readonly bytes: Uint8Array;
    /** Unused bits at the end of the last byte, 0 to 7; they are zero. */
    readonly unusedBits: number;
}

/** One DER element. Its bytes are views of the input, not copies. */
export interface DerValue {
    /** The identifier octet whole, class and constructed bit included: 0x30 is SEQUENCE, 0xa0 a constructed [0]. */
    readonly tag: number;
    readonly constructed: boolean;
    /** Identifier, length and contents. */
    readonly bytes: Uint8Array;
    readonly contents: Uint8Array;
    /** The elements within, in order; none for a primitive element. */
    children(): DerValue[];
}

/** Writes DER. Every member returns a whole element; members that nest take whole elements. */
export interface DerWriter {
    sequence(...elements: readonly Uint8Array[]): Uint8Array;
    /** SET OF: the elements are put in DER's order. */
    set(...elements: readonly Uint8Array[]): Uint8Array;
    /** A number, or the big-endian magnitude of one that is not negative. */
    integer(value: number | bigint | Uint8Array): Uint8Array;
    boolean(value: boolean): Uint8Array;
    nul(): Uint8Array;
    /** Dotted decimal. */
    oid(dotted: string): Uint8Array;
    /** `unusedBits` at the end of the last byte must be zero. */
    bitString(bytes: Uint8Array, unusedBits?: number): Uint8Array;
    octetString(bytes: Uint8Array): Uint8Array;
    utf8String(text: string): Uint8Array;
    printableString(text: string): Uint8Array;
    ia5String(text: string): Uint8Array;
    /** UTCTime for 1950 to 2049, else GeneralizedTime (RFC 5280 §4.1.2.5); a fraction of a second is dropped. */
    time(time: Date): Uint8Array;
    generalizedTime(time: Date): Uint8Array;
    /** `[number] EXPLICIT`. */
    explicit(number: number, element: Uint8Array): Uint8Array;
    /** `[number] IMPLICIT`: the element with its tag replaced; it stays primitive or constructed. */
    implicit(number: number, element: Uint8Array): Uint8Array;
    /** An element encoded already, as it is. */
    raw(bytes: Uint8Array): Uint8Array;
}

export interface JsonObject {
    readonly [name: string]: JsonValue;
}

export interface JsonOptions {
    /** Names the input in messages. */
    readonly label: string;
    /** Most bytes of UTF-8. Default 4 MiB. */
    readonly maxBytes?: number | undefined;
    /**
     * Most values: arrays, objects, texts, numbers, words. Each takes memory of many times its size in the text, so what
     * is large by nature needs a bound of its own. Default 100,000.
     */
    readonly maxValues?: number | undefined;
    /** Most arrays and objects within each other. Default 64, at most 512. */
    readonly maxDepth?: number | undefined;
    /**
     * Members of these names, at any depth, that hold a number must be written as an integer (no fraction, no exponent)
     * within 2^53: sizes and versions, where readers in other languages would refuse `1e3` or round what is too large.
     */
    readonly integers?: readonly string[] | undefined;
    /**
     * The members of the outermost object that are wanted. Each other one counts as one value, whatever is in it: its syntax
     * is checked, it is not built, and it is absent from the result.
     */
    readonly only?: readonly string[] | undefined;
    /** Members of these names, at any depth, that hold a text must be written without an escape, as Go reads its times. */
    readonly unescaped?: readonly string[] | undefined;
}

/** Where something stands in a text; both count from 1, columns in characters (code points). */
export interface JsonPosition {
    readonly line: number;
    readonly column: number;
}

export interface JsonTextOptions {
    /** Names the value in messages. */
    readonly label: string;
    /** Members in the order of their UTF-8 bytes at every depth, as Go writes a map; else in the order given, as a struct. */
    readonly sort?: boolean | undefined;
}

/** What JSON can say. Objects read by {@link decodeJson} have no prototype, so that every member is an own one. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** One PEM block (RFC 7468, with the headers of RFC 1421 where an old key has them). */
export interface PemBlock {
    /** Between the dashes: `CERTIFICATE`, `PRIVATE KEY`. */
    readonly label: string;
    readonly bytes: Uint8Array;
    /** `Proc-Type`, `DEK-Info`; a `Map`, empty for all modern files. */
    readonly headers: ReadonlyMap<string, string>;
}

export interface PositionedJson {
    readonly value: JsonValue;
    /** Where a member's name or an array's element begins; `[]` is the whole value. Absent if there is no such path. */
    position(path: JsonPath): JsonPosition | undefined;
    /** As {@link PositionedJson.position}, for many paths at once; where there is no such path, the nearest thing around it. */
    nearestPositions(paths: readonly JsonPath[]): readonly JsonPosition[];
    /** The text of a value as it stands, without the space around it: for what is signed as it was written. */
    text(path: JsonPath): string | undefined;
    /** The whole text with another in place of that of one value: all else stays as it was written. */
    replace(path: JsonPath, text: string): string;
}

/**
 * Reads standard base64 (RFC 4648 §4), canonical only: padded exactly, no whitespace, no other alphabet, no spare bits set.
 *
 * @param label - Names the input in the message.
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { decodeBase64 } from '@sealwright/core/encoding'
 *
 * decodeBase64('aGVsbG8=', 'the payload') // the bytes of "hello"
 * ```
 */
export function decodeBase64(text: string, label: string): Uint8Array;

/**
 * Reads base64url (RFC 4648 §5, RFC 7515 §2), canonical only: no padding, no whitespace, no other alphabet, no spare
 * bits set.
 *
 * @param label - Names the input in the message.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function decodeBase64url(text: string, label: string): Uint8Array;

/**
 * Reads one JSON text (RFC 8259), strictly: UTF-8 without byte order mark, no member twice in an object, no lone
 * surrogate, no number beyond a double, nothing after the value. Numbers are doubles; see
 * `integers` for sizes.
 *
 * @throws {@link SealwrightError} `VALIDATION` with line and column.
 */
export function decodeJson(input: Uint8Array | string, options: JsonOptions): JsonValue;

/**
 * Decodes as {@link decodeJson}, and finds the positions of values, for files that people write. Each query of a position
 * reads the text again.
 *
 * @throws {@link SealwrightError} `VALIDATION`, as {@link decodeJson}.
 */
export function decodeJsonWithPositions(input: Uint8Array | string, options: JsonOptions): PositionedJson;

/**
 * Reads the PEM blocks of a file in order, as Go's `pem.Decode` finds them: what stands around them is skipped, in whatever
 * encoding it is (RFC 7468 §2). What stands within one must be sound: matching labels, canonical base64 over lines. A file
 * without a block gives an empty list.
 *
 * @param label - Names the input in messages.
 * @throws {@link SealwrightError} `VALIDATION`, with the line.
 */
export function decodePem(text: string | Uint8Array, label: string): PemBlock[];

/**
 * Reads UTF-8. A byte order mark is kept as a character.
 *
 * @throws {@link SealwrightError} `VALIDATION` for bytes that are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array, label: string): string;

export const der: DerWriter;

/**
 * Returns the bits of a BIT STRING.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, and for unused bits that are not zero.
 */
export function derBitString(value: DerValue | undefined, label: string): DerBits;

/**
 * Returns a BOOLEAN: 0x00 is `false`, 0xff is `true`.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag and any other contents.
 */
export function derBoolean(value: DerValue | undefined, label: string): boolean;

/**
 * Returns the contents of `value`, which must have exactly this identifier octet. Every reader below starts here.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag.
 */
export function derContents(value: DerValue | undefined, tag: number, label: string): Uint8Array;

/**
 * Returns the one element within the explicit context tag `[number]`.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, and for none or several elements.
 */
export function derExplicit(value: DerValue | undefined, number: number, label: string): DerValue;

/**
 * Returns a signed integer of any size.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, and for more bytes than needed.
 */
export function derInteger(value: DerValue | undefined, label: string): bigint;

/**
 * Reads a NULL.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag and for contents.
 */
export function derNull(value: DerValue | undefined, label: string): null;

/**
 * Returns the bytes of an OCTET STRING.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag.
 */
export function derOctetString(value: DerValue | undefined, label: string): Uint8Array;

/**
 * Returns an object identifier in dotted decimal.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, and for one that is malformed or longer than 64 bytes.
 */
export function derOid(value: DerValue | undefined, label: string): string;

/**
 * Returns the elements of a SEQUENCE.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag and malformed elements.
 */
export function derSequence(value: DerValue | undefined, label: string): DerValue[];

/**
 * Returns the elements of a SET. Their order is not checked: signed names in use have it wrong.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag and malformed elements.
 */
export function derSet(value: DerValue | undefined, label: string): DerValue[];

/**
 * Returns an integer that fits a JavaScript number.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, for more bytes than needed, and beyond 2^53 - 1.
 */
export function derSmallInteger(value: DerValue | undefined, label: string): number;

/**
 * Returns text of any of the string types that names use.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, and for bytes that the type does not allow.
 */
export function derText(value: DerValue | undefined, label: string): string;

/**
 * UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 has them: with seconds, in UTC, without a fraction. UTCTime is 1950 to
 * 2049.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function derTime(value: DerValue | undefined, label: string): Date;

/**
 * Returns the magnitude of an integer, big-endian without leading zeros; zero is one zero byte.
 *
 * @throws {@link SealwrightError} `VALIDATION` for another tag, for more bytes than needed, and for a negative integer.
 */
export function derUnsigned(value: DerValue | undefined, label: string): Uint8Array;

/**
 * An `Ecdsa-Sig-Value` (RFC 3279 §2.2.3) as r‖s (IEEE P1363), each half of the curve's length. Strict DER; both numbers
 * positive and no longer than a coordinate.
 *
 * @param coordinateLength - Bytes of each half: 32, 48 or 66.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function ecdsaFromDer(signature: Uint8Array, coordinateLength: number): Uint8Array;

/**
 * r‖s (IEEE P1363) as a DER `Ecdsa-Sig-Value`.
 *
 * @throws {@link SealwrightError} `VALIDATION` for an odd length or a zero half.
 */
export function ecdsaToDer(signature: Uint8Array): Uint8Array;

/** Standard base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string;

/** base64url without padding (RFC 4648 §5, RFC 7515 §2). */
export function encodeBase64url(bytes: Uint8Array): string;

/**
 * Writes compact JSON byte for byte as Go's `encoding/json` does (`<`, `>`, `&`, U+2028 and U+2029 escaped), so that what
 * we sign is what the Notary Project's own signers would have signed.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what JSON cannot say (a lone surrogate, NaN, infinity, `undefined`) and
 *   for more than 64 levels.
 */
export function encodeJson(value: JsonValue, options: JsonTextOptions): string;

/**
 * Writes one block, in lines of 64 characters, ending with a newline.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a label that PEM does not allow.
 */
export function encodePem(label: string, bytes: Uint8Array): string;

/** @throws {@link SealwrightError} `VALIDATION` for a lone surrogate, which UTF-8 has no bytes for. */
export function encodeUtf8(text: string, label: string): Uint8Array;

/** RFC 3339 in UTC, to the second. */
export function formatRfc3339(time: Date): string;

/** What every decoder throws: `VALIDATION`, naming the input by its label and the fault, never the input itself. */
export function invalid(label: string, fault: string, fix?: string): SealwrightError;

/** Whether a value read from JSON is an object: no list, no `null`, and there at all. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject;

/**
 * Reads an RFC 3339 date-time, any offset. Finer than a millisecond is cut off. No leap seconds: the reference has none.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseRfc3339(text: unknown, label: string): Date;

/**
 * Reads exactly one DER element (X.690) and checks all that is nested in it: definite lengths in the fewest bytes, one-byte
 * tags, universal types primitive or constructed as DER has them, at most 64 levels, nothing after it.
 *
 * Contents of primitive types are checked by the readers in `der-types.ts`.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readDer(bytes: Uint8Array, label: string): DerValue;

/**
 * Quotes one word of a command that is printed to be pasted into a POSIX shell. A word without special characters is
 * returned as it is.
 */
export function shellQuote(word: string): string;

/**
 * Checks the syntax of the JSON value that a text begins with, and builds nothing. What follows it is not looked at.
 *
 * @param maxDepth - Most arrays and objects within each other.
 * @returns The offset at which the value ends.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function skipJson(text: string, label: string, maxDepth: number): number;

// Named above, not exported:

/** Why a call failed. Closed: callers branch on it, and it maps to an exit code of the command line. */
type ErrorCode = (typeof errorCodes)[number];

type JsonPath = readonly (string | number)[];

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

/** Every {@link ErrorCode}. */
const errorCodes: readonly ['VALIDATION', 'UNSUPPORTED', 'NOT_FOUND', 'ACCESS_DENIED', 'UNAUTHENTICATED', 'THROTTLED', 'UNAVAILABLE', 'TIMEOUT', 'ABORTED', 'KEY_STATE', 'KEY_MISMATCH', 'INTEGRITY', 'PIN_INCORRECT', 'PIN_LOCKED', 'USER_PRESENCE', 'INTERNAL'];
