import type { SingleFlight } from '@sealwright/core/adapter'
import type { StoreCall } from '@sealwright/oci'
import { throwIfAborted } from '@sealwright/oci/store'

/**
 * Sends one request for all callers that wait for the same.
 *
 * @throws {@link SealwrightError} `ABORTED`, `TIMEOUT` for the caller whose signal was aborted; what the task throws.
 */
export async function shared<T>(
  flights: SingleFlight<T>,
  key: string,
  call: StoreCall,
  task: (call: StoreCall) => Promise<T>,
): Promise<T> {
  throwIfAborted(call.signal)
  try {
    return await flights.run(key, call, task)
  } catch (error) {
    throwIfAborted(call.signal)
    throw error
  }
}
