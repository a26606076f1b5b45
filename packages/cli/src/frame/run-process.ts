import { processIo } from './process-io.ts'
import { type Parse, reportEscaped, run } from './run.ts'

/** Runs a program in this process, with its arguments, and leaves its exit code behind. */
export async function runProcess(parse?: Parse): Promise<void> {
  const io = processIo()
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, thrown => process.exit(reportEscaped(thrown, io)))
  }
  process.exitCode = await run(process.argv.slice(2), io, parse)
}
