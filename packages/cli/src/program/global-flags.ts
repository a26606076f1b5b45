import type { Command } from 'commander'
import { parseDurationOrNone } from '../frame/duration.ts'
import type { ColorMode } from '../frame/style.ts'
import { choice, single, toggle } from './flag.ts'

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
  readonly timeout?: number | 'none'
  readonly offline: boolean
  readonly config?: string
  readonly trust?: string
}

const HEADING = 'Everywhere:'

/** Adds the flags of every command. */
export function addGlobalFlags(command: Command): Command {
  const options = [
    choice('-o, --output <form>', 'text or json', ['text', 'json']),
    toggle('-q, --quiet', 'print resolved references only'),
    toggle('-v, --verbose', 'name each step'),
    toggle('--debug', 'name the causes of a failure'),
    choice('--color <when>', 'auto, always or never', ['auto', 'always', 'never']),
    toggle('--no-input', 'never ask; a missing answer is an error'),
    toggle('-y, --yes', 'agree to every confirmation'),
    single(
      '--timeout <duration>',
      'time for one target, 30s to 1h say, or none (default: 60s)',
      (text, label) => parseDurationOrNone(text, label) ?? 'none',
    ),
    toggle('--offline', 'no connection to anywhere'),
    single('--config <file>', "the user's configuration; keys lie beside it"),
    single('--trust <directory>', 'the trust store and policy, laid out as Notation has them'),
  ]
  for (const option of options) command.addOption(option.helpGroup(HEADING))
  return command.addHelpOption(toggle('-h, --help', 'show this help').helpGroup(HEADING))
}
