import { sealwright } from './program/commands.ts'
import { runProcess } from './program/run.ts'

/** Runs `sealwright` in this process. */
export function main(): Promise<void> {
  return runProcess(sealwright)
}
