import type { Command } from 'commander'
import { choice, count, repeatable, single, toggle } from './flag.ts'
import { HEADINGS } from './help.ts'

/** The flags of commands that may talk to a registry. */
export interface RegistryFlags {
  readonly username?: string
  readonly passwordStdin?: true
  readonly plainHttp?: readonly string[]
  readonly caFile?: string
  readonly referrers?: 'auto' | 'api' | 'tag'
  /** Another place for signatures, as it was written; `none` for beside the artifact. */
  readonly signaturesIn?: string
  /** How many things are done at the same time. */
  readonly concurrency?: number
}

/** Adds the registry flags. */
export function addRegistryFlags(command: Command): Command {
  const options = [
    single('--username <name>', 'user of the registry'),
    toggle('--password-stdin', 'read the password from stdin'),
    repeatable('--plain-http <host>', 'use http for this host; loopback needs no flag'),
    single('--ca-file <file>', 'PEM certificates of the CA of the registry, besides the usual ones'),
    choice('--referrers <how>', 'auto, api or tag: how signatures are attached and found', [
      'auto',
      'api',
      'tag',
    ]),
    single(
      '--signatures-in <repository>',
      'keep signatures there, or in oci:DIR (default: none, next to the artifact)',
    ),
    single('--concurrency <number>', 'run at most this many tasks at once (default: 8)', count),
  ]
  for (const option of options) command.addOption(option.helpGroup(HEADINGS.registry))
  return command
}

/** The registry flags alone, of all that was given to a command. */
export function registryFlags(flags: RegistryFlags): RegistryFlags {
  const { username, passwordStdin, plainHttp, caFile, referrers, signaturesIn, concurrency } = flags
  return Object.fromEntries(
    Object.entries({
      username,
      passwordStdin,
      plainHttp,
      caFile,
      referrers,
      signaturesIn,
      concurrency,
    }).filter(([, value]) => value !== undefined),
  )
}
