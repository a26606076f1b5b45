import { runProcess } from '../frame/run-process.ts'
import { parseTool } from '../tool/parse-tool.ts'
import { nv2Tool } from './tool.ts'

/** Runs `nv2` in this process. */
export function main(): Promise<void> {
  return runProcess((argv, io) => parseTool(nv2Tool, argv, io))
}
