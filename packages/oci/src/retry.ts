import { isSealwrightError } from '@sealwright/core'
import { pause } from './abort.ts'
import type { StoreCall } from './artifact-store.ts'

export interface RetryPolicy {
  /** Tries in all. Default 3; 1 for none. */
  readonly attempts?: number
  /** The first wait is up to this long, the next up to twice. Default 250. */
  readonly baseDelayMs?: number
  /** A server that asks for a longer wait is not waited for. Default 10 000. */
  readonly maxDelayMs?: number
}

/**
 * Repeats an action that failed with `THROTTLED` or `UNAVAILABLE`. Only for actions that may be done twice.
 *
 * @param isInVain - Whether a failure is one that trying again cannot change, whatever its code.
 * @throws {@link SealwrightError} the last error of `action`; `ABORTED` or `TIMEOUT` if aborted while it waits.
 */
export async function retrying<T>(
  { attempts = 3, baseDelayMs = 250, maxDelayMs = 10_000 }: RetryPolicy,
  call: StoreCall,
  action: () => Promise<T>,
  isInVain: () => boolean = () => false,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action()
    } catch (error) {
      const passing = isSealwrightError(error) && (error.code === 'THROTTLED' || error.code === 'UNAVAILABLE')
      if (!passing || attempt >= attempts || isFinal(error) || isInVain()) throw error
      const delay = error.retryAfterMs ?? Math.random() * baseDelayMs * 2 ** (attempt - 1)
      if (delay > maxDelayMs) throw error
      await pause(delay, call.signal)
    }
  }
}

/** A certificate that is not believed, a host that is not known: waiting changes neither. */
function isFinal(error: { readonly cause?: unknown }): boolean {
  const { code } = (error.cause ?? {}) as { code?: unknown }
  return (
    typeof code === 'string' &&
    /^(?:ENOTFOUND|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(code)
  )
}
