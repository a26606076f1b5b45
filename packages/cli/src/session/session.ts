import type { SealwrightError } from '@sealwright/core'
import type { ArtifactStore } from '@sealwright/oci'
import type { RegistryOptions } from '@sealwright/oci-registry'
import type { Settings } from '../config/settings.ts'
import type { GlobalFlags } from '../flags/global-flags.ts'
import { Dialogue } from '../runtime/dialogue.ts'
import { asSealwrightError, causeLines } from '../runtime/failure.ts'
import type { Io } from '../runtime/io.ts'
import { type Fit, printable, type Style, styleFor } from '../runtime/text.ts'

export type RegistryFetch = NonNullable<RegistryOptions['fetch']>

/** One run: what every command is given beside its arguments and flags. */
export interface Session {
  readonly io: Io
  readonly flags: GlobalFlags
  /** Paint for stdout. */
  readonly style: Style
  /** Paint for stderr. */
  readonly styleErr: Style
  readonly dialogue: Dialogue
  /** What tables on stdout must fit into: on a terminal, without `-v`. */
  readonly fit: Fit | undefined
  readonly shared: SharedInRun
  /** Read once, when first needed, so that a broken file stops only the commands that need it. */
  settings(): Promise<Settings>
  /** Something worth knowing, on stderr; silent under `-q`. */
  note(text: string): void
  /** Something that should be changed, on stderr. It never changes the exit code. */
  warn(text: string): void
  /** A step, on stderr under `-v`. */
  step(text: string): void
  /** What was thrown for one of several targets, as an error to be shown; under `--debug` its causes go to stderr. */
  fault(thrown: unknown): SealwrightError
  /** The interrupt and the time allowed by `--timeout`, both, for one unit of work. */
  deadline(): Promise<AbortSignal>
}

/** What a run reads or opens once. */
interface SharedInRun {
  /** The password of the registry login: stdin is read once, and a person is asked once. */
  password?: Promise<string> | undefined
  /** Connections to registries, by the `--ca-file` that they trust. */
  readonly connections: Map<string, Promise<RegistryFetch>>
  /** Stores of artifacts, by where they are. */
  readonly stores: Map<string, Promise<ArtifactStore>>
}

const nothingShared = (): SharedInRun => ({ connections: new Map(), stores: new Map() })

/**
 * The session of a run.
 *
 * @param options.project - Whether `sealwright.json` of the working directory applies.
 */
export function createSession(
  flags: GlobalFlags,
  io: Io,
  { project = false }: { readonly project?: boolean | undefined } = {},
): Session {
  const styleErr = styleFor(flags.color, io.stderr, io.env)
  let settings: Promise<Settings> | undefined
  const read = (): Promise<Settings> => {
    settings ??= import('../config/settings.ts').then(({ readSettings }) => readSettings(flags, io, project))
    return settings
  }
  const print = (text: string): void => io.stderr.write(`${text}\n`)
  return {
    io,
    flags,
    style: styleFor(flags.color, io.stdout, io.env),
    styleErr,
    dialogue: new Dialogue(io, flags),
    fit: io.stdout.isTerminal && !flags.verbose ? { columns: io.stdout.columns || 80 } : undefined,
    shared: nothingShared(),
    settings: read,
    // These texts quote stores and files: escape what would control the terminal.
    note: text => flags.quiet || print(`${styleErr('dim', 'note:')} ${printable(text)}`),
    warn: text => print(`${styleErr('yellow', 'warning:')} ${printable(text)}`),
    step: text => flags.verbose && print(`${styleErr('dim', 'step:')} ${printable(text)}`),
    fault: thrown => {
      const error = asSealwrightError(thrown, io.signal)
      if (flags.debug) print([`debug: ${printable(error.message)}`, ...causeLines(error)].join('\n'))
      return error
    },
    deadline: async () => {
      const { timeoutMs } = await read()
      return timeoutMs === undefined
        ? io.signal
        : AbortSignal.any([io.signal, AbortSignal.timeout(timeoutMs)])
    },
  }
}

/** The same run with variables of its own; a login or a connection made with others is not used. */
export function withEnv(session: Session, env: Io['env']): Session {
  return {
    ...session,
    io: { ...session.io, env: { ...session.io.env, ...env } },
    shared: nothingShared(),
  }
}
