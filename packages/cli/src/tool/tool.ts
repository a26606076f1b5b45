import type { Option } from 'commander'
import type { Run } from '../program/invocation.ts'

/** One command of a program that comes beside `sealwright` and has options of its own, in the style of its model. */
export interface ToolCommand {
  readonly name: string
  /** As commander has them: `[uri]`. */
  readonly args?: string
  readonly summary: string
  /** Not listed: called by programs. */
  readonly hidden?: true
  options?(): readonly Option[]
  readonly examples?: readonly string[]
  load(): Promise<Run>
}

export interface Tool {
  /** What it is called by its user: `nv2`, `docker`. */
  readonly name: string
  readonly summary: string
  readonly commands: readonly ToolCommand[]
}
