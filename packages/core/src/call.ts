import type { KeyDescriptor } from './key.ts'

/** What an adapter is given with every call: the caller's abort and the deadline in one. */
export interface Call {
  readonly signal: AbortSignal
}

/** What a caller may say of any call that can take time. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Whole call, attempts and waits included. Default 30 000; 120 000 where a person takes part. */
  readonly timeoutMs?: number | undefined
  /** A touch or a PIN is about to be needed. */
  readonly onPresence?: ((key: KeyDescriptor) => void) | undefined
}

/** A queue in front of a store, shared by the signers of that store: its rate, its concurrency. */
export interface Limiter {
  /** Runs `task` when its turn comes; rejects with the signal's reason when it is aborted while waiting. */
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>
}
