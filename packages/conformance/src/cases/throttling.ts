import assert from 'node:assert/strict'
import { openSigner } from '@sealwright/core'
import { type Definition, type FaultedOperation, OPERATIONS } from '../definition.ts'
import { withFault } from '../faulted.ts'
import { failsWith } from '../outcome.ts'
import { assertSigns, firstAlgorithm, withSigner } from '../signing.ts'
import { anyKey, during, withProvider } from '../subject.ts'

/** What a store asks for in a Retry-After, in milliseconds: the least that one in seconds can say. */
const RETRY_AFTER_MS = 1000

/** An adapter reports throttling and unavailability once; patience is the pipeline's. */
export const throttlingCases: readonly Definition[] = OPERATIONS.flatMap(operation => [
  {
    id: `throttle/${operation}`,
    does: `reports the first THROTTLED when it tries to ${operation}, and does not try again itself`,
    needs: [`faults.${operation}.throttle`],
    run: harness =>
      withFault(
        harness,
        operation,
        () => harness.faults![operation]!.throttle!({ count: 1 }),
        async (provider, attempt) => {
          await failsWith(provider, 'THROTTLED', operation, () => attempt())
          await attempt()
        },
      ),
  },
  passing(operation, 'throttle'),
  passing(operation, 'unavailable'),
  {
    id: `throttle/${operation}/retry-after`,
    does: `passes on when to come again if it is throttled to ${operation}`,
    needs: [`faults.${operation}.throttle`, `faults.${operation}.saysRetryAfter`],
    run: async harness => {
      const throttle = () => harness.faults![operation]!.throttle!({ count: 1, retryAfterMs: RETRY_AFTER_MS })
      await withFault(harness, operation, throttle, async (provider, attempt) => {
        const { retryAfterMs } = await failsWith(provider, 'THROTTLED', operation, () => attempt())
        assert.equal(retryAfterMs, RETRY_AFTER_MS, 'retryAfterMs')
      })
    },
  } satisfies Definition,
])

/** With the pipeline around it. */
function passing(operation: FaultedOperation, hook: 'throttle' | 'unavailable'): Definition {
  return {
    id: `${hook}/${operation}/passing`,
    does: `manages to ${operation} when the store recovers from one ${hook === 'throttle' ? 'refusal as too many' : 'failure'}`,
    needs: [`faults.${operation}.${hook}`],
    run: async harness => {
      const reference = await anyKey(harness).reference()
      const fault = () => harness.faults![operation]![hook]!({ count: 1 })
      await withProvider(harness, async provider => {
        if (operation === 'sign') {
          await withSigner(provider, reference, signer => during(fault(), () => assertSigns(signer)))
        } else {
          await during(fault(), async () => {
            const signer = await openSigner(provider, reference, { algorithm: firstAlgorithm })
            await signer[Symbol.asyncDispose]()
          })
        }
      })
    },
  }
}
