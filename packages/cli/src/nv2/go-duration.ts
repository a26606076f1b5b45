import { usageError } from '../frame/usage.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
const LONGEST = 100 * 366 * 86_400

/**
 * Reads a duration as the prototype did, by Go's `time.ParseDuration` (`8760h`, `1h30m`), in whole units, and days beside.
 *
 * @param label - The flag it was given for.
 * @returns Milliseconds: at least one second and at most 100 years.
 */
export function parseGoDuration(text: string, label: string): number {
  const isOne = /^(?:[0-9]{1,10}[smhd])+$/.test(text)
  let seconds = isOne ? 0 : Number.NaN
  for (const [, digits, unit] of text.matchAll(/([0-9]+)([smhd])/g))
    seconds += Number(digits) * (UNITS[unit as string] as number)
  if (!(seconds >= 1 && seconds <= LONGEST)) {
    throw usageError(`${label}: "${text}" is not a duration`, {
      why: 'a duration is made of whole numbers and units: 8760h, 1h30m, 90d',
      fix: `use ${label} 8760h`,
    })
  }
  return seconds * 1000
}
