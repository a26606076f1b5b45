import type { Command } from 'commander'
import type { ColorMode } from '../runtime/text.ts'
import { durationOrNone } from '../runtime/time.ts'
import { choice, off, single, toggle } from './flag.ts'
import { formatHelp, HEADINGS } from './help.ts'

/** The flags of every command. */
export interface GlobalFlags {
  readonly output: 'text' | 'json'
  readonly quiet: boolean
  readonly verbose: boolean
  readonly debug: boolean
  readonly color: ColorMode
  readonly input: boolean
  readonly yes: boolean
  /** `'none'` where the limit is switched off; absent where no flag says. */
  readonly timeout?: number | 'none' | undefined
  readonly offline: boolean
  readonly config?: string | undefined
  readonly trust?: string | undefined
}

/** What holds where no flag is given. */
export const NO_FLAGS: GlobalFlags = {
  output: 'text',
  quiet: false,
  verbose: false,
  debug: false,
  color: 'auto',
  input: true,
  yes: false,
  offline: false,
}

/** Adds the flags of every command. */
export function addGlobalFlags(
  command: Command,
  quiet = 'print resolved references only, or nothing',
): Command {
  const options = [
    choice('-o, --output <form>', 'text or json (default: text)', ['text', 'json']),
    toggle('-q, --quiet', quiet),
    toggle('-v, --verbose', 'name each step; print digests in full'),
    toggle('--debug', 'show requests without their secrets, and the causes of a failure'),
    choice('--color <when>', 'colour: auto, always or never (default: auto)', ['auto', 'always', 'never']),
    off('--no-input', 'never prompt; a missing answer is an error'),
    toggle('-y, --yes', 'answer every confirmation with yes'),
    single(
      '--timeout <duration>',
      'per-target timeout, e.g. 30s or 1h, or none (default: 60s)',
      durationOrNone,
    ),
    toggle('--offline', 'connect to nothing; targets must be local'),
    single('--config <file>', "the user's configuration; keys are stored next to it"),
    single('--trust <directory>', 'directory with trust stores and policies, laid out as Notation has them'),
  ]
  for (const option of options) command.addOption(option.helpGroup(HEADINGS.global))
  command.configureHelp({ formatHelp, subcommandTerm: child => child.name() })
  return command.addHelpOption(toggle('-h, --help', 'show this help').helpGroup(HEADINGS.global))
}
