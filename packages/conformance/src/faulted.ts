import type { KeyProvider } from '@sealwright/core'
import type { FaultedOperation } from './definition.ts'
import type { ProviderHarness, Restore } from './harness.ts'
import { newMessage } from './messages.ts'
import { anyInput, signRequest } from './sign-request.ts'
import { firstAlgorithm } from './signing.ts'
import { anyKey, disposed, during, idle, withHandle, withProvider } from './subject.ts'

/** One attempt of the operation that a fault meets, below the pipeline. */
export type Attempt = (call?: { readonly signal: AbortSignal }) => Promise<unknown>

/**
 * Runs `task` while `operation` fails. The operation ran once before, so that what an adapter loads first is not affected,
 * and works again afterwards.
 */
export async function withFault<T>(
  harness: ProviderHarness,
  operation: FaultedOperation,
  fault: () => Restore | PromiseLike<Restore>,
  task: (provider: KeyProvider, attempt: Attempt) => Promise<T>,
): Promise<T> {
  const given = await anyKey(harness).reference()
  if (operation === 'open') {
    await withHandle(harness, given, async () => {})
    return withProvider(harness, async provider => {
      const open: Attempt = async (call = idle()) => {
        await disposed(await provider.open(provider.canonical(given), call))
      }
      const result = await during(fault(), () => task(provider, open))
      await open()
      return result
    })
  }
  return withHandle(harness, given, async (handle, provider) => {
    const id = firstAlgorithm(handle.key)
    const input = anyInput(handle.key.algorithms[id]!)
    const sign: Attempt = (call = idle()) =>
      handle.signRaw(signRequest(handle, id, input, newMessage()), call)
    await sign()
    const result = await during(fault(), () => task(provider, sign))
    await sign()
    return result
  })
}
