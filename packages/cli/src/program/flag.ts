import type { SealwrightError } from '@sealwright/core'
import { Option } from 'commander'
import { usageError } from '../frame/usage.ts'

type Read<T> = (text: string, label: string) => T

/** An option with one value; given twice it is refused, since one of the two would be ignored. */
export function single<T = string>(flags: string, description: string, read?: Read<T>): Option {
  const option = new Option(flags, description)
  return option.argParser((text: string, previous: unknown) => {
    if (previous !== undefined) throw givenTwice(labelOf(option))
    return readValue(text, option, read)
  })
}

/** An option that may be given again; its values are a list. */
export function repeatable<T = string>(flags: string, description: string, read?: Read<T>): Option {
  const option = new Option(flags, `${description} (repeatable)`)
  return option.argParser((text: string, previous: unknown) => [
    ...((previous as unknown[] | undefined) ?? []),
    readValue(text, option, read),
  ])
}

/** An option with one value out of `choices`, which the help lists where the description does not. */
export function choice(flags: string, description: string, choices: readonly string[]): Option {
  const isListed = choices.every(each => description.includes(each))
  const whole = isListed ? description : `${description}: ${choices.join(', ')}`
  return single(flags, whole, (text, label) => {
    if (choices.includes(text)) return text
    throw usageError(`${label} does not take "${text}"`, {
      why: `it takes ${choices.join(', ')}`,
      fix: `use ${label} ${choices[0]}`,
    })
  })
}

/** An option without a value. */
export function toggle(flags: string, description: string): Option {
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
  const placeholder = /<(.*)>/.exec(flags)?.[1] ?? 'value'
  return usageError(`${label} needs a value`, { why, fix: `use ${label} ${placeholder.toUpperCase()}` })
}

function givenTwice(label: string): SealwrightError {
  return usageError(`${label} was given more than once`, {
    why: 'it takes one value, and the others would be ignored',
    fix: `give ${label} once`,
  })
}
