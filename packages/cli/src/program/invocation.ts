import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import type { GlobalFlags } from './global-flags.ts'

/** A command's body: `args` are its arguments in order, a variadic one spread out. */
export type Run = (context: Context, args: readonly string[], options: Flags) => Promise<Outcome>

/** One call of one command, parsed. */
export interface Invocation {
  /** The name of its document: `sign`, `key.add`. */
  readonly name: string
  readonly args: readonly string[]
  readonly options: Flags
  readonly flags: GlobalFlags
  /** Whether `sealwright.json` of the working directory has a say. */
  readonly project?: boolean
  /** Loads the command's own code, which nothing else needs. */
  load(): Promise<Run>
}
