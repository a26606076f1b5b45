import { isSealwrightError } from '@sealwright/core'
import { Command, CommanderError } from 'commander'
import type { Io } from '../frame/io.ts'
import { VERSION } from '../frame/version.ts'
import { captured } from '../program/captured.ts'
import { explain } from '../program/explain.ts'
import type { GlobalFlags } from '../program/global-flags.ts'
import type { Invocation, Run } from '../program/invocation.ts'
import type { Tool, ToolCommand } from './tool.ts'

/** These programs have none of the flags of `sealwright`: they print text, and ask where there is a terminal. */
const FLAGS: GlobalFlags = {
  output: 'text',
  quiet: false,
  verbose: false,
  debug: false,
  color: 'auto',
  input: true,
  yes: false,
  offline: false,
}

/** Parses the arguments of a tool; what it does not know becomes an invocation that fails with `VALIDATION`. */
export function parseTool(tool: Tool, argv: readonly string[], io: Pick<Io, 'stdout'>): Invocation {
  let found: Invocation | undefined
  const program = new Command(tool.name)
    .description(tool.summary)
    .version(`${tool.name} ${VERSION}`, '-v, --version', 'show the version')
    .helpCommand('help [command]', 'show this help')
  for (const command of tool.commands) {
    program.addCommand(
      commandOf(command, (args, options) => {
        found = invocation(tool, command.name, command.load, args, options)
      }),
      { hidden: command.hidden === true },
    )
  }
  for (const command of [program, ...program.commands]) command.helpOption('-h, --help', 'show this help')
  const kept = captured(program, io.stdout.columns)
  try {
    program.parse([...argv], { from: 'user' })
  } catch (error) {
    // The value of an option that its reader refuses.
    if (isSealwrightError(error)) return invocation(tool, 'usage', () => Promise.reject(error))
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return invocation(tool, 'help', async () => printing(kept.text.trimEnd()))
    return invocation(tool, 'usage', () => Promise.reject(explain(error, kept.failed, tool.name)))
  }
  return found as Invocation
}

type Found = (args: readonly string[], options: Readonly<Record<string, unknown>>) => void

function commandOf({ name, args, summary, options, examples }: ToolCommand, found: Found): Command {
  const command = new Command(name).description(summary)
  if (args !== undefined) command.arguments(args)
  for (const option of options?.() ?? []) command.addOption(option)
  if (examples) {
    command.addHelpText('after', `\nExamples:\n${examples.map(line => `  ${line}`).join('\n')}`)
  }
  return command.action(() =>
    found(
      command.processedArgs.filter(arg => arg !== undefined),
      command.opts(),
    ),
  )
}

function invocation(
  { name }: Tool,
  command: string,
  load: () => Promise<Run>,
  args: readonly string[] = [],
  options: Readonly<Record<string, unknown>> = {},
): Invocation {
  return { name: `${name}.${command}`, args, options, flags: FLAGS, load }
}

function printing(text: string): Run {
  return async () => ({ exitCode: 0, document: {}, lines: [text] })
}
