import type { JsonObject, JsonValue } from '@sealwright/core/encoding'

/** A token and for how long it is good. */
export interface Lease {
  readonly token: string
  /** For people: where the token came from. */
  readonly source: string
  /** From now; absent while it is unknown, and for a token that does not expire. */
  readonly ttlMs?: number | undefined
  readonly renewable: boolean
  /** We logged in for it, and can again; and end it when we are done. */
  readonly ours: boolean
}

/** The time to live that Vault tells, in `lease_duration` of a log-in or `ttl` of a token; seconds, 0 is for ever. */
export function lifeOf(
  seconds: JsonValue | undefined,
  renewable: JsonValue | undefined,
): Pick<Lease, 'ttlMs' | 'renewable'> {
  const isLimited = typeof seconds === 'number' && seconds > 0
  return { ...(isLimited ? { ttlMs: seconds * 1000 } : {}), renewable: isLimited && renewable === true }
}

export function leaseOf(auth: JsonObject, source: string): Lease | undefined {
  const { client_token: token, lease_duration: duration, renewable } = auth
  if (typeof token !== 'string' || token === '') return undefined
  return { token, source, ours: true, ...lifeOf(duration, renewable) }
}
