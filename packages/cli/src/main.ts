import { runProcess } from './frame/run-process.ts'

/** Runs the program in this process. */
export function main(): Promise<void> {
  return runProcess()
}
