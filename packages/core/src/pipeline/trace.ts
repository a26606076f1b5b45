import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { AlgorithmId } from '../algorithm.ts'
import type { Operation } from '../provider.ts'

/** The steps of the signing pipeline in their order; each is traced on the tracing channel `sealwright:signer.<step>`. */
export type SignerStep =
  | 'check'
  | 'read'
  | 'deadline'
  | 'attempt'
  | 'same-key'
  | 'encode'
  | 'verify'
  | 'audit'

/** What a subscriber is told: names and numbers, never a message, a signature, a secret or a vendor's error. */
export interface SignerTrace {
  readonly step: SignerStep
  readonly operation: Operation
  /** The provider's name. */
  readonly provider: string
  readonly reference: string
  readonly algorithm?: AlgorithmId | undefined
  /** Counted from 1. */
  readonly attempt?: number | undefined
}

export type TraceContext = Omit<SignerTrace, 'step' | 'attempt'>

const channels = new Map<SignerStep, TracingChannel<SignerTrace>>()

function channelOf(step: SignerStep): TracingChannel<SignerTrace> {
  let channel = channels.get(step)
  if (channel === undefined) {
    channel = tracingChannel<SignerTrace>(`sealwright:signer.${step}`)
    channels.set(step, channel)
  }
  return channel
}

/** Runs a synchronous step. Its result stays out of the context that subscribers see. */
export function tracedSync<T>(step: SignerStep, context: TraceContext, task: () => T): T {
  const channel = channelOf(step)
  if (!channel.hasSubscribers) return task()
  let result: { readonly value: T } | undefined
  channel.traceSync(
    () => {
      result = { value: task() }
    },
    { ...context, step },
  )
  return result!.value
}

/** As {@link tracedSync}, for a step that takes time. */
export function traced<T>(
  step: SignerStep,
  context: TraceContext & { readonly attempt?: number | undefined },
  task: () => Promise<T>,
): Promise<T> {
  const channel = channelOf(step)
  return channel.hasSubscribers ? tracedBy(channel, { ...context, step }, task) : task()
}

async function tracedBy<T>(
  channel: TracingChannel<SignerTrace>,
  context: SignerTrace,
  task: () => Promise<T>,
): Promise<T> {
  let result: { readonly value: T } | undefined
  await channel.tracePromise(async () => {
    result = { value: await task() }
  }, context)
  return result!.value
}
