import { Command, type Option } from 'commander'
import { addGlobalFlags } from './global-flags.ts'
import { ARGUMENTS } from './help.ts'
import type { Run } from './invocation.ts'
import { addRegistryFlags } from './registry-flags.ts'

/** One command as it is declared: what the parser and the help need, and where its code is. */
export interface Leaf {
  readonly name: string
  /** As commander has them: `<target...>`. */
  readonly args?: string
  /** What an argument is, where it is not what the help says of every argument of that name. */
  readonly about?: Readonly<Record<string, string>>
  readonly summary: string
  /** Made when the command is called, or its help is asked for. */
  options?(): readonly Option[]
  readonly registry?: boolean
  /** It signs, and `sealwright.json` of the working directory says how. No other command reads that file. */
  readonly project?: boolean
  /** Under `-q` it prints the references that it resolved. */
  readonly resolves?: boolean
  readonly examples?: readonly string[]
  load(): Promise<Run>
}

export interface Group {
  readonly name: string
  readonly summary: string
  readonly leaves: readonly Leaf[]
}

/** What the parser is told when a command was found. */
export type Found = (leaf: Leaf, command: Command) => void

/** The commander command of a leaf. */
export function leafCommand(leaf: Leaf, found: Found): Command {
  const command = new Command(leaf.name).description(leaf.summary)
  if (leaf.args) command.arguments(leaf.args)
  for (const argument of command.registeredArguments)
    argument.description = leaf.about?.[argument.name()] ?? ARGUMENTS[argument.name()] ?? ''
  for (const option of leaf.options?.() ?? []) command.addOption(option)
  if (leaf.registry) addRegistryFlags(command)
  addGlobalFlags(command, leaf.resolves ? 'print resolved references only' : 'print nothing but errors')
  if (leaf.examples) {
    command.addHelpText('after', `\nExamples:\n${leaf.examples.map(line => `  ${line}`).join('\n')}`)
  }
  return command.action(() => found(leaf, command))
}
