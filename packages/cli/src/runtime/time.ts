import { usageError } from './usage.ts'

const FORM = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-](\d{2}):(\d{2}))$/

const DATE = /^\d{4}-\d{2}-\d{2}$/

/**
 * Reads an RFC 3339 time, or a date, which is its midnight in UTC; a day that the calendar lacks is refused. `label` is the
 * flag it was given for.
 */
export function parseTime(given: string, label: string): Date {
  const text = DATE.test(given) ? `${given}T00:00:00Z` : given
  const match = FORM.exec(text)
  const [year, month, day, hour, minute, second, offsetHour, offsetMinute] = (match ?? [])
    .slice(1)
    .map(part => (part === undefined ? 0 : Number(part)))
  const date = new Date(text)
  const exists =
    match !== null &&
    new Date(Date.UTC(year!, month! - 1, day!)).getUTCDate() === day &&
    month! <= 12 &&
    hour! <= 23 &&
    minute! <= 59 &&
    second! <= 59 &&
    offsetHour! <= 23 &&
    offsetMinute! <= 59
  if (!exists || Number.isNaN(date.getTime())) {
    throw usageError(`${label}: "${given}" is not a time`, {
      why: 'a time is RFC 3339, with an offset, or a date',
      fix: `use ${label} 2026-11-22T14:00:00Z`,
    })
  }
  return date
}

/** A time as the documents and the text have it: UTC, whole seconds. */
export function formatTime(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z')
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const LONGEST = 100 * 366 * 86_400_000

/**
 * Reads a duration: a whole number and one unit of `s`, `m`, `h`, `d`.
 *
 * @param label - The flag or setting it was given for.
 * @returns Milliseconds, at least one second and at most 100 years.
 */
export function parseDuration(text: string, label: string): number {
  const match = /^([1-9][0-9]{0,9})([smhd])$/.exec(text)
  const value = match ? Number(match[1]) * (UNITS[match[2] as string] as number) : Number.NaN
  if (!(value <= LONGEST)) {
    throw usageError(`${label}: "${text}" is not a duration`, {
      why: 'a duration is a whole number above zero and a unit: 30s, 15m, 12h, 30d',
      fix: `use ${label} ${/timeout$/i.test(label) ? '30s' : '30d'}`,
    })
  }
  return value
}

/** {@link parseDuration}, or `undefined` for `none`, which switches the option off. */
export function parseDurationOrNone(text: string, label: string): number | undefined {
  return text === 'none' ? undefined : parseDuration(text, label)
}

/** Like {@link parseDuration}; `none` is returned unchanged. */
export function durationOrNone(text: string, label: string): number | 'none' {
  return parseDurationOrNone(text, label) ?? 'none'
}
