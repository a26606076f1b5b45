import { invalid } from './invalid.ts'

const SHAPE = /^(\d{4}-\d\d-\d\dT)(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/
/** An offset can move the first hours of the year 0 and the last ones of 9999 to a year that RFC 3339 cannot write. */
const FIRST = /* @__PURE__ */ Date.parse('0000-01-01T00:00:00Z')
const LAST = /* @__PURE__ */ Date.parse('9999-12-31T23:59:59.999Z')

/**
 * Reads an RFC 3339 date-time, any offset. Finer than a millisecond is cut off. No leap seconds: the reference has none.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseRfc3339(text: unknown, label: string): Date {
  const found = typeof text === 'string' ? SHAPE.exec(text) : null
  if (found === null) throw invalid(label, 'not an RFC 3339 time')
  const [, date, hour, minute, second, fraction = '', sign, offsetHours, offsetMinutes] = found
  const local = `${date}${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`
  const time = Date.parse(local)
  // A date that does not exist is refused or moved by Date; either way it does not print as it was written.
  if (Number.isNaN(time) || new Date(time).toISOString() !== local)
    throw invalid(label, 'not an RFC 3339 time')
  const minutes = Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)
  const instant = time + (sign === '-' ? minutes : -minutes) * 60_000
  if (instant < FIRST || instant > LAST) throw invalid(label, 'not an RFC 3339 time')
  return new Date(instant)
}

/** RFC 3339 in UTC, to the second. */
export function formatRfc3339(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}
