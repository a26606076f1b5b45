import type { DerValue } from './der.ts'
import { DER_TAGS } from './der-types.ts'
import { invalid } from './invalid.ts'

/**
 * UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 has them: with seconds, in UTC, without a fraction. UTCTime is 1950 to
 * 2049.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function derTime(value: DerValue | undefined, label: string): Date {
  if (value?.tag !== DER_TAGS.utcTime && value?.tag !== DER_TAGS.generalizedTime)
    throw invalid(label, 'DER time expected')
  const text = Buffer.from(value.contents).toString('latin1')
  const yearDigits = value.tag === DER_TAGS.utcTime ? 2 : 4
  if (text.length !== yearDigits + 11 || !/^\d+Z$/.test(text)) throw invalid(label, 'DER time malformed')
  const short = text.slice(0, yearDigits)
  const year = yearDigits === 4 ? short : `${Number(short) < 50 ? 20 : 19}${short}`
  const [month, day, hour, minute, second] = text.slice(yearDigits).match(/\d\d/g)!
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const time = new Date(iso)
  // A date that does not exist is refused or moved by Date; either way it does not print as it was written.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso)
    throw invalid(label, 'DER time that does not exist')
  return time
}
