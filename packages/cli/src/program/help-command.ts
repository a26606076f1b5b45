import type { Outcome } from '../runtime/outcome.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { buildProgram } from './build.ts'
import { sealwright } from './commands.ts'

/** `sealwright help [COMMAND]` */
export async function help(session: Session, words: readonly string[]): Promise<Outcome> {
  let command = buildProgram(sealwright, words, () => {})
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
    getOutHelpWidth: () => session.io.stdout.columns || 80,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return { exitCode: 0, document: { text }, lines: [text.trimEnd()] }
}
