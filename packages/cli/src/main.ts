import { processIo } from './frame/process-io.ts'
import { reportEscaped, run } from './frame/run.ts'

/** Runs the program in this process. */
export async function main(): Promise<void> {
  const io = processIo()
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, thrown => process.exit(reportEscaped(thrown, io)))
  }
  process.exitCode = await run(process.argv.slice(2), io)
}
