import assert from 'node:assert/strict'
import { isSealwrightError } from '@sealwright/core'
import type { Definition } from '../definition.ts'
import type { ProviderHarness } from '../harness.ts'
import { newMessage } from '../messages.ts'
import { PATIENCE_MS, within, withoutUnhandled } from '../patience.ts'
import { assertReleased } from '../resources.ts'
import { anyInput, signRequest } from '../sign-request.ts'
import { assertSigns, firstAlgorithm, withSigner } from '../signing.ts'
import { anyKey, disposed, during, idle, withProvider } from '../subject.ts'
import { assertRaw, assertSignature } from '../verification.ts'

const DELAY_MS = 60

/** Disposal of what is in use. */
export const disposalCases: readonly Definition[] = [
  {
    id: 'dispose/signer',
    does: 'finishes the signatures in progress when the Signer is disposed of',
    needs: [],
    run: harness =>
      clean(harness, async () => {
        const reference = await anyKey(harness).reference()
        await withProvider(harness, provider =>
          slowly(harness, () =>
            withSigner(provider, reference, async signer => {
              const message = newMessage()
              const signing = signer.sign(message)
              const disposal = signer[Symbol.asyncDispose]()
              const { bytes } = await within(PATIENCE_MS, 'signing', signing)
              assertSignature(signer.algorithm.id, signer.key.publicKey, message, bytes)
              await within(PATIENCE_MS, 'disposing', disposal)
              await assert.rejects(signer.sign(message), isSealwrightError)
            }),
          ),
        )
      }),
  },
  {
    id: 'dispose/handle',
    does: 'ends a signature in progress, one way or the other, when its handle and provider are disposed of',
    needs: [],
    run: harness =>
      clean(harness, async () => {
        const reference = await anyKey(harness).reference()
        await withProvider(harness, provider =>
          slowly(harness, async () => {
            const handle = await provider.open(provider.canonical(reference), idle())
            const id = firstAlgorithm(handle.key)
            const input = anyInput(handle.key.algorithms[id]!)
            const message = newMessage()
            const signing = handle.signRaw(signRequest(handle, id, input, message), idle())
            const disposal = disposed(handle).then(() => disposed(provider))
            const [signed] = await within(
              PATIENCE_MS,
              'ending the signature',
              Promise.allSettled([signing, disposal]),
            )
            if (signed.status === 'fulfilled') assertRaw(id, handle.key.publicKey, message, signed.value)
            await within(PATIENCE_MS, 'disposing', disposal)
          }),
        )
      }),
  },
  {
    id: 'dispose/twice',
    does: 'can be disposed of twice, and releases all it held',
    needs: [],
    run: harness =>
      clean(harness, async () => {
        const reference = await anyKey(harness).reference()
        await withProvider(harness, async provider => {
          const handle = await provider.open(provider.canonical(reference), idle())
          await withSigner(provider, reference, assertSigns)
          await disposed(handle)
          await disposed(handle)
          await disposed(provider)
          await disposed(provider)
        })
      }),
  },
]

async function clean(harness: ProviderHarness, task: () => Promise<unknown>): Promise<void> {
  await assertReleased(harness, () => withoutUnhandled(task))
}

/** The store takes its time, where the harness can make it. */
async function slowly<T>(harness: ProviderHarness, task: () => Promise<T>): Promise<T> {
  const delay = harness.faults?.sign?.delay
  return delay === undefined ? task() : during(delay(DELAY_MS), task)
}
