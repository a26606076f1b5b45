import type { SealwrightError } from '@sealwright/core'
import type { Settings } from '../config/settings.ts'
import type { GlobalFlags } from '../program/global-flags.ts'
import type { Invocation } from '../program/invocation.ts'
import { parseArguments } from '../program/parse.ts'
import type { Context } from './context.ts'
import { isDenied } from './denied.ts'
import { Dialogue } from './dialogue.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { asSealwrightError, causesOf, exitCodeOfError, failureOf } from './failure.ts'
import type { Io } from './io.ts'
import type { Outcome } from './outcome.ts'
import { type Paint, paintFor } from './style.ts'
import { printable } from './table.ts'
import { failureLines } from './text.ts'

/** Reads the arguments of a program; what it does not know becomes an invocation that fails. */
export type Parse = (argv: readonly string[], io: Io) => Invocation

/**
 * Runs a program once.
 *
 * @param argv - Arguments after the program's name.
 * @param parse - Which program: `sealwright` itself, if nothing is said.
 * @returns The exit code. Never throws.
 */
export async function run(argv: readonly string[], io: Io, parse: Parse = parseArguments): Promise<ExitCode> {
  const invocation = parse(argv, io)
  let watched: Disposable | undefined
  try {
    if (invocation.flags.debug) {
      const { watchHttp } = await import('./debug-http.ts')
      watched = watchHttp(line => io.stderr.write(`debug: ${printable(line)}\n`))
    }
    const context = contextOf(invocation.flags, io, invocation.project === true)
    const command = await invocation.load()
    return report(await command(context, invocation.args, invocation.options), invocation, io)
  } catch (thrown) {
    return reportError(thrown, invocation, io)
  } finally {
    watched?.[Symbol.dispose]()
  }
}

function report(outcome: Outcome, { name, flags }: Invocation, io: Io): ExitCode {
  const write = (sink: Io['stdout'], lines: readonly string[]): void => {
    if (lines.length > 0) sink.write(`${lines.join('\n')}\n`)
  }
  write(io.stderr, outcome.faults ?? [])
  if (flags.output === 'json') writeDocument(io, name, outcome.exitCode, outcome.document)
  else if (outcome.raw !== undefined) {
    io.stdout.write(outcome.raw)
    if (!flags.quiet) write(io.stderr, outcome.lines)
  } else write(io.stdout, flags.quiet ? (outcome.resolved ?? []) : outcome.lines)
  return outcome.exitCode
}

function reportError(thrown: unknown, { name, flags }: Invocation, io: Io): ExitCode {
  const error = asSealwrightError(thrown, io.signal)
  const exitCode = exitCodeOfError(error, io.signal)
  const lines = failureLines(
    isDenied(error) ? 'denied' : 'error',
    failureOf(error),
    paintFor(flags.color, io.stderr, io.env),
  )
  if (flags.debug) lines.push(...causeLines(error))
  io.stderr.write(`${lines.join('\n')}\n`)
  if (flags.output === 'json') {
    try {
      writeDocument(io, name, exitCode, { error: failureOf(error) })
    } catch {
      // stdout cannot be written to, which may be what was just said.
    }
  }
  return exitCode
}

/** The lines under `--debug`. What stores and files say stands in them: none of it may steer the terminal. */
function causeLines(error: SealwrightError): string[] {
  return causesOf(error).map(line => `  ${printable(line)}`)
}

function writeDocument(io: Io, name: string, exitCode: ExitCode, members: object): void {
  io.stdout.write(
    `${JSON.stringify({ schema: `sealwright.${name}/1`, exitCode, ...members }, undefined, 2)}\n`,
  )
}

function contextOf(flags: GlobalFlags, io: Io, project: boolean): Context {
  const paintErr: Paint = paintFor(flags.color, io.stderr, io.env)
  let settings: Promise<Settings> | undefined
  const read = (): Promise<Settings> => {
    settings ??= import('../config/settings.ts').then(({ readSettings }) => readSettings(flags, io, project))
    return settings
  }
  const say = (text: string): void => io.stderr.write(`${text}\n`)
  return {
    io,
    flags,
    paint: paintFor(flags.color, io.stdout, io.env),
    paintErr,
    dialogue: new Dialogue(io, flags),
    get fit() {
      return io.stdout.isTerminal && !flags.verbose ? { columns: io.stdout.columns || 80 } : undefined
    },
    settings: read,
    // What stores and files say stands in these texts: none of it may steer the terminal.
    note: text => flags.quiet || say(`${paintErr('dim', 'note:')} ${printable(text)}`),
    warn: text => say(`${paintErr('yellow', 'warning:')} ${printable(text)}`),
    step: text => flags.verbose && say(`${paintErr('dim', 'step:')} ${printable(text)}`),
    fault: thrown => {
      const error = asSealwrightError(thrown, io.signal)
      if (flags.debug)
        io.stderr.write(`${[`debug: ${printable(error.message)}`, ...causeLines(error)].join('\n')}\n`)
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

/** What the process ends with when something escaped every handler: a fault of ours. */
export function reportEscaped(thrown: unknown, io: Io, debug = false): ExitCode {
  const error = asSealwrightError(thrown)
  const lines = failureLines('error', failureOf(error), paintFor('auto', io.stderr, io.env))
  if (debug) lines.push(...causeLines(error))
  io.stderr.write(`${lines.join('\n')}\n`)
  return EXIT.bug
}
