import { usageError } from './usage.ts'

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
      fix: `use ${label} ${label === '--timeout' ? '30s' : '30d'}`,
    })
  }
  return value
}

/** {@link parseDuration}, or `undefined` for `none`, which switches the option off. */
export function parseDurationOrNone(text: string, label: string): number | undefined {
  return text === 'none' ? undefined : parseDuration(text, label)
}
