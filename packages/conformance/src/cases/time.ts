import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, isSealwrightError, openSigner } from '@sealwright/core'
import { type Definition, type FaultedOperation, OPERATIONS } from '../definition.ts'
import { withFault } from '../faulted.ts'
import type { ProviderHarness } from '../harness.ts'
import { newMessage } from '../messages.ts'
import { PATIENCE_MS, within, withoutUnhandled } from '../patience.ts'
import { assertReleased } from '../resources.ts'
import { assertSigns, firstAlgorithm, withSigner } from '../signing.ts'
import { anyKey, during, withProvider } from '../subject.ts'

/** When a call in progress is given up, in milliseconds. */
const SOON_MS = 60

/** Deadlines and aborts: no late signature, no unhandled rejection, nothing left open. */
export const timeCases: readonly Definition[] = [
  ...OPERATIONS.flatMap(operation => [
    hanging(operation, 'timeout', 'TIMEOUT'),
    hanging(operation, 'abort', 'ABORTED'),
    heard(operation),
    before(operation),
  ]),
  {
    id: 'abort/sign/late',
    does: 'drops a signature that comes after the abort, and signs on',
    needs: ['faults.sign.delay'],
    run: harness =>
      clean(harness, () =>
        withAnySigner(harness, async signer => {
          await during(harness.faults!.sign!.delay!(3 * SOON_MS), async () => {
            const signal = abortSoon()
            await ends('ABORTED', () => signer.sign(newMessage(), { signal }))
            await sleep(4 * SOON_MS)
          })
          await assertSigns(signer)
        }),
      ),
  },
  {
    id: 'abort/sign/after',
    does: 'lets a signature stand when the call is aborted after it',
    needs: [],
    run: harness =>
      clean(harness, () =>
        withAnySigner(harness, async signer => {
          const controller = new AbortController()
          await signer.sign(newMessage(), { signal: controller.signal })
          controller.abort()
          await sleep(SOON_MS)
          await assertSigns(signer)
        }),
      ),
  },
]

/** The call ends although the store never answers. */
function hanging(
  operation: FaultedOperation,
  how: 'timeout' | 'abort',
  code: 'TIMEOUT' | 'ABORTED',
): Definition {
  return {
    id: `${how}/${operation}/during`,
    does: `ends with ${code} when the store does not answer to ${operation}, and leaves nothing open`,
    needs: [`faults.${operation}.hang`],
    run: harness =>
      clean(harness, async () => {
        const options = () => (how === 'timeout' ? { timeoutMs: SOON_MS } : { signal: abortSoon() })
        const hang = () => harness.faults![operation]!.hang!()
        const reference = await anyKey(harness).reference()
        await withProvider(harness, async provider => {
          if (operation === 'sign') {
            await withSigner(provider, reference, async signer => {
              await during(hang(), () => ends(code, () => signer.sign(newMessage(), options())))
              await assertSigns(signer)
            })
          } else {
            const algorithm = firstAlgorithm
            await during(hang(), () =>
              ends(code, () => openSigner(provider, reference, { algorithm, ...options() })),
            )
            await withSigner(provider, reference, assertSigns)
          }
        })
      }),
  }
}

/** Below the pipeline, which would hide an adapter that is deaf. */
function heard(operation: FaultedOperation): Definition {
  return {
    id: `abort/${operation}/heard`,
    does: `gives up itself when a call to ${operation} is aborted`,
    needs: [`faults.${operation}.hang`],
    run: harness =>
      clean(harness, () =>
        withFault(
          harness,
          operation,
          () => harness.faults![operation]!.hang!(),
          async (_, attempt) => {
            const attempted = attempt({ signal: abortSoon() })
            const [{ status }] = await within(
              PATIENCE_MS,
              'giving up after the abort',
              Promise.allSettled([attempted]),
            )
            assert.equal(status, 'rejected', 'it succeeded although the store did not answer')
          },
        ),
      ),
  }
}

function before(operation: FaultedOperation): Definition {
  return {
    id: `abort/${operation}/before`,
    does: `does not begin to ${operation} when the call is aborted already`,
    needs: [],
    run: harness =>
      clean(harness, async () => {
        const signal = AbortSignal.abort()
        const reference = await anyKey(harness).reference()
        await withProvider(harness, async provider => {
          if (operation === 'open') {
            await ends('ABORTED', () =>
              openSigner(provider, reference, { algorithm: firstAlgorithm, signal }),
            )
            return
          }
          await withSigner(provider, reference, async signer => {
            const calls = await harness.signCalls?.()
            await ends('ABORTED', () => signer.sign(newMessage(), { signal }))
            assert.equal(await harness.signCalls?.(), calls, 'the store was asked')
          })
        })
      }),
  }
}

async function clean(harness: ProviderHarness, task: () => Promise<unknown>): Promise<void> {
  await assertReleased(harness, () => withoutUnhandled(task))
}

async function withAnySigner(
  harness: ProviderHarness,
  task: Parameters<typeof withSigner>[2],
): Promise<void> {
  const reference = await anyKey(harness).reference()
  await withProvider(harness, async provider => {
    await withSigner(provider, reference, task)
  })
}

async function ends(code: ErrorCode, work: () => Promise<unknown>): Promise<void> {
  await within(
    PATIENCE_MS,
    `ending with ${code}`,
    assert.rejects(work, (error: unknown) => {
      assert.ok(isSealwrightError(error), error as Error)
      assert.equal(error.code, code, error.message)
      return true
    }),
  )
}

function abortSoon(): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), SOON_MS)
  return controller.signal
}
