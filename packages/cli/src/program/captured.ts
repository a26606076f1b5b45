import type { Command } from 'commander'

export interface Captured {
  /** What commander would have printed: a help text. */
  text: string
  /** The command at which it gave up; at first the program. */
  failed: Command
}

/** Keeps commander from printing and from ending the process, in the program and every command of it. */
export function captured(program: Command, columns?: number): Captured {
  const kept: Captured = { text: '', failed: program }
  const keep = (text: string) => {
    kept.text += text
  }
  visit(program, command =>
    command
      .exitOverride(error => {
        kept.failed = command
        throw error
      })
      .configureOutput({
        writeOut: keep,
        writeErr: keep,
        outputError: () => {},
        getOutHelpWidth: () => columns || 80,
        getErrHelpWidth: () => columns || 80,
        getOutHasColors: () => false,
      }),
  )
  return kept
}

function visit(command: Command, each: (command: Command) => void): void {
  each(command)
  for (const child of command.commands) visit(child, each)
}
