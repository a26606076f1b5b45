import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where peers and servers stay between runs: outside any checkout, so that a second clone does not pay again. */
export function cache(...segments: readonly string[]): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sealwright-test', ...segments)
}
