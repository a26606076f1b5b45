import { access, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cache } from './cache.ts'
import { underLock } from './lock.ts'
import { run } from './run.ts'
import type { Tool } from './tool.ts'

/** What npm prints where a registry cannot be reached, or refuses. */
export const CANNOT_INSTALL_HERE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E404|E403)\b/

/** A file of a package of npm, which is installed once into the cache. */
export async function npmFile(name: string, version: string, file: string): Promise<Tool> {
  const folder = cache(name, version)
  const path = join(folder, 'node_modules', file)
  return underLock(cache('locks', `${name}-${version}`), async () => {
    if (await exists(path)) return { path }
    const work = `${folder}.${process.pid}`
    await rm(work, { recursive: true, force: true })
    await mkdir(work, { recursive: true })
    try {
      const { code, stderr } = await run(
        'npm',
        ['install', '--prefix', work, '--no-audit', '--no-fund', '--no-save', `${name}@${version}`],
        { cwd: work, timeoutMs: 300_000 },
      )
      const reason = CANNOT_INSTALL_HERE.exec(stderr)?.[0]
      if (code !== 0 && reason)
        return { missing: `${name} ${version} cannot be installed here: npm says ${reason}` }
      if (code !== 0) throw new Error(`npm install ${name}@${version} ended with ${code}\n${stderr}`)
      await rename(work, folder)
      return { path }
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  })
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
