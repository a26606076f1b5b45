import { access, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cache } from '../services/cache.ts'
import { underLock } from '../services/lock.ts'
import { run } from '../services/run.ts'
import type { Tool } from '../services/tool.ts'

/** The oldest and the newest line of Node that the packages declare, beside the one of the workspace. */
export const OLDEST_NODE = '22.23.3'
export const NEWEST_NODE = '26.10.0'

/** What npm prints where a registry cannot be reached, or refuses. */
export const CANNOT_INSTALL_HERE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E404|E403)\b/

/** One version of Node, installed once into the cache: npm's package `node`, as the workspace itself uses it. */
export async function nodeVersion(version: string): Promise<Tool> {
  const folder = cache('node', version)
  const path = join(folder, 'node_modules', 'node', 'bin', 'node')
  return underLock(cache('lock', `node-${version}`), async () => {
    if (await exists(path)) return { path }
    const work = `${folder}.${process.pid}`
    await rm(work, { recursive: true, force: true })
    await mkdir(work, { recursive: true })
    try {
      const { code, stderr } = await run(
        'npm',
        ['install', '--prefix', work, '--no-audit', '--no-fund', '--no-save', `node@${version}`],
        { cwd: work, timeoutMs: 300_000 },
      )
      const reason = CANNOT_INSTALL_HERE.exec(stderr)?.[0]
      if (code !== 0 && reason)
        return { missing: `Node ${version} cannot be installed here: npm says ${reason}` }
      if (code !== 0) throw new Error(`npm install node@${version} ended with ${code}\n${stderr}`)
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
