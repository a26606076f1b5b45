import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs `task` while no other process runs one under the same `path`: a file that holds its owner's pid. A lock whose
 * owner is gone is taken over; what is made under a lock must still be renamed into place, because a takeover can race.
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
    await rm(path, { force: true })
  }
}

let attempts = 0

/** A link appears with its content, so no one ever sees a lock without an owner. */
async function acquired(path: string): Promise<boolean> {
  const claim = `${path}.${process.pid}.${attempts++}`
  await writeFile(claim, String(process.pid))
  try {
    await link(claim, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(claim, { force: true })
  }
}

async function abandoned(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''))
  return pid > 0 && !isAlive(pid)
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
  await rm(aside, { force: true })
}
