import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import { Command, CommanderError } from 'commander'
import { version } from '../commands/version.ts'
import type { Flags } from '../frame/context.ts'
import { failureOf } from '../frame/failure.ts'
import type { Io } from '../frame/io.ts'
import { usageError } from '../frame/usage.ts'
import { VERSION } from '../frame/version.ts'
import { captured } from './captured.ts'
import { pathOf } from './command-path.ts'
import { explain, unknownCommand } from './explain.ts'
import { addGlobalFlags, type GlobalFlags } from './global-flags.ts'
import type { Invocation } from './invocation.ts'
import { type Found, type Group, type Leaf, leafCommand } from './leaf.ts'
import { scanOutput } from './scan-output.ts'
import { tree } from './tree.ts'

const GLOBAL = new Set([
  'output',
  'quiet',
  'verbose',
  'debug',
  'color',
  'input',
  'yes',
  'timeout',
  'offline',
  'config',
  'trust',
])

/**
 * Parses the arguments after the program's name. What the command does not know becomes an invocation that fails with
 * `VALIDATION` and the nearest that it does know.
 */
export function parseArguments(argv: readonly string[], io: Pick<Io, 'env' | 'stdout'>): Invocation {
  let found: Invocation | undefined
  const program = buildProgram(argv, (leaf, command) => {
    try {
      found = invocationOf(leaf, command, io.env)
    } catch (error) {
      found = wrongCall(error as Error, command, argv, io.env)
    }
  })
  const kept = captured(program, io.stdout.columns)
  try {
    program.parse([...argv], { from: 'user' })
  } catch (error) {
    // The value of an option that its reader refuses.
    if (isSealwrightError(error)) return wrongCall(error, calledCommand(program, argv), argv, io.env)
    if (!(error instanceof CommanderError)) throw error
    const { failed, text } = kept
    switch (error.code) {
      case 'commander.version':
        return { ...textInvocation('version', text, failed, argv, io.env), load: async () => version }
      case 'commander.helpDisplayed': {
        const [unknown] =
          failed.commands.length > 0 ? failed.args.filter(word => !/^(?:-h|--help)$/.test(word)) : []
        if (unknown === undefined) return textInvocation('help', text, failed, argv, io.env)
        const name = ['sealwright', ...pathOf(failed)]
        const words = [...name.slice(1), unknown]
        return wrongCall(unknownCommand(name.join(' '), words, unknown, true), failed, argv, io.env)
      }
      case 'commander.help':
        return incompleteCall(explain(error, failed), text, failed, argv, io.env)
      default:
        return wrongCall(explain(error, failed), failed, argv, io.env)
    }
  }
  return found as Invocation
}

/** The command that the words of a call lead to. */
function calledCommand(program: Command, argv: readonly string[]): Command {
  return argv.reduce(
    (command, word) => command.commands.find(child => child.name() === word) ?? command,
    program,
  )
}

/** A call that stops before a command is answered with the help. */
function incompleteCall(
  error: SealwrightError,
  help: string,
  command: Command,
  argv: readonly string[],
  env: Io['env'],
): Invocation {
  return {
    ...wrongCall(error, command, argv, env),
    load: async () => async () => ({
      exitCode: 2,
      document: { error: failureOf(error) },
      faults: [help.trimEnd()],
      lines: [],
    }),
  }
}

/** A wrong call runs as the command it addressed, so that the answer is that command's document. */
function wrongCall(error: Error, command: Command, argv: readonly string[], env: Io['env']): Invocation {
  return {
    name: pathOf(command).join('.') || 'usage',
    args: [],
    options: {},
    flags: {
      quiet: false,
      verbose: false,
      input: false,
      yes: false,
      offline: true,
      ...scanOutput(argv, env),
    },
    load: () => Promise.reject(error),
  }
}

/**
 * The command tree, empty of values. Commands that `words` do not name are listed with their summaries alone: they can be
 * suggested, and not be called, and most of a start would be spent on their options.
 */
export function buildProgram(words: readonly string[], found: Found): Command {
  const program = addGlobalFlags(new Command('sealwright'))
    .version(VERSION, '-V, --version', 'print the version')
    .description('Sign container images, OCI artifacts and files with keys that never leave their stores.')
    .enablePositionalOptions()
    .helpCommand(false)
  for (const entry of tree)
    program.addCommand('leaves' in entry ? group(entry, words, found) : leafOf(entry, words, found))
  return program
}

function group({ name, summary, leaves }: Group, words: readonly string[], found: Found): Command {
  if (!words.includes(name)) return new Command(name).description(summary)
  const command = addGlobalFlags(new Command(name))
    .description(summary)
    .enablePositionalOptions()
    .helpCommand(false)
  for (const leaf of leaves) command.addCommand(leafOf(leaf, words, found))
  return command
}

function leafOf(leaf: Leaf, words: readonly string[], found: Found): Command {
  return words.includes(leaf.name)
    ? leafCommand(leaf, found)
    : new Command(leaf.name).description(leaf.summary)
}

function invocationOf(leaf: Leaf, command: Command, env: Io['env']): Invocation {
  const given = givenOptions(command)
  const names = pathOf(command)
  return {
    name: names.join('.'),
    args: command.processedArgs.flat().filter(arg => arg !== undefined) as string[],
    options: Object.fromEntries(Object.entries(given).filter(([name]) => !GLOBAL.has(name))),
    flags: globalFlags(given, env),
    project: leaf.project === true,
    load: leaf.load,
  }
}

/** What was given at any level, the innermost last; commander's own defaults do not count. */
function givenOptions(command: Command): Flags {
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

function globalFlags(given: Flags, env: Io['env']): GlobalFlags {
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
    ...(given.timeout === undefined ? {} : { timeout: given.timeout as number | 'none' }),
    ...(given.config === undefined ? {} : { config: given.config as string }),
    ...(given.trust === undefined ? {} : { trust: given.trust as string }),
  }
}

/** The invocation of an option that prints a text and does nothing else. */
function textInvocation(
  name: string,
  text: string,
  program: Command,
  argv: readonly string[],
  env: Io['env'],
): Invocation {
  const given = givenOptions(program)
  const flags = globalFlags(
    { output: argv.includes('json') && given.output === undefined ? 'json' : undefined, ...given },
    env,
  )
  return {
    name,
    args: [],
    options: {},
    flags,
    load: async () => async () => ({ exitCode: 0, document: { text }, lines: [text.trimEnd()] }),
  }
}
