import { Command } from 'commander'
import { addGlobalFlags } from '../flags/global-flags.ts'
import { ARGUMENTS } from '../flags/help.ts'
import { VERSION } from '../runtime/version.ts'
import type { CommandGroup, CommandSpec } from '../session/command.ts'
import type { Program } from './program.ts'

/** Called when the parser has found the command that was named, with the flags that it was declared with. */
export type OnCommand = (
  spec: CommandSpec,
  flags: ReturnType<NonNullable<CommandSpec['flags']>>,
  command: Command,
) => void

/**
 * Builds the commander program, empty of values.
 *
 * @param words - Only commands that occur among them get their arguments and flags; the others are listed with their
 *   summaries, and can be suggested. See docs/decisions/0012-start-time.md.
 */
export function buildProgram(program: Program, words: readonly string[], onCommand: OnCommand): Command {
  const { name, summary, version, fixedFlags } = program
  const root = new Command(name).version(VERSION, version.flags, version.description).description(summary)
  if (fixedFlags === undefined) root.helpCommand(false)
  else root.helpCommand('help [command]', 'show this help')
  finish(root, program)
  for (const entry of program.commands) {
    root.addCommand(
      'commands' in entry
        ? buildGroup(entry, program, words, onCommand)
        : buildCommand(entry, program, words, onCommand),
      { hidden: 'hidden' in entry && entry.hidden === true },
    )
  }
  return root
}

function buildGroup(
  { name, summary, commands }: CommandGroup,
  program: Program,
  words: readonly string[],
  onCommand: OnCommand,
): Command {
  const group = new Command(name).description(summary)
  if (!words.includes(name)) return group
  finish(group.helpCommand(false), program)
  for (const spec of commands) group.addCommand(buildCommand(spec, program, words, onCommand))
  return group
}

function buildCommand(
  spec: CommandSpec,
  program: Program,
  words: readonly string[],
  onCommand: OnCommand,
): Command {
  const command = new Command(spec.name).description(spec.summary)
  if (!words.includes(spec.name)) return command
  if (spec.args) command.arguments(spec.args)
  for (const argument of command.registeredArguments)
    argument.description = spec.about?.[argument.name()] ?? ARGUMENTS[argument.name()] ?? ''
  const flags = spec.flags?.() ?? {}
  for (const flag of Object.values(flags)) command.addOption(flag)
  finish(command, program, spec.resolves ? 'print resolved references only' : 'print nothing but errors')
  if (spec.examples)
    command.addHelpText('after', `\nExamples:\n${spec.examples.map(line => `  ${line}`).join('\n')}`)
  return command.action(() => onCommand(spec, flags, command))
}

/** Adds what every command of the program has. */
function finish(command: Command, { fixedFlags }: Program, quiet?: string): Command {
  return fixedFlags === undefined
    ? addGlobalFlags(command, quiet).enablePositionalOptions()
    : command.helpOption('-h, --help', 'show this help')
}
