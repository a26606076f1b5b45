import { access } from 'node:fs/promises'
import { cache } from './cache.ts'
import { underLock } from './lock.ts'
import { run } from './run.ts'
import { onPath, type Tool } from './tool.ts'

export interface DebianFile {
  /** Packages that bring the file. */
  readonly packages: readonly string[]
  /** Where the file is, on this system or another; the first that exists counts. */
  readonly paths: readonly string[]
}

/** A file of Debian packages, which are installed if root runs the tests. */
export async function debianFile({ packages, paths }: DebianFile): Promise<Tool> {
  const found = await firstOf(paths)
  if (found !== undefined) return { path: found }
  const name = packages.join(' and ')
  const apt = await onPath('apt-get')
  if ('missing' in apt) return { missing: `${name} is not installed, and there is no apt-get` }
  if (process.getuid?.() !== 0)
    return { missing: `${name} is not installed, and only root can: apt-get install` }
  return underLock(cache('locks', 'apt'), async () => {
    const failed = (await firstOf(paths)) === undefined ? await install(packages) : undefined
    const path = await firstOf(paths)
    if (path !== undefined) return { path }
    return { missing: `${name} cannot be installed here: ${failed ?? 'the package lacks the file'}` }
  })
}

/** @returns Why it cannot be. */
async function install(packages: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: readonly string[]) => run('apt-get', args, { env, timeoutMs: 300_000 })
  const wanted = ['install', '-y', '-qq', '--no-install-recommends', ...packages]
  const first = await apt(...wanted)
  if (first.code === 0) return undefined
  // Lists that are absent or old.
  await apt('update', '-qq')
  const second = await apt(...wanted)
  return second.code === 0 ? undefined : second.stderr.trim().split('\n').at(-1)
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const exists = await access(path).then(
      () => true,
      () => false,
    )
    if (exists) return path
  }
  return undefined
}
