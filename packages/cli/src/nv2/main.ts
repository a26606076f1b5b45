import { runProcess } from '../program/run.ts'
import { nv2 } from './program.ts'

/** Runs `nv2` in this process. */
export function main(): Promise<void> {
  return runProcess(nv2)
}
