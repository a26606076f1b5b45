/**
 * Returns the milliseconds that a `Retry-After` asks for, in seconds or as a date (RFC 9110 §10.2.3).
 *
 * @param now - `Date.now()`, which a date is held against.
 */
export function retryAfterMs(field: string | null | undefined, now: number): number | undefined {
  const value = field?.trim()
  if (!value) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const time = Date.parse(value)
  return Number.isNaN(time) ? undefined : Math.max(0, time - now)
}
