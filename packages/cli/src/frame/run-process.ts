import { EXIT } from './exit.ts'
import { processIo } from './process-io.ts'
import { type Parse, reportEscaped, run } from './run.ts'

/** Runs a program in this process, with its arguments, and leaves its exit code behind. */
export async function runProcess(parse?: Parse): Promise<void> {
  const io = processIo()
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, thrown => process.exit(reportEscaped(thrown, io, process.argv.includes('--debug'))))
  }
  const code = await run(process.argv.slice(2), io, parse)
  process.exitCode = code
  // What was given up may be waited for without end: a pipe that nobody writes to.
  if (io.signal.aborted || code === EXIT.unavailable) process.exit(code)
}
