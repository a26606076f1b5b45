import type { Command } from 'commander'

/** The words after the program's name that lead to a command. */
export function pathOf(command: Command): string[] {
  return command.parent ? [...pathOf(command.parent), command.name()] : []
}
