import { type GlobalFlags, NO_FLAGS } from '../flags/global-flags.ts'
import { VERSION } from '../runtime/version.ts'
import type { CommandGroup, CommandSpec, Run } from '../session/command.ts'

/** A program: `sealwright`, or one that comes with it and has options of its own, in the style of its model. */
export interface Program {
  /** What it is called by its user: `sealwright`, `nv2`, `docker`. */
  readonly name: string
  readonly summary: string
  readonly commands: readonly (CommandSpec | CommandGroup)[]
  readonly version: { readonly flags: string; readonly description: string; readonly run: Run }
  /** What holds instead of the global flags, of a program that has none. */
  readonly fixedFlags?: GlobalFlags | undefined
}

/** A program without the global flags of `sealwright`: it prints text, and prompts where there is a terminal. */
export function plainProgram(name: string, summary: string, commands: readonly CommandSpec[]): Program {
  return {
    name,
    summary,
    commands,
    version: {
      flags: '-v, --version',
      description: 'show the version',
      run: async () => ({ exitCode: 0, document: {}, lines: [`${name} ${VERSION}`] }),
    },
    fixedFlags: NO_FLAGS,
  }
}
