import type { JsonValue, PositionedJson } from '@sealwright/core/encoding'
import type { PolicyFault } from './policy.ts'

export type PolicyPath = readonly (string | number)[]
export type Members = Readonly<Record<string, JsonValue>>

/**
 * Reads members of a policy file by type and collects what is wrong, with its place. `null` is an absent member, as the
 * reference reads it.
 */
export class PolicyFaults {
  readonly #json: PositionedJson
  readonly #faults: PolicyFault[] = []

  constructor(json: PositionedJson) {
    this.#json = json
  }

  get fatal(): boolean {
    return this.#faults.some(fault => fault.severity === 'error')
  }

  sorted(): readonly PolicyFault[] {
    return this.#faults.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
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
      if (known.includes(name)) continue
      const meant = known.find(candidate => fold(candidate) === fold(name))
      // Go's decoder would take it for the member of the right case, and this one would not: two readings of one file.
      if (meant !== undefined)
        this.error([...path, name], `member ${JSON.stringify(name)} must be written ${JSON.stringify(meant)}`)
      else this.#add('warning', [...path, name], `unknown member ${JSON.stringify(name)}; it has no effect`)
    }
    return members
  }

  text(members: Members, path: PolicyPath, name: string): string | undefined {
    const value = members[name] ?? undefined
    if (value === undefined || typeof value === 'string') return value
    this.error([...path, name], `${name} is a string`)
    return undefined
  }

  boolean(members: Members, path: PolicyPath, name: string): boolean | undefined {
    const value = members[name] ?? undefined
    if (value === undefined || typeof value === 'boolean') return value
    this.error([...path, name], `${name} is true or false`)
    return undefined
  }

  array(members: Members, path: PolicyPath, name: string): readonly JsonValue[] | undefined {
    const value = members[name] ?? undefined
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

  #add(severity: PolicyFault['severity'], path: PolicyPath, message: string): void {
    const statement = this.#statementName(path)
    this.#faults.push({
      severity,
      message,
      ...(statement === undefined ? {} : { statement }),
      ...this.#position(path),
    })
  }

  /** Where the member stands, or the nearest thing around it if it is missing. */
  #position(path: PolicyPath): { line?: number; column?: number } {
    for (let length = path.length; length >= 0; length--) {
      const position = this.#json.position(path.slice(0, length))
      if (position !== undefined) return position
    }
    return {}
  }

  #statementName(path: PolicyPath): string | undefined {
    if (path[0] !== 'trustPolicies' || path.length < 2) return undefined
    const { trustPolicies } = this.#json.value as { trustPolicies?: readonly { name?: unknown }[] }
    const name = trustPolicies?.[path[1] as number]?.name
    return typeof name === 'string' && name !== '' ? name : undefined
  }
}

/** Go folds simple case pairs; the two letters outside ASCII that fold into it are U+017F and U+212A. */
function fold(name: string): string {
  return name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase()
}
