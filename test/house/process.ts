import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { root } from './workspace.ts'

export interface Ended {
  readonly code: number
  /** stdout and stderr in the order they came. */
  readonly output: string
}

/** Runs a program with stdin closed and the workspace's programs first on PATH, our own settings left out. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const { NODE_OPTIONS: _, ...inherited } = process.env
  for (const name of Object.keys(inherited))
    if (/^(SEALWRIGHT|VITEST|NOTATION)_/.test(name)) delete inherited[name]
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: {
        ...inherited,
        PATH: join(root, 'node_modules', '.bin') + delimiter + (process.env.PATH ?? ''),
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('error', reject)
    child.on('close', code => resolve({ code: code ?? 1, output }))
  })
}
