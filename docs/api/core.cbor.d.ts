// The public declarations of @sealwright/core/cbor. Written by `npm run api`; do not edit.

export interface CborOptions {
    /** Names the input in messages. */
    readonly label: string;
    /** Most bytes. Default 4 MiB. */
    readonly maxBytes?: number | undefined;
    /** Most items, map keys among them. Each takes memory of many times its bytes. Default 100,000. */
    readonly maxValues?: number | undefined;
    /** Most arrays, maps and tags within each other. Default 32, at most 128. */
    readonly maxDepth?: number | undefined;
    /** `any`: map keys need not be sorted, all else is as deterministic. For signed maps of writers that do not sort. */
    readonly keyOrder?: 'sorted' | 'any' | undefined;
}

/** A tagged item (RFC 8949 §3.4). */
export interface CborTagged {
    readonly tag: number;
    readonly value: unknown;
}

export function cborTagged(tag: number, value: unknown): CborTagged;

/**
 * Reads one CBOR item in core deterministic encoding (RFC 8949 §4.2.1) and nothing else: definite lengths, every head and
 * float in its shortest form, map keys sorted and unique, UTF-8, nothing after it. Map keys are integers or text.
 *
 * Integers are of 64 bits with a sign. A map has at most 1000 entries.
 *
 * Maps come as `Map`, tags as {@link CborTagged} (see {@link isCborTagged}), byte strings as `Uint8Array`, integers as
 * `number`, or `bigint` beyond 2^53. A float is a `number`, too, unless it is whole (`2.0`): then it is a {@link CborFloat},
 * so that it is never taken for an integer.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function decodeCbor(bytes: Uint8Array, options: CborOptions): unknown;

/**
 * Writes core deterministic CBOR (RFC 8949 §4.2.1). Maps from `Map`, tags from {@link cborTagged}.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what CBOR has no item for, and for a lone surrogate.
 */
export function encodeCbor(value: unknown): Uint8Array;

export function isCborTagged(value: unknown): value is CborTagged;
