import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import { type Command, CommanderError } from 'commander'
import { type GlobalFlags, NO_FLAGS } from '../flags/global-flags.ts'
import { failureOf } from '../runtime/failure.ts'
import type { Io } from '../runtime/io.ts'
import { usageError } from '../runtime/usage.ts'
import type { Run } from '../session/command.ts'
import { buildProgram } from './build.ts'
import { explain, pathOf, unknownCommand } from './explain.ts'
import type { Program } from './program.ts'

/** One call: the program, the words after its name, and the process it runs in. */
interface Call {
  readonly program: Program
  readonly argv: readonly string[]
  readonly env: Io['env']
}

type Values = Readonly<Record<string, unknown>>

/**
 * Parses the arguments after a program's name. What the program does not know becomes an invocation that fails with
 * `VALIDATION` and the nearest that it does know.
 */
export function parse(
  program: Program,
  argv: readonly string[],
  { env, stdout }: Pick<Io, 'env' | 'stdout'>,
): Invocation {
  const call: Call = { program, argv, env }
  if (argv[0] === '__complete') return completion(call)
  let found: Invocation | undefined
  const root = buildProgram(program, argv, (spec, flags, command) => {
    try {
      const given = givenValues(command)
      found = {
        name: pathOf(command).join('.'),
        args: command.processedArgs.flat().filter(arg => arg !== undefined) as string[],
        options: Object.fromEntries(
          Object.entries(flags)
            .map(([name, flag]) => [name, given[flag.attributeName()]])
            .filter(([, value]) => value !== undefined),
        ),
        flags: globalFlags(call, given),
        project: spec.project,
        load: spec.load,
      }
    } catch (error) {
      found = wrongCall(call, error as Error, command)
    }
  })
  const kept = captured(root, stdout.columns)
  try {
    root.parse([...argv], { from: 'user' })
  } catch (error) {
    // The value of an option that its reader refuses.
    if (isSealwrightError(error)) return wrongCall(call, error, calledCommand(root, argv))
    if (!(error instanceof CommanderError)) throw error
    return stopped(call, error, kept.failed, kept.text)
  }
  return found as Invocation
}

/** What the scripts of `completion` call. The words after it belong to another call, and no parser reads them. */
function completion({ program, argv }: Call): Invocation {
  return {
    name: 'complete',
    args: argv.slice(1),
    options: {},
    flags: program.fixedFlags ?? UNPARSED,
    load: async () => (await import('./complete.ts')).completing(program),
  }
}

/** The flags of a call that was not parsed: it asks nobody and connects to nothing. */
const UNPARSED: GlobalFlags = { ...NO_FLAGS, input: false, offline: true }

/** The invocation where commander stopped before any command: a text to print, or a wrong call. */
function stopped(call: Call, error: CommanderError, failed: Command, text: string): Invocation {
  const { name } = call.program
  switch (error.code) {
    case 'commander.version':
      return {
        ...printing(call, 'version', failed, text),
        load: async () => call.program.version.run,
      }
    case 'commander.helpDisplayed': {
      const [unknown] =
        failed.commands.length > 0 ? failed.args.filter(word => !/^(?:-h|--help)$/.test(word)) : []
      if (unknown === undefined) return printing(call, 'help', failed, text)
      const words = pathOf(failed)
      const path = [name, ...words].join(' ')
      return wrongCall(
        call,
        unknownCommand(path, [...words, unknown], unknown, { habits: name === 'sealwright' }),
        failed,
      )
    }
    case 'commander.help': {
      if (error.exitCode === 0) return printing(call, 'help', failed, text)
      const wrong = explain(error, failed, name)
      return call.program.fixedFlags === undefined
        ? incompleteCall(call, wrong, text, failed)
        : wrongCall(call, wrong, failed)
    }
    default:
      return wrongCall(call, explain(error, failed, name), failed)
  }
}

/** The command that the words of a call lead to. */
function calledCommand(root: Command, argv: readonly string[]): Command {
  return argv.reduce(
    (command, word) => command.commands.find(child => child.name() === word) ?? command,
    root,
  )
}

/** A call that stops before a command is answered with the help. */
function incompleteCall(call: Call, error: SealwrightError, help: string, command: Command): Invocation {
  const run: Run = async () => ({
    exitCode: 2,
    document: { error: failureOf(error) },
    faults: [help.trimEnd()],
    lines: [],
  })
  return { ...wrongCall(call, error, command), load: async () => run }
}

/** A wrong call runs as the command it addressed, so that the answer is that command's document. */
function wrongCall({ program, argv, env }: Call, error: Error, command: Command): Invocation {
  return {
    name: pathOf(command).join('.') || 'usage',
    args: [],
    options: {},
    flags: program.fixedFlags ?? { ...UNPARSED, ...scanOutput(argv, env) },
    load: () => Promise.reject(error),
  }
}

/** The invocation of an option that prints a text and does nothing else. */
function printing(call: Call, name: string, command: Command, text: string): Invocation {
  const given = givenValues(command)
  const isJson = call.argv.includes('json') && given.output === undefined
  const run: Run = async () => ({ exitCode: 0, document: { text }, lines: [text.trimEnd()] })
  return {
    name,
    args: [],
    options: {},
    flags: globalFlags(call, isJson ? { ...given, output: 'json' } : given),
    load: async () => run,
  }
}

/** What was given at any level, the innermost last; commander's own defaults do not count. */
function givenValues(command: Command): Values {
  const levels: Command[] = []
  for (let level: Command | null = command; level; level = level.parent) levels.unshift(level)
  const given: Record<string, unknown> = {}
  for (const level of levels) {
    for (const [name, value] of Object.entries(level.opts())) {
      if (level.getOptionValueSource(name) !== 'default') given[name] = value
    }
  }
  return given
}

function globalFlags({ program, env }: Call, given: Values): GlobalFlags {
  if (program.fixedFlags !== undefined) return program.fixedFlags
  const output = given.output ?? (env.SEALWRIGHT_OUTPUT || 'text')
  if (output !== 'text' && output !== 'json') {
    throw usageError(`SEALWRIGHT_OUTPUT is "${env.SEALWRIGHT_OUTPUT}"`, {
      why: 'the forms of output are text and json',
      fix: 'set it to one of them, or unset it',
    })
  }
  if (given.quiet && output === 'json' && given.output === 'json') {
    throw usageError('-q and -o json cannot be used together', {
      why: 'one prints resolved references only, the other one document',
      fix: 'choose one; the document holds the resolved references too',
    })
  }
  return {
    output: given.quiet && given.output === undefined ? 'text' : output,
    quiet: given.quiet === true,
    verbose: given.verbose === true,
    debug: given.debug === true,
    color: (given.color as GlobalFlags['color'] | undefined) ?? 'auto',
    input: given.input !== false,
    yes: given.yes === true,
    offline: given.offline === true,
    timeout: given.timeout as number | 'none' | undefined,
    config: given.config as string | undefined,
    trust: given.trust as string | undefined,
  }
}

interface Captured {
  /** What commander would have printed: a help text. */
  text: string
  /** The command at which it gave up; at first the program. */
  failed: Command
}

/** Keeps commander from printing and from ending the process, in the program and every command of it. */
function captured(program: Command, columns?: number): Captured {
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

/** One call of one command, parsed. */
export interface Invocation {
  /** The name of its document: `sign`, `key.add`. */
  readonly name: string
  readonly args: readonly string[]
  /** What was given for the command's own flags. */
  readonly options: object
  readonly flags: GlobalFlags
  /** Whether `sealwright.json` of the working directory applies. */
  readonly project?: boolean | undefined
  /** Loads the command's own code, which nothing else needs. */
  load(): Promise<Run>
}

/**
 * The form of output that a call asks for when the call itself cannot be parsed: a wrong call is answered in JSON too
 * when JSON was asked for.
 */
function scanOutput(
  argv: readonly string[],
  env: Io['env'],
): Pick<GlobalFlags, 'output' | 'debug' | 'color'> {
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const asked = words.some(
    (word, index) =>
      word === '--output=json' ||
      word === '-ojson' ||
      ((word === '-o' || word === '--output') && words[index + 1] === 'json'),
  )
  return {
    output: asked || env.SEALWRIGHT_OUTPUT === 'json' ? 'json' : 'text',
    debug: words.includes('--debug'),
    color: 'auto',
  }
}
