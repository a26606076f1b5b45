import { isSealwrightError } from '@sealwright/core'
import { type JsonValue, parseRfc3339 } from '@sealwright/core/encoding'
import { ANY, type Members, type PolicyFaults, type PolicyPath, quoted } from '../trust/policy-faults.ts'

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const
const DURATION = /^([1-9]\d{0,9})([smhd])$/
const LONGEST_MS = 100 * 366 * UNITS.d
/** Longest text that is not bounded by its own form: names, identities, URIs. */
const MAX_TEXT = 2048

/** Reads a duration: a whole number and one unit, `30d`, `24h`. */
export function readDuration(
  members: Members,
  path: PolicyPath,
  name: string,
  faults: PolicyFaults,
): number | undefined {
  const text = faults.text(members, path, name)
  if (text === undefined) return undefined
  const [, number, unit] = DURATION.exec(text) ?? []
  const ms = Number(number) * UNITS[unit as keyof typeof UNITS]
  if (ms <= LONGEST_MS) return ms
  faults.error(
    [...path, name],
    `${name} ${quoted(text)} is not a duration: a whole number and s, m, h or d, as in "30d"; at most 100 years`,
  )
  return undefined
}

/** Writes milliseconds in the largest unit that is whole. */
export function formatDuration(ms: number): string {
  const [unit, size] = Object.entries(UNITS).find(([, each]) => ms % each === 0) ?? ['s', UNITS.s]
  return `${Math.ceil(ms / size)}${unit}`
}

/** Reads an RFC 3339 time, any offset. */
export function readTime(
  members: Members,
  path: PolicyPath,
  name: string,
  faults: PolicyFaults,
): Date | undefined {
  const text = faults.text(members, path, name)
  if (text === undefined) return undefined
  try {
    return parseRfc3339(text, name)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    faults.error(
      [...path, name],
      `${name} ${quoted(text)} is not an RFC 3339 time, as in "2027-06-30T00:00:00Z"`,
    )
    return undefined
  }
}

/** Reads one of some words. */
export function readChoice<T extends string>(
  { members, path, faults }: MemberPlace,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = faults.text(members, path, name)
  const found = choices.find(choice => choice === text)
  if (text !== undefined && found === undefined)
    faults.error([...path, name], `${name} is one of ${choices.join(', ')}, not ${quoted(text)}`)
  return found
}

/** An object of a policy file: what its members are read from. */
export interface MemberPlace {
  readonly members: Members
  readonly path: PolicyPath
  readonly faults: PolicyFaults
}

/** Reads a list of texts that are all different: at least one, and at most `most`. */
export function readTexts(
  { members, path, faults }: MemberPlace,
  name: string,
  most: number,
): readonly string[] {
  const at = [...path, name]
  const list = faults.array(members, path, name)
  if (list === undefined) {
    if (members[name] === undefined) faults.error(at, `${name} is missing`)
    return []
  }
  if (list.length === 0) faults.error(at, `${name} is empty`)
  if (list.length > most) {
    faults.error(at, `${name} has ${list.length} entries, more than ${most}`)
    return []
  }
  const seen = new Set<JsonValue>()
  return list.map((value, index) => {
    const fault =
      textFault(value) ?? (seen.has(value) ? `${quoted(String(value))} is there twice` : undefined)
    seen.add(value)
    if (fault === undefined) return value as string
    faults.error([...at, index], `${name}: ${fault}`)
    return ''
  })
}

/** Reads a text that must be there and must not be empty. */
export function readText({ members, path, faults }: MemberPlace, name: string): string | undefined {
  const text = faults.text(members, path, name)
  if (text === undefined) {
    if (members[name] === undefined) faults.error(path, `${name} is missing`)
    return undefined
  }
  const fault = textFault(text)
  if (fault === undefined) return text
  faults.error([...path, name], `${name}: ${fault}`)
  return undefined
}

/** Reads an object whose members are texts. */
export function readTextMembers(
  { members, path, faults }: MemberPlace,
  name: string,
  most: number,
): Readonly<Record<string, string>> | undefined {
  const value = members[name]
  if (value === undefined) return undefined
  const at = [...path, name]
  const known = Object.keys(Object(value))
  const found = faults.object(value, at, ANY, name)
  if (found === undefined) return undefined
  if (known.length === 0 || known.length > most) {
    faults.error(at, known.length === 0 ? `${name} is empty` : `${name} has more than ${most} members`)
    return undefined
  }
  const texts: Record<string, string> = Object.create(null)
  for (const key of known) {
    const text = found[key]!
    const fault = textFault(text)
    if (fault !== undefined) faults.error([...at, key], `${name}: ${fault}`)
    texts[key] = String(text)
  }
  return texts
}

function textFault(value: JsonValue): string | undefined {
  if (typeof value !== 'string') return 'a string is expected'
  if (value === '') return 'an empty text'
  if (value.length > MAX_TEXT) return `a text of more than ${MAX_TEXT} characters`
  return /\p{Cc}/u.test(value) ? 'a text with a control character' : undefined
}

/** Why a path may not be read as a file of the trust directory; `undefined` if nothing is wrong with it. */
export function pathFault(path: string): string | undefined {
  if (path.includes('\\')) return 'folders are separated by "/", on every system'
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'the path is relative to the trust directory'
  const parts = path.split('/')
  if (parts.includes('..')) return 'the path may not leave the trust directory'
  if (parts.includes('.') || parts.includes('')) return 'the path has a part "." or an empty one'
  return undefined
}
