import type { SealwrightError } from '@sealwright/core'
import type { Command, CommanderError } from 'commander'
import { usageError } from '../frame/usage.ts'
import { pathOf } from './command-path.ts'
import { commandElsewhere, type Elsewhere, flagElsewhere } from './elsewhere.ts'
import { missingValue } from './flag.ts'

/** A wrong call of a program as one error: what is wrong, why, and the one thing to do. */
export function explain(error: CommanderError, command: Command, program = 'sealwright'): SealwrightError {
  const words = pathOf(command)
  const name = [program, ...words].join(' ')
  const [head, suggestion] = split(error.message)
  const help = `${name} --help`
  const habits = program === 'sealwright'
  /** What the message quotes: an option, an argument. */
  const quoted = /'(.*?)'/s.exec(head)?.[1] ?? ''
  switch (error.code) {
    case 'commander.help':
      return usageError(`${name} needs a command`, {
        why: `the commands are ${namesOf(command)}`,
        fix: help,
      })
    case 'commander.unknownCommand':
      return unknownCommand(name, [...words, ...command.args], command.args[0] ?? '', habits, suggestion)
    case 'commander.unknownOption':
      return usageError(
        `unknown option ${quoted}`,
        elsewhere(habits ? flagElsewhere(quoted) : undefined, suggestion, help),
      )
    case 'commander.missingArgument': {
      const about = command.registeredArguments.find(argument => argument.name() === quoted)?.description
      return usageError(`${name} needs ${quoted.toUpperCase()}`, {
        ...(about ? { why: about } : {}),
        fix: help,
      })
    }
    case 'commander.optionMissingArgument':
      return missingValue(/--[\w-]+/.exec(quoted)?.[0] ?? quoted, quoted, 'nothing follows it')
    case 'commander.excessArguments': {
      const most = command.registeredArguments.length
      return usageError(
        `${name} takes ${most === 0 ? 'no arguments' : `at most ${most} argument${most === 1 ? '' : 's'}`}`,
        {
          why: `${JSON.stringify(command.args[most])} is one more`,
          fix: help,
        },
      )
    }
    default:
      return usageError(`${name} cannot be called like that`, { why: head, fix: help })
  }
}

/** The error of a word that no command has. */
export function unknownCommand(
  name: string,
  words: readonly string[],
  word: string,
  habits: boolean,
  suggestion?: string,
): SealwrightError {
  return usageError(
    `unknown command "${word}"`,
    elsewhere(habits ? commandElsewhere(words) : undefined, suggestion, `${name} --help`, name),
  )
}

function namesOf(command: Command): string {
  return command
    .createHelp()
    .visibleCommands(command)
    .map(child => child.name())
    .join(', ')
}

function elsewhere(
  known: Elsewhere | undefined,
  suggestion: string | undefined,
  help: string,
  prefix?: string,
): { why?: string; fix: string } {
  if (known) {
    return { why: `"${known.there}" of ${known.from} is "${known.here}" here`, fix: known.fix ?? known.here }
  }
  if (suggestion === undefined) return { fix: help }
  const [first] = suggestion.split(', ')
  return {
    why: `did you mean ${suggestion}?`,
    fix: prefix ? `${prefix} ${first}` : `use ${first}, or see ${help}`,
  }
}

/** commander's message without its prefix, and the names it suggests. */
function split(message: string): [string, string | undefined] {
  const [head = '', tail] = message.replace(/^error: /, '').split('\n(Did you mean ')
  return [head, tail?.replace(/^one of /, '').replace(/\?\)$/, '')]
}
