import assert from 'node:assert/strict'
import type { ErrorCode } from '@sealwright/core'
import { type Definition, type FaultedOperation, OPERATIONS } from '../definition.ts'
import { withFault } from '../faulted.ts'
import type { FaultHooks, Redirection, Restore } from '../harness.ts'
import { failsWith } from '../outcome.ts'
import { PATIENCE_MS, within } from '../patience.ts'
import { idle, withProvider } from '../subject.ts'

/** Failures that a user must be able to tell apart, each attempted once by the adapter. */
export const failureCases: readonly Definition[] = [
  {
    id: 'missing',
    does: 'says NOT_FOUND of a key that does not exist',
    needs: [],
    run: harness =>
      withProvider(harness, async provider => {
        const reference = provider.canonical(await harness.missing())
        await failsWith(provider, 'NOT_FOUND', 'opening a missing key', () =>
          provider.open(reference, idle()),
        )
      }),
  },
  ...OPERATIONS.flatMap(operation => [
    failure(operation, 'deny', { code: 'ACCESS_DENIED', when: 'may not', fault: hooks => hooks.deny!() }),
    failure(operation, 'unauthenticated', {
      code: 'UNAUTHENTICATED',
      when: 'its credentials are refused',
      fault: hooks => hooks.unauthenticated!(),
    }),
    failure(operation, 'unavailable', {
      code: 'UNAVAILABLE',
      when: 'the store is not available',
      fault: hooks => hooks.unavailable!({ count: Number.POSITIVE_INFINITY }),
    }),
    failure(operation, 'reset', {
      code: 'UNAVAILABLE',
      when: 'the connection is reset',
      fault: hooks => hooks.reset!(),
    }),
    failure(operation, 'htmlError', {
      code: 'UNAVAILABLE',
      when: 'a page of HTML answers with status 500',
      fault: hooks => hooks.htmlError!(),
    }),
    redirected(operation),
  ]),
]

function failure(
  operation: FaultedOperation,
  hook: keyof FaultHooks & string,
  {
    code,
    when,
    fault,
  }: {
    readonly code: ErrorCode
    readonly when: string
    readonly fault: (hooks: FaultHooks) => Restore | PromiseLike<Restore>
  },
): Definition {
  return {
    id: `${hook}/${operation}`,
    does: `says ${code} when it tries to ${operation} and ${when}`,
    needs: [`faults.${operation}.${hook}`],
    run: harness =>
      withFault(
        harness,
        operation,
        () => fault(harness.faults![operation]!),
        async (provider, attempt) => {
          await failsWith(provider, code, operation, () =>
            within(PATIENCE_MS, 'one attempt that cannot succeed', attempt()),
          )
        },
      ),
  }
}

function redirected(operation: FaultedOperation): Definition {
  return {
    id: `redirect/${operation}`,
    does: `follows no redirect when asked to ${operation}`,
    needs: [`faults.${operation}.redirect`],
    run: async harness => {
      let followed: Redirection['followed'] | undefined
      const fault = async () => {
        const redirection = await harness.faults![operation]!.redirect!()
        followed = redirection.followed
        return redirection.restore
      }
      await withFault(harness, operation, fault, async (provider, attempt) => {
        await failsWith(provider, ['UNAVAILABLE', 'INTEGRITY'], operation, attempt)
        assert.equal(await followed!(), 0, 'the redirect was followed')
      })
    },
  }
}
