import { dirname, resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { decodeJsonWithPositions, type JsonValue, type PositionedJson } from '@sealwright/core/encoding'
import { ownFixOf } from '../runtime/fixes.ts'
import { usageError } from '../runtime/usage.ts'

type Path = readonly (string | number)[]
export type Members = Readonly<Record<string, (place: Place) => unknown>>

/** One value of a configuration file and where it stands, so that every fault names line and column. */
export class Place {
  readonly #file: PositionedJson
  readonly #label: string
  readonly path: Path
  readonly value: JsonValue | undefined

  constructor(file: PositionedJson, label: string, path: Path, value: JsonValue | undefined) {
    this.#file = file
    this.#label = label
    this.path = path
    this.value = value
  }

  fail(what: string, fix?: string): never {
    const at = this.#file.position(this.path)
    throw usageError(
      `${this.#label}${at ? `:${at.line}:${at.column}` : ''}: ${what}`,
      fix === undefined ? {} : { fix },
    )
  }

  text(): string {
    if (typeof this.value !== 'string' || this.value === '') return this.fail(`${this.name} must be text`)
    return this.value
  }

  flag(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.fail(`${this.name} must be true or false`)
  }

  /** A whole number above zero. */
  count(): number {
    const { value } = this
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
    return this.fail(`${this.name} must be a whole number above zero`)
  }

  /** A path; a relative one means a file beside this one, wherever the program was started. */
  file(): string {
    return resolve(dirname(this.#label), this.text())
  }

  oneOf<T extends string>(...choices: readonly T[]): T {
    const found = choices.find(choice => choice === this.value)
    return found ?? this.fail(`${this.name} must be one of ${choices.join(', ')}`)
  }

  list<T>(read: (place: Place) => T): T[] {
    if (!Array.isArray(this.value)) return this.fail(`${this.name} must be a list`)
    return this.value.map((value, index) =>
      read(new Place(this.#file, this.#label, [...this.path, index], value)),
    )
  }

  /** The members of an object by name, whatever the names are. */
  record<T>(read: (place: Place, name: string) => T): Record<string, T> {
    return Object.fromEntries(this.#entries().map(([name, place]) => [name, read(place, name)]))
  }

  /** The members of an object whose names are known; any other is a fault. `refusal` says why. */
  object<M extends Members>(members: M, refusal?: string): { [K in keyof M]?: ReturnType<M[K]> } {
    const read: Record<string, unknown> = {}
    for (const [name, place] of this.#entries()) {
      if (!Object.hasOwn(members, name)) {
        place.fail(
          `${JSON.stringify(name)} ${refusal ?? 'is not known to this version'}`,
          `remove it; known here: ${Object.keys(members).join(', ')}`,
        )
      }
      read[name] = (members[name] as (place: Place) => unknown)(place)
    }
    return read as { [K in keyof M]?: ReturnType<M[K]> }
  }

  /** Runs a reader that throws a usage error of its own, and adds the place. */
  read<T>(reader: (text: string, label: string) => T): T {
    try {
      return reader(this.text(), this.name)
    } catch (error) {
      if (!isSealwrightError(error)) throw error
      return this.fail(error.message, ownFixOf(error))
    }
  }

  get name(): string {
    return this.path.length === 0 ? 'the file' : this.path.join('.')
  }

  #entries(): [string, Place][] {
    const { value } = this
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      return this.fail(`${this.name} must be an object`)
    return Object.entries(value as Record<string, JsonValue>).map(([name, member]) => [
      name,
      new Place(this.#file, this.#label, [...this.path, name], member),
    ])
  }
}

/** Reads a JSON file of ours. `label` is its path. */
export function placeOf(bytes: Uint8Array, label: string): Place {
  const file = decodeJsonWithPositions(bytes, { label, maxBytes: 1024 * 1024, maxDepth: 16 })
  return new Place(file, label, [], file.value)
}
