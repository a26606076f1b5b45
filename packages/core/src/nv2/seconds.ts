import type { JsonValue } from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'

/** The end of the year 9999: what every reader of times can say. */
const LAST = 253_402_300_799

/** A time as RFC 7519 has it, without its part of a second. Throws `VALIDATION` for one before 1970 or after 9999. */
export function secondsOf(time: Date, label: string): number {
  const seconds = Math.floor(time.getTime() / 1000)
  if (!isTime(seconds)) throw invalid(label, 'a time out of range')
  return seconds
}

/** A member with the time, or none. The prototype's writer leaves a zero out, so none is read. Throws `VALIDATION`. */
export function readSeconds<Name extends string>(
  value: JsonValue | undefined,
  name: Name,
  label: string,
): { readonly [name in Name]?: Date } {
  if (value === undefined) return {}
  if (!isTime(value)) throw invalid(label, `${name} is no time in seconds`)
  return { [name]: new Date(value * 1000) } as { readonly [name in Name]: Date }
}

function isTime(value: JsonValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= LAST
}
