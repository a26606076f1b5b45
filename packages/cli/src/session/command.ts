import type { FlagSet, FlagValues } from '../flags/flag.ts'
import type { Outcome } from '../runtime/outcome.ts'
import type { Session } from './session.ts'

/** The body of a command: its arguments in order, a variadic one spread out, and what was given for its flags. */
export type Run<Args extends readonly (string | undefined)[] = readonly string[], Flags = object> = (
  session: Session,
  args: Args,
  flags: Flags,
) => Promise<Outcome>

/** One command as it is declared: what the parser and the help need, and where its code is. */
export interface CommandSpec {
  readonly name: string
  /** In commander's syntax: `<target...>`. */
  readonly args?: string | undefined
  /** What an argument is, where it is not what the help says of every argument of that name. */
  readonly about?: Readonly<Record<string, string>> | undefined
  readonly summary: string
  /** Made when the command is called, or its help is asked for. */
  flags?(): FlagSet
  /** It signs, and `sealwright.json` of the working directory says how. No other command reads that file. */
  readonly project?: boolean | undefined
  /** Under `-q` it prints the references that it resolved. */
  readonly resolves?: boolean | undefined
  /** Not listed: called by programs. */
  readonly hidden?: boolean | undefined
  readonly examples?: readonly string[] | undefined
  load(): Promise<Run>
}

/** Commands under one word: `key add`, `key list`. */
export interface CommandGroup {
  readonly name: string
  readonly summary: string
  readonly commands: readonly CommandSpec[]
}

/** The values of arguments declared as `Declared`: `<from> <to>` is `[string, string]`, `[target...]` is `string[]`. */
export type ArgValues<Declared extends string> = Declared extends `${infer First} ${infer Rest}`
  ? readonly [...ArgValue<First>, ...ArgValues<Rest>]
  : ArgValue<Declared>

type ArgValue<Declared extends string> = Declared extends `${string}...]` | `${string}...>`
  ? readonly string[]
  : Declared extends `<${string}>`
    ? readonly [string]
    : Declared extends `[${string}]`
      ? readonly [string?]
      : readonly []

/** Declares a command. The parameters of its body are checked against its arguments and flags. */
export function defineCommand<const Args extends string = '', Flags extends FlagSet = Record<never, never>>(
  spec: Omit<CommandSpec, 'args' | 'flags' | 'load'> & {
    readonly args?: Args | undefined
    flags?(): Flags
    load(): Promise<Run<ArgValues<Args>, FlagValues<Flags>>>
  },
): CommandSpec {
  // The parser fills arguments and flags as they were declared, which the types of this call hold the body to.
  return spec as unknown as CommandSpec
}
