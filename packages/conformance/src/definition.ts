import type { ProviderHarness } from './harness.ts'

/** A case before it is bound to a harness. */
export interface Definition {
  readonly id: string
  /** What the provider does, to follow its name: `signs with PS256`. */
  readonly does: string
  /** Paths of harness members without which the case means nothing. */
  readonly needs: readonly string[]
  /** Why the machine cannot run it, whatever the harness. */
  readonly cannot?: string | undefined
  run(harness: ProviderHarness): Promise<void>
}

/** The operations that a fault can meet. */
export const OPERATIONS = ['open', 'sign'] as const

export type FaultedOperation = (typeof OPERATIONS)[number]
