import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs `task` while no other process runs one under the same `path`. A lock whose owner is gone is taken over; what is
 * made under a lock must still be renamed into place, because a takeover can race.
 */
export async function underLock<T>(path: string, task: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  while (!(await acquired(path))) {
    if (await abandoned(path)) await takeAway(path)
    else await sleep(200)
  }
  try {
    return await task()
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

async function acquired(path: string): Promise<boolean> {
  try {
    await mkdir(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  await writeFile(join(path, 'pid'), String(process.pid))
  return true
}

async function abandoned(path: string): Promise<boolean> {
  for (let look = 0; look < 10; look++) {
    const pid = Number(await readFile(join(path, 'pid'), 'utf8').catch(() => ''))
    if (pid > 0) return !isAlive(pid)
    await sleep(100) // between mkdir and the write of the owner's pid
  }
  return true
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  await rename(path, aside).catch(() => undefined)
  await rm(aside, { recursive: true, force: true })
}
