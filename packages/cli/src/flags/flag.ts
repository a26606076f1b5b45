import type { SealwrightError } from '@sealwright/core'
import { Option } from 'commander'
import { usageError } from '../runtime/usage.ts'

type Read<T> = (text: string, label: string) => T

declare const VALUE: unique symbol

/** An option of commander that knows the type of its value. */
export type Flag<T> = Option & {
  readonly [VALUE]?: T
  /** Values that shell completion offers: all that there are, or the usual ones. */
  values?: readonly string[] | undefined
  isRepeatable?: boolean | undefined
}

/** The flags of a command by the names under which it reads them: those that commander derives, `--cert-chain` as `certChain`. */
export type FlagSet = Readonly<Record<string, Flag<unknown>>>

/** What was given for each flag of a set; a flag that was not given is `undefined`. */
export type FlagValues<Flags extends FlagSet> = {
  readonly [Name in keyof Flags]?: Flags[Name] extends Flag<infer T> ? T | undefined : never
}

/** An option with one value; given twice it is refused, since one of the two would be ignored. */
export function single<T = string>(flags: string, description: string, read?: Read<T>): Flag<T> {
  const option = new Option(flags, description)
  return option.argParser((text: string, previous: unknown) => {
    if (previous !== undefined) throw givenTwice(labelOf(option))
    return readValue(text, option, read)
  })
}

/** An option that may be given again; its values are a list. */
export function repeatable<T = string>(
  flags: string,
  description: string,
  read?: Read<T>,
): Flag<readonly T[]> {
  const option: Flag<readonly T[]> = new Option(flags, `${description} (repeatable)`)
  option.isRepeatable = true
  return option.argParser((text: string, previous: unknown) => [
    ...((previous as unknown[] | undefined) ?? []),
    readValue(text, option, read),
  ])
}

/** An option with one value out of `choices`, which the help lists where the description does not. */
export function choice<const T extends string>(
  flags: string,
  description: string,
  choices: readonly T[],
): Flag<T> {
  const isListed = choices.every(each => description.includes(each))
  const whole = isListed ? description : `${description}: ${choices.join(', ')}`
  const flag = single(flags, whole, (text, label) => {
    const chosen = choices.find(each => each === text)
    if (chosen !== undefined) return chosen
    throw usageError(`${label} does not take "${text}"`, {
      why: `it takes ${choices.join(', ')}`,
      fix: `use ${label} ${choices[0]}`,
    })
  })
  return suggesting(flag, choices)
}

/** The flag, for which shell completion offers `values`; it takes others too, unless its reader refuses them. */
export function suggesting<T>(flag: Flag<T>, values: readonly string[]): Flag<T> {
  flag.values = values
  return flag
}

/** An option without a value. */
export function toggle(flags: string, description: string): Flag<true> {
  return new Option(flags, description)
}

/** An option without a value that switches something off: `--no-input` is read as `input`, which is `false`. */
export function off(flags: `--no-${string}`, description: string): Flag<false> {
  return new Option(flags, description)
}

/** Reads a whole number of at least one. */
export function count(text: string, label: string): number {
  if (/^[1-9][0-9]{0,6}$/.test(text)) return Number(text)
  throw usageError(`${label}: "${text}" is not a count`, {
    why: 'it takes a whole number from 1 to 9999999',
    fix: `use ${label} 8`,
  })
}

function readValue<T>(text: string, option: Option, read: Read<T> | undefined): T | string {
  const label = labelOf(option)
  // `--format --dry-run` forgot a value; taking the next flag for it would ignore that flag.
  if (/^--|^-[a-z]/i.test(text))
    throw missingValue(label, option.flags, `the next word is the option ${text}`)
  if (text === '') throw missingValue(label, option.flags, 'its value is empty')
  return read === undefined ? text : read(text, label)
}

function labelOf(option: Option): string {
  return option.long ?? option.flags
}

/** The error of an option without its value. `flags` as they were declared: `--format <form>`. */
export function missingValue(label: string, flags: string, why: string): SealwrightError {
  const placeholder = placeholderOf(flags) ?? 'value'
  return usageError(`${label} needs a value`, { why, fix: `use ${label} ${placeholder.toUpperCase()}` })
}

/** What stands for the value of an option, as it was declared: `form` of `--format <form>`. */
export function placeholderOf(flags: string): string | undefined {
  return /<(.*)>/.exec(flags)?.[1]
}

function givenTwice(label: string): SealwrightError {
  return usageError(`${label} was given more than once`, {
    why: 'it takes one value, and the others would be ignored',
    fix: `give ${label} once`,
  })
}
