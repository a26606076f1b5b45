import type { SealwrightError } from '@sealwright/core'
import type { Command, CommanderError } from 'commander'
import { usageError } from '../frame/usage.ts'
import { pathOf } from './command-path.ts'
import { commandElsewhere, type Elsewhere, flagElsewhere } from './elsewhere.ts'

/** A wrong call as one error: what is wrong, why, and the one thing to do. */
export function explain(error: CommanderError, command: Command): SealwrightError {
  const words = pathOf(command)
  const name = ['sealwright', ...words].join(' ')
  const [head, suggestion] = split(error.message)
  const help = `${name} --help`
  switch (error.code) {
    case 'commander.help':
      return usageError(`${name} needs a command`, {
        why: `it has ${command.commands.map(child => child.name()).join(', ')}`,
        fix: help,
      })
    case 'commander.unknownCommand': {
      const unknown = command.args
      const known = commandElsewhere([...words, ...unknown])
      return usageError(`"${name} ${unknown[0]}" is no command`, elsewhere(known, suggestion, help, name))
    }
    case 'commander.unknownOption': {
      const flag = /'(.*)'$/s.exec(head)?.[1] ?? head
      return usageError(`${name} has no option ${flag}`, elsewhere(flagElsewhere(flag), suggestion, help))
    }
    case 'commander.excessArguments':
      return usageError(`${name} takes fewer arguments`, { why: head, fix: help })
    default:
      return usageError(head, { why: `as called: ${name}`, fix: help })
  }
}

function elsewhere(
  known: Elsewhere | undefined,
  suggestion: string | undefined,
  help: string,
  prefix?: string,
): { why?: string; fix: string } {
  if (known) {
    return { why: `"${known.there}" of ${known.from} is "${known.here}" here`, fix: known.here }
  }
  if (suggestion === undefined) return { fix: help }
  return {
    why: `did you mean ${suggestion}?`,
    fix: prefix ? `${prefix} ${suggestion}` : `use ${suggestion}, or see ${help}`,
  }
}

/** commander's message without its prefix, and the names it suggests. */
function split(message: string): [string, string | undefined] {
  const [head = '', tail] = message.replace(/^error: /, '').split('\n(Did you mean ')
  return [head, tail?.replace(/^one of /, '').replace(/\?\)$/, '')]
}
