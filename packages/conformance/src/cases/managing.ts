import assert from 'node:assert/strict'
import {
  isSealwrightError,
  type KeyProvider,
  manageKeys,
  openSigner,
  type SealwrightError,
} from '@sealwright/core'
import type { Definition } from '../definition.ts'
import type { ManagedOperation, ProviderHarness } from '../harness.ts'
import { newMessage } from '../messages.ts'
import { PATIENCE_MS, within } from '../patience.ts'
import { firstAlgorithm } from '../signing.ts'
import { anyKey, during, withProvider } from '../subject.ts'

/** When a call in progress is given up, in milliseconds. */
const SOON_MS = 60

type Call = (provider: KeyProvider, timeoutMs?: number) => Promise<unknown>

const OPERATIONS = ['open', 'sign', 'list', 'create'] as const

/** A vendor error that an adapter lets through is classified, named and timed alike, whatever was asked for. */
export const managingCases: readonly Definition[] = OPERATIONS.flatMap(operation => {
  const managed = operation === 'list' || operation === 'create'
  return [
    {
      id: `named/${operation}`,
      does: `is named in the error of core when it may not ${operation}`,
      needs: [`faults.${operation}.deny`, ...(managed ? [`manage.${operation}`] : [])],
      run: harness =>
        withProvider(harness, async provider => {
          const call = await callOf(harness, operation)
          const error = await refusal(harness, operation, 'deny', () => call(provider))
          assert.equal(error.code, 'ACCESS_DENIED', error.message)
          const { title, name } = provider
          const isNamed = error.message.includes(title ?? name)
          assert.ok(isNamed, `"${error.message}" does not name ${title ?? name}`)
        }),
    },
    ...(managed ? [timed(operation)] : []),
  ] satisfies Definition[]
})

function timed(operation: ManagedOperation): Definition {
  return {
    id: `timeout/${operation}/during`,
    does: `ends with TIMEOUT when the store does not answer to ${operation}`,
    needs: [`faults.${operation}.hang`, `manage.${operation}`],
    run: harness =>
      withProvider(harness, async provider => {
        const call = await callOf(harness, operation)
        const error = await refusal(harness, operation, 'hang', () => call(provider, SOON_MS))
        assert.equal(error.code, 'TIMEOUT', error.message)
      }),
  }
}

async function refusal(
  harness: ProviderHarness,
  operation: (typeof OPERATIONS)[number],
  hook: 'deny' | 'hang',
  work: () => Promise<unknown>,
): Promise<SealwrightError> {
  return during(harness.faults![operation]![hook]!(), async () => {
    try {
      await within(PATIENCE_MS, 'a call that cannot succeed', work())
    } catch (error) {
      assert.ok(isSealwrightError(error), `core threw something else: ${String(error)}`)
      return error
    }
    assert.fail(`${operation} succeeded`)
  })
}

async function callOf(harness: ProviderHarness, operation: (typeof OPERATIONS)[number]): Promise<Call> {
  if (operation === 'list') {
    const prefix = await harness.manage!.list!()
    return (provider, timeoutMs) =>
      manageKeys(provider).list!({ prefix }, { ...(timeoutMs && { timeoutMs }) })
  }
  if (operation === 'create') {
    const spec = await harness.manage!.create!()
    return (provider, timeoutMs) => manageKeys(provider).create!(spec, { ...(timeoutMs && { timeoutMs }) })
  }
  const reference = await anyKey(harness).reference()
  return async provider => {
    await using signer = await openSigner(provider, reference, { algorithm: firstAlgorithm })
    await signer.sign(newMessage())
  }
}
