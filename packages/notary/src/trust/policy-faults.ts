import { isSealwrightError } from '@sealwright/core'
import { decodeJsonWithPositions, type JsonValue, type PositionedJson } from '@sealwright/core/encoding'
import type { PolicyFault } from './policy.ts'

export type PolicyPath = readonly (string | number)[]
export type Members = Readonly<Record<string, JsonValue>>

/** For an object whose members have names of the user's choice. */
export const ANY: readonly string[] = []

/** Of each severity: a hostile file could make its faults cost without end. */
const MAX_FAULTS = 100

/** How a kind of policy is read. */
export interface PolicyReading {
  /** The member that holds the statements. */
  readonly statements: string
  /** A member of another name is an error, and so is `null`. */
  readonly strict: boolean
}

/** As the reference reads its policy: `null` is an absent member, and one that means nothing is left alone. */
const NOTATION: PolicyReading = { statements: 'trustPolicies', strict: false }

/** Reads members of a policy file by type and collects what is wrong, with its place: the first 100 errors and warnings. */
export class PolicyFaults {
  readonly #json: PositionedJson
  readonly #reading: PolicyReading
  readonly #faults: (PolicyFault & { readonly path: PolicyPath })[] = []
  readonly #counts = { error: 0, warning: 0 }

  constructor(json: PositionedJson, reading: PolicyReading = NOTATION) {
    this.#json = json
    this.#reading = reading
  }

  get fatal(): boolean {
    return this.#counts.error > 0
  }

  sorted(): readonly PolicyFault[] {
    const positions = this.#json.nearestPositions(this.#faults.map(({ path }) => path))
    return this.#faults
      .map(({ path: _, ...fault }, index): PolicyFault => ({ ...fault, ...positions[index] }))
      .toSorted((a, b) => a.line! - b.line! || a.column! - b.column!)
  }

  error(path: PolicyPath, message: string): void {
    this.#add('error', path, message)
  }

  warning(path: PolicyPath, message: string): void {
    this.#add('warning', path, message)
  }

  /** Checks the names of the members of an object against those that have a meaning. */
  object(value: JsonValue, path: PolicyPath, known: readonly string[], what: string): Members | undefined {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      this.error(path, `${what} is an object`)
      return undefined
    }
    const members = value as Members
    for (const name of Object.keys(members)) {
      if (this.#counts.error > MAX_FAULTS) break
      if (known === ANY || known.includes(name)) continue
      const meant = known.find(candidate => fold(candidate) === fold(name))
      // Go's decoder would take it for the member of the right case, and this one would not: two readings of one file.
      if (meant !== undefined)
        this.error([...path, name], `member ${JSON.stringify(name)} must be written ${JSON.stringify(meant)}`)
      else if (this.#reading.strict)
        this.error([...path, name], `unknown member ${quoted(name)}; ${what} has ${known.join(', ')}`)
      else this.#add('warning', [...path, name], `unknown member ${JSON.stringify(name)}; it has no effect`)
    }
    return members
  }

  text(members: Members, path: PolicyPath, name: string): string | undefined {
    const value = this.#value(members, name)
    if (value === undefined || typeof value === 'string') return value
    this.error([...path, name], `${name} is a string`)
    return undefined
  }

  boolean(members: Members, path: PolicyPath, name: string): boolean | undefined {
    const value = this.#value(members, name)
    if (value === undefined || typeof value === 'boolean') return value
    this.error([...path, name], `${name} is true or false`)
    return undefined
  }

  array(members: Members, path: PolicyPath, name: string): readonly JsonValue[] | undefined {
    const value = this.#value(members, name)
    if (value === undefined || Array.isArray(value)) return value as readonly JsonValue[] | undefined
    this.error([...path, name], `${name} is a list`)
    return undefined
  }

  texts(members: Members, path: PolicyPath, name: string): readonly string[] {
    const values = this.array(members, path, name) ?? []
    return values.map((value, index) => {
      if (typeof value === 'string') return value
      this.error([...path, name, index], `${name} holds strings`)
      return ''
    })
  }

  #value(members: Members, name: string): JsonValue | undefined {
    return this.#reading.strict ? members[name] : (members[name] ?? undefined)
  }

  #add(severity: PolicyFault['severity'], path: PolicyPath, message: string): void {
    if (this.#counts[severity]++ >= MAX_FAULTS) return
    const statement = this.#statementName(path)
    this.#faults.push({ severity, message, ...(statement === undefined ? {} : { statement }), path })
  }

  #statementName(path: PolicyPath): string | undefined {
    const { statements } = this.#reading
    if (path[0] !== statements || path.length < 2) return undefined
    const list = (this.#json.value as Record<string, readonly { name?: unknown }[] | undefined>)[statements]
    const name = list?.[path[1] as number]?.name
    return typeof name === 'string' && name !== '' ? name : undefined
  }
}

/** Go folds simple case pairs; the two letters outside ASCII that fold into it are U+017F and U+212A. */
function fold(name: string): string {
  return name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase()
}

/** A text from a policy as messages show it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}

/** Decodes a policy file, or says what is wrong with its syntax. At most 4 MiB, 100,000 values and 64 levels. */
export function readPolicyJson(
  input: Uint8Array | string,
  label: string,
):
  | { readonly json: PositionedJson; readonly fault?: undefined }
  | { readonly fault: PolicyFault; readonly json?: undefined } {
  try {
    return { json: decodeJsonWithPositions(input, { label }) }
  } catch (error) {
    if (!isSealwrightError(error) || error.code !== 'VALIDATION') throw error
    return { fault: syntaxFault(error.message, label) }
  }
}

/** The decoder says where in the text of its message alone. */
function syntaxFault(message: string, label: string): PolicyFault {
  const text = message.startsWith(`${label}: `) ? message.slice(label.length + 2) : message
  const where = / at line (\d+), column (\d+)$/.exec(text)
  if (where === null) return { severity: 'error', message: `not JSON: ${text}` }
  return {
    severity: 'error',
    message: `not JSON: ${text.slice(0, where.index)}`,
    line: Number(where[1]),
    column: Number(where[2]),
  }
}
