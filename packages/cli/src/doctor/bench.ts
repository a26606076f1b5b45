import { randomBytes } from 'node:crypto'
import { tracingChannel } from 'node:diagnostics_channel'
import { isSealwrightError, type Signer, type SignerTrace } from '@sealwright/core'
import type { Bench } from '../documents/doctor.ts'
import type { Context } from '../frame/context.ts'

const AT_ONCE = 8

/** Signs dummies and measures. Where a person takes part, one after the other. */
export async function measure(context: Context, signer: Signer, signatures: number): Promise<Bench> {
  const concurrency = signer.key.presence === undefined ? Math.min(signatures, AT_ONCE) : 1
  const { signal } = context.io
  const took: number[] = []
  let left = signatures
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const started = performance.now()
      await signer.sign(randomBytes(64), { signal })
      took.push(performance.now() - started)
    }
  }
  using throttles = countThrottles()
  const started = performance.now()
  await context.dialogue.waiting(`${signatures} signatures`, () =>
    Promise.all(Array.from({ length: concurrency }, work)),
  )
  const seconds = (performance.now() - started) / 1000
  const sorted = took.toSorted((one, other) => one - other)
  const percentile = (part: number): number => rounded(sorted[Math.ceil(part * sorted.length) - 1] ?? 0)
  return {
    signatures,
    concurrency,
    perSecond: rounded(signatures / seconds),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    throttles: throttles.count(),
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

/** Core tries again by itself, and tells of each attempt. */
function countThrottles(): Disposable & { count(): number } {
  const channel = tracingChannel<SignerTrace>('sealwright:signer.attempt').error
  let count = 0
  const listen = (message: unknown): void => {
    const { error } = message as { readonly error?: unknown }
    if (isSealwrightError(error) && error.code === 'THROTTLED') count++
  }
  channel.subscribe(listen)
  return { count: () => count, [Symbol.dispose]: () => void channel.unsubscribe(listen) }
}
