import { type Call, SealwrightError } from '@sealwright/core'
import { SingleFlight } from '@sealwright/core/adapter'
import { statusOf } from './failure.ts'
import { type Lease, lifeOf } from './lease.ts'
import type { Send } from './wire.ts'

/** The token of one provider: got once for all who need it, renewed, and got again. */
export interface Session {
  /** One that is good now, as far as we know. */
  current(call: Call): Promise<Pick<Lease, 'token' | 'source'>>
  /** Another one, after Vault refused `token`; `undefined` when there is none. */
  replace(token: string, call: Call): Promise<string | undefined>
  close(): Promise<void>
}

export interface SessionOptions {
  readonly acquire: (call: Call) => Promise<Lease>
  readonly send: Send
  readonly namespace?: string | undefined
}

/** The part of its lifetime after which a token is renewed, or replaced by a new login if it is not renewable. */
const RENEW_AT = 2 / 3
/** How long after its first use a token of unknown life is looked up: a short program never gets there. */
const LOOK_UP_AFTER_MS = 1000
const LONGEST_TIMER_MS = 2 ** 31 - 1
/** How long ending our own token may take when the provider is disposed of. */
const REVOKE_WITHIN_MS = 1000

interface Held extends Lease {
  /** When another log-in is due, by the clock of `performance.now()`. */
  readonly freshUntil: number
}

export function createSession({ acquire, send, namespace }: SessionOptions): Session {
  let held: Held | undefined
  let timer: NodeJS.Timeout | undefined
  const closing = new AbortController()

  const logIns = new SingleFlight<Lease>()

  async function logIn(call: Call): Promise<Lease> {
    const lease = await acquire(call)
    closing.signal.throwIfAborted()
    hold(lease)
    if (!lease.ours && lease.ttlMs === undefined) later(LOOK_UP_AFTER_MS, () => lookUp(lease))
    return lease
  }

  async function current({ signal }: Call): Promise<Lease> {
    if (closing.signal.aborted) throw new SealwrightError('VALIDATION', 'the provider was disposed of')
    if (held !== undefined && performance.now() < held.freshUntil) return held
    return logIns.run('', { signal: AbortSignal.any([signal, closing.signal]) }, logIn)
  }

  function hold(lease: Lease): void {
    const { ttlMs = Number.POSITIVE_INFINITY, renewable, ours } = lease
    // A token that is renewed has its whole life; one that somebody gave us is used until Vault refuses it.
    const life = !ours ? Number.POSITIVE_INFINITY : renewable ? ttlMs : ttlMs * RENEW_AT
    held = { ...lease, freshUntil: performance.now() + life }
    clearTimeout(timer)
    if (renewable) later(ttlMs * RENEW_AT, () => renew(lease))
  }

  function later(ms: number, task: () => Promise<void>): void {
    clearTimeout(timer)
    // What fails here fails again, and is reported, when the token is used.
    timer = setTimeout(() => void task().catch(() => {}), Math.min(ms, LONGEST_TIMER_MS))
    timer.unref()
  }

  async function lookUp(lease: Lease): Promise<void> {
    const request = { method: 'GET', path: 'auth/token/lookup-self', namespace } as const
    const { data } = await send(request, lease.token, { signal: closing.signal })
    if (held?.token === lease.token) hold({ ...lease, ...lifeOf(data.ttl, data.renewable) })
  }

  async function renew(lease: Lease): Promise<void> {
    const { ttlMs = 0 } = lease
    const request = { method: 'POST', path: 'auth/token/renew-self', body: {}, namespace } as const
    try {
      const { auth } = await send(request, lease.token, { signal: closing.signal })
      if (held?.token !== lease.token) return
      const life = lifeOf(auth.lease_duration, auth.renewable)
      // Near the end of its greatest life Vault grants less and less.
      const isEnding = life.ttlMs !== undefined && life.ttlMs < ttlMs / 2
      hold({ ...lease, ...life, ...(isEnding ? { renewable: false } : {}) })
    } catch (error) {
      if (held?.token !== lease.token) return
      if (statusOf(error) === 403) held = undefined
      else hold({ ...lease, ttlMs: ttlMs * (1 - RENEW_AT), renewable: ttlMs > 3000 })
    }
  }

  return {
    current,
    replace: async (token, call) => {
      if (held?.token === token) held = undefined
      const next = await current(call)
      return next.token === token ? undefined : next.token
    },
    close: async () => {
      clearTimeout(timer)
      const last = held
      held = undefined
      closing.abort(new SealwrightError('VALIDATION', 'the provider was disposed of'))
      if (!last?.ours) return
      const request = { method: 'POST', path: 'auth/token/revoke-self', body: {}, namespace } as const
      await send(request, last.token, { signal: AbortSignal.timeout(REVOKE_WITHIN_MS) }).catch(() => {})
    },
  }
}
