import { join } from 'node:path'
import { npmFile } from '../services/npm-file.ts'
import type { Tool } from '../services/tool.ts'

/** The oldest and the newest line of Node that the packages declare, beside the one of the workspace. */
export const OLDEST_NODE = '22.23.3'
export const NEWEST_NODE = '26.10.0'

/** One version of Node: npm's package `node`, as the workspace itself uses it. */
export function nodeVersion(version: string): Promise<Tool> {
  return npmFile('node', version, join('node', 'bin', 'node'))
}
