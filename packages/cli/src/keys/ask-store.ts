import { type Call, isSealwrightError, type KeyProvider, SealwrightError } from '@sealwright/core'
import type { Context } from '../frame/context.ts'
import { timeLimit } from './time-limit.ts'

/**
 * Asks a store for something else than a signature: within the time allowed, and with failures named as those of signing.
 *
 * @param errand - The store's reference or that of a key, and for messages what is done: `list its keys`.
 */
export async function askStore<T>(
  context: Context,
  provider: KeyProvider,
  { reference, doing }: { readonly reference: string; readonly doing: string },
  task: (call: Call) => Promise<T>,
): Promise<T> {
  const { signal: interrupt } = context.io
  const limit = AbortSignal.timeout(timeLimit(context, await context.settings(), reference))
  const signal = AbortSignal.any([interrupt, limit])
  try {
    return await context.dialogue.waiting(provider.name, () => untilAborted(signal, task({ signal })))
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (isSealwrightError(error)) throw error
    const failure = provider.classify(error)
    throw new SealwrightError(
      failure?.code ?? 'INTERNAL',
      failure?.message ?? `key store "${provider.name}" failed to ${doing}`,
      {
        cause: error,
        ...(failure?.requestId === undefined ? {} : { requestId: failure.requestId }),
      },
    )
  }
}

/** Not every store can be made to stop. */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort))
}
