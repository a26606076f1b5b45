import type { SealwrightError } from '@sealwright/core'
import type { Settings } from '../config/settings.ts'
import type { GlobalFlags } from '../program/global-flags.ts'
import type { Dialogue } from './dialogue.ts'
import type { Io } from './io.ts'
import type { Paint } from './style.ts'
import type { Fit } from './table.ts'

/** What every command is given beside its arguments and flags. */
export interface Context {
  readonly io: Io
  readonly flags: GlobalFlags
  /** Paint for stdout. */
  readonly paint: Paint
  /** Paint for stderr. */
  readonly paintErr: Paint
  readonly dialogue: Dialogue
  /** What tables on stdout must fit into: on a terminal, without `-v`. */
  readonly fit: Fit | undefined
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

/** The flags of a command as parsed; each command reads them as its own interface. */
export type Flags = Readonly<Record<string, unknown>>
