import { isSealwrightError } from '@sealwright/core'
import { InvalidArgumentError, Option } from 'commander'

type Read<T> = (text: string, label: string) => T

/** An option with one value; given twice it is refused, since one of the two would be ignored. */
export function single<T = string>(flags: string, description: string, read?: Read<T>): Option {
  const option = new Option(flags, description)
  return option.argParser((text: string, previous: unknown) => {
    if (previous !== undefined) throw new InvalidArgumentError('It was given more than once.')
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

/** An option with one value out of `choices`. */
export function choice(flags: string, description: string, choices: readonly string[]): Option {
  return single(flags, description, text => {
    if (!choices.includes(text)) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`)
    return text
  })
}

/** An option without a value. */
export function toggle(flags: string, description: string): Option {
  return new Option(flags, description)
}

/** Reads a whole number of at least one. */
export function count(text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above zero.')
  return Number(text)
}

function readValue<T>(text: string, option: Option, read: Read<T> | undefined): T | string {
  // `--format --dry-run` forgot a value; taking the next flag for it would ignore that flag.
  if (text.startsWith('--')) throw new InvalidArgumentError('A value is missing before the next option.')
  if (text === '') throw new InvalidArgumentError('It is empty.')
  if (read === undefined) return text
  try {
    return read(text, option.long ?? option.flags)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw new InvalidArgumentError(error.why ?? error.message)
  }
}
