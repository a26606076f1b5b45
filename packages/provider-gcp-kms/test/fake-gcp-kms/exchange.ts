import { setTimeout as sleep } from 'node:timers/promises'
import type { Effect, Faults } from './effect.ts'
import type { KmsState } from './kms-state.ts'
import { denied, Refused } from './refused.ts'
import { answer, type Message, type Method, PERMISSIONS } from './semantics.ts'

/** What a transport makes of a call. */
export type Outcome =
  | { readonly kind: 'reply'; readonly message: Message; readonly isCut: boolean }
  | { readonly kind: 'refused'; readonly refused: Refused }
  | Exclude<Effect, { readonly kind: 'refuse' | 'truncate' | 'delay' | 'rewrite' }>

export interface Store {
  readonly state: KmsState
  readonly faults: Faults
  readonly token: string
  readonly counts: Map<Method, number>
  /** Tokens of jobs that were offered for an access token. */
  readonly exchanged: (string | null)[]
  /** All permissions without it. */
  allowed: readonly string[] | undefined
}

/** One call, whichever way it came: counted, faulted, authenticated, authorized, answered. */
export async function exchange(
  store: Store,
  method: Method,
  authorization: string | undefined,
  request: Message,
): Promise<Outcome> {
  store.counts.set(method, (store.counts.get(method) ?? 0) + 1)
  const effect = store.faults.take(method)
  if (effect?.kind === 'delay') await sleep(effect.delayMs)
  if (effect?.kind === 'refuse') return { kind: 'refused', refused: effect.refused }
  if (effect?.kind === 'hang' || effect?.kind === 'reset' || effect?.kind === 'html') return effect
  if (effect?.kind === 'redirect') return effect
  try {
    if (authorization !== `Bearer ${store.token}`) {
      throw new Refused(16, 'Request had invalid authentication credentials.')
    }
    if (store.allowed && !store.allowed.includes(PERMISSIONS[method])) {
      throw denied(PERMISSIONS[method], String(request.name ?? request.parent))
    }
    const message = answer(store.state, method, request)
    const reply = effect?.kind === 'rewrite' ? effect.reply(message) : message
    return { kind: 'reply', message: reply, isCut: effect?.kind === 'truncate' }
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', refused: error }
    throw error
  }
}
