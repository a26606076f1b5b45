import type { KeyLock } from '@sealwright/keyring'
import manifest from '../../../package.json' with { type: 'json' }
import { formatTime } from '../../runtime/time.ts'
import { type Check, fault, ok } from './check.ts'

/** Clocks of two machines may differ by this much. */
const TOLERANCE_MS = 5 * 60_000
/** No release is older. */
const FIRST_RELEASE = new Date('2026-01-01T00:00:00Z')

/** Whether this Node is one that the program was tested with. */
export function checkNode(version: string = process.versions.node): Check {
  const { node: range } = manifest.engines
  const found = `Node ${version}, OpenSSL ${process.versions.openssl}`
  return isIn(version, range) ? ok('node', found) : fault('node', found, `use a Node of ${range}`)
}

/** Whether a version is in a range of `^A.B.C` and `>=A`, separated by `||`. */
export function isIn(version: string, range: string): boolean {
  const actual = version.split('.').map(Number)
  return range.split('||').some(part => {
    const [, operator, text = ''] = /^(\^|>=)([0-9.]+)$/.exec(part.trim()) ?? []
    const wanted = text.split('.').map(Number)
    return (operator !== '^' || actual[0] === wanted[0]) && compare(actual, wanted) >= 0
  })
}

function compare(one: readonly number[], other: readonly number[]): number {
  const index = [0, 1, 2].find(each => (one[each] ?? 0) !== (other[each] ?? 0)) ?? 0
  return (one[index] ?? 0) - (other[index] ?? 0)
}

/** Whether the clock can be right: it is not before what has happened already. Nobody is asked for the time. */
export function checkClock(now: Date, lock: KeyLock | undefined): Check {
  const known = Object.values(lock?.keys ?? {}).flatMap(({ lockedAt }) =>
    lockedAt === undefined ? [] : [new Date(lockedAt)],
  )
  const latest = [FIRST_RELEASE, ...known].reduce((one, other) => (one > other ? one : other))
  if (now.getTime() >= latest.getTime() - TOLERANCE_MS) return ok('clock', formatTime(now))
  return fault(
    'clock',
    `it says ${formatTime(now)}, and something happened here at ${formatTime(latest)}`,
    'set the clock: signatures, certificates and most key stores depend on it',
  )
}
