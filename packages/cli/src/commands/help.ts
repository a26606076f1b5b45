import type { Context } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { buildProgram } from '../program/parse.ts'

/** `sealwright help [COMMAND]` */
export async function help(context: Context, words: readonly string[]): Promise<Outcome> {
  let command = buildProgram(words, () => {})
  for (const word of words) {
    const child = command.commands.find(candidate => candidate.name() === word)
    if (!child) {
      throw usageError(`unknown command "${word}"`, {
        why: `the commands are ${command.commands.map(candidate => candidate.name()).join(', ') || 'none'}`,
        fix: 'sealwright help',
      })
    }
    command = child
  }
  let text = ''
  command.configureOutput({
    writeOut: chunk => {
      text += chunk
    },
    getOutHelpWidth: () => context.io.stdout.columns || 80,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return { exitCode: 0, document: { text }, lines: [text.trimEnd()] }
}
