// The public declarations of @sealwright/conformance/memory. Written by `npm run api`; do not edit.
import type { ErrorCode, KeyAdmin, KeyProvider, KeyType } from '@sealwright/core'

/** A key store in memory, for tests of programs that sign. */
export interface MemoryKeyProvider extends KeyProvider {
    readonly admin: KeyAdmin;
    /**
     * Makes a key, or the next version of one that is there.
     *
     * @param type - Default `EC-P256`, or the type of the version before.
     * @returns The versioned reference: `memory:release@1`.
     */
    add(name: string, type?: KeyType): string;
    /** Lets the next calls of an operation fail, as a store does that is down or refuses. */
    fail(operation: MemoryOperation, code: ErrorCode, times?: number): void;
    /** What was asked, in order. */
    readonly calls: readonly {
        readonly operation: MemoryOperation;
        readonly reference: string;
    }[];
}

export type MemoryOperation = 'open' | 'sign' | 'list' | 'create' | 'rotate';

/**
 * Makes a key store in memory. References are `memory:NAME`, its latest version, and `memory:NAME@VERSION`. Its keys are made
 * here and are gone with it: it is for tests, and passes the cases of this kit as any store does.
 *
 * @example
 * ```ts
 * import { memoryKeys } from '@sealwright/conformance/memory'
 * import { openSigner } from '@sealwright/core'
 *
 * const keys = memoryKeys()
 * keys.add('release', 'EC-P256')
 * const signer = await openSigner(keys, 'memory:release')
 * ```
 */
export function memoryKeys(): MemoryKeyProvider;
