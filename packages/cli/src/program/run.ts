import { EXIT, type ExitCode } from '../runtime/exit.ts'
import { asSealwrightError, causeLines, DeniedError, exitCodeOfError, failureOf } from '../runtime/failure.ts'
import type { Io } from '../runtime/io.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { processIo } from '../runtime/process-io.ts'
import { failureLines, printable, styleFor } from '../runtime/text.ts'
import { createSession } from '../session/session.ts'
import { type Invocation, parse } from './parse.ts'
import type { Program } from './program.ts'

/**
 * Runs a program once.
 *
 * @param argv - Arguments after the program's name.
 * @returns The exit code. Never throws.
 */
export async function run(program: Program, argv: readonly string[], io: Io): Promise<ExitCode> {
  const invocation = parse(program, argv, io)
  let watched: Disposable | undefined
  try {
    if (invocation.flags.debug) {
      const { watchHttp } = await import('./debug-http.ts')
      watched = watchHttp(line => io.stderr.write(`debug: ${printable(line)}\n`))
    }
    const session = createSession(invocation.flags, io, { project: invocation.project })
    const command = await invocation.load()
    return report(await command(session, invocation.args, invocation.options), invocation, io)
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
    error instanceof DeniedError ? 'denied' : 'error',
    failureOf(error),
    styleFor(flags.color, io.stderr, io.env),
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

function writeDocument(io: Io, name: string, exitCode: ExitCode, members: object): void {
  io.stdout.write(
    `${JSON.stringify({ schema: `sealwright.${name}/1`, exitCode, ...members }, undefined, 2)}\n`,
  )
}

/** What the process ends with when something escaped every handler: a fault of ours. */
function reportEscaped(thrown: unknown, io: Io, debug = false): ExitCode {
  const error = asSealwrightError(thrown)
  const lines = failureLines('error', failureOf(error), styleFor('auto', io.stderr, io.env))
  if (debug) lines.push(...causeLines(error))
  io.stderr.write(`${lines.join('\n')}\n`)
  return EXIT.bug
}

/**
 * Runs a program in this process, with its arguments, and leaves its exit code behind.
 *
 * @param words - The arguments that are the program's own, of all that the process was started with.
 */
export async function runProcess(
  program: Program,
  words: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const io = processIo()
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, thrown => process.exit(reportEscaped(thrown, io, process.argv.includes('--debug'))))
  }
  const code = await run(program, words, io)
  process.exitCode = code
  // What was given up may be waited for without end: a pipe that nobody writes to.
  if (io.signal.aborted || code === EXIT.unavailable) process.exit(code)
}
