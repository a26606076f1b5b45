import { delimiter, join } from 'node:path'
import { type RunOptions, type RunResult, run } from '../services/run.ts'
import { root } from './workspace.ts'

export interface Ended extends RunResult {
  /** stdout, then stderr: what to show when it failed. */
  readonly output: string
}

/** The environment of a user who has the workspace's programs first on PATH and no setting of ours. */
function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const name of Object.keys(env))
    if (/^(SEALWRIGHT|VITEST|NOTATION)(_|$)|^NODE_(OPTIONS|ENV)$/.test(name)) delete env[name]
  return { ...env, PATH: join(root, 'node_modules', '.bin') + delimiter + (env.PATH ?? ''), ...extra }
}

/** Runs a program in the checkout, or in `cwd`. */
export async function runTool(
  command: string,
  args: readonly string[],
  options: Omit<RunOptions, 'env'> & { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const ended = await run(command, args, {
    cwd: root,
    timeoutMs: 300_000,
    ...options,
    env: environment(options.env ?? {}),
  })
  return { ...ended, output: ended.stdout + ended.stderr }
}
