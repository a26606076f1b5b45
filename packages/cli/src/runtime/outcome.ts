import type { ExitCode } from './exit.ts'

/** What a command ended with; the frame writes it in the form that was asked for. */
export interface Outcome {
  readonly exitCode: ExitCode
  /** The members of the JSON document beside `schema` and `exitCode`. */
  readonly document: Readonly<Record<string, unknown>>
  /** The result as text, for stdout. */
  readonly lines: readonly string[]
  /** What went wrong, as text, for stderr. */
  readonly faults?: readonly string[] | undefined
  /** Resolved references for `-q`, one a line. */
  readonly resolved?: readonly string[] | undefined
  /** Bytes that are the result themselves; then the lines go to stderr. */
  readonly raw?: string | Uint8Array | undefined
}
