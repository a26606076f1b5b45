import type { Refused } from './refused.ts'
import type { Message, Method } from './semantics.ts'

/** What becomes of a call instead of a right answer. */
export type Effect =
  | { readonly kind: 'refuse'; readonly refused: Refused }
  | { readonly kind: 'hang' | 'reset' | 'html' | 'truncate' }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'rewrite'; readonly reply: (reply: Message) => Message }

/** The next calls of a method that end otherwise: one queue for both transports, one effect for each call. */
export interface Faults {
  /** The result ends the fault. */
  inject(method: Method, effect: Effect, count?: number): () => void
  take(method: Method): Effect | undefined
}

export function faultQueue(): Faults {
  const queue: { readonly method: Method; readonly effect: Effect; count: number }[] = []
  return {
    inject: (method, effect, count = Number.POSITIVE_INFINITY) => {
      const fault = { method, effect, count }
      queue.push(fault)
      return () => {
        fault.count = 0
      }
    },
    take: method => {
      const fault = queue.find(each => each.method === method && each.count > 0)
      if (fault !== undefined) fault.count--
      return fault?.effect
    },
  }
}
