import { randomBytes } from 'node:crypto'
import { lstat, open, rename, rm, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { SealwrightError } from '@sealwright/core'
import { readRegularFileIfPresent, systemFailure, temporaryName } from '@sealwright/core/files'
import { pause } from '../abort.ts'
import type { StoreCall } from '../artifact-store.ts'
import { fileVersion } from './file-version.ts'

export interface HeldLock {
  /** Throws `UNAVAILABLE` if the lock was lost meanwhile, so that nothing is overwritten that another wrote. */
  assertHeld(): Promise<void>
}

/** How long a holder may show no sign of life. */
const SILENT_MS = 10_000
/** The same, for one that cannot be alive: its process is gone, or it never wrote its name. */
const DEAD_MS = 1500
const WAIT_MS = 60_000
const HEARTBEAT_MS = 500
const MAX_LOCK_BYTES = 1024

/**
 * Runs `action` while holding the lock file at `path`. The file names its holder, who touches it twice a second; a
 * lock that was left by a killed process is taken away after it has been seen unchanged for a while. The waiting
 * process measures that time itself, because the clocks of a shared disk and of this machine may differ.
 *
 * @throws {@link SealwrightError} `UNAVAILABLE` when another holds it for longer than a minute.
 */
export async function withFileLock<T>(
  path: string,
  call: StoreCall,
  action: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const token = await acquire(path, call)
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => {})
  }, HEARTBEAT_MS)
  heartbeat.unref()
  try {
    return await action({ assertHeld: () => assertToken(path, token) })
  } finally {
    clearInterval(heartbeat)
    // Never another's lock: ours may have been taken away while this process was stopped.
    if ((await holderOf(path))?.token === token) await rm(path, { force: true })
  }
}

async function acquire(path: string, call: StoreCall): Promise<string> {
  const token = randomBytes(16).toString('hex')
  const started = performance.now()
  let seen: string | undefined
  let since = started
  for (;;) {
    if (await create(path, token)) return token
    await assertLock(path)
    const holder = await holderOf(path)
    const state = `${holder?.token} ${await fileVersion(path)}`
    const now = performance.now()
    if (state !== seen) {
      seen = state
      since = now
    }
    const silent = now - since
    if (silent > SILENT_MS || (silent > DEAD_MS && !mayBeAlive(holder))) {
      await breakLock(path, holder?.token)
      seen = undefined
    } else if (now - started > WAIT_MS) {
      throw new SealwrightError('UNAVAILABLE', `${path} is held by another process`, {
        why: holder ? `process ${holder.pid} on ${holder.host}` : 'it does not say by which',
        fix: 'wait for it to finish, or end it',
      })
    } else {
      await pause(20 + Math.random() * 40, call.signal)
    }
  }
}

interface Holder {
  readonly token: string
  readonly pid: number
  readonly host: string
}

async function create(path: string, token: string): Promise<boolean> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(path, 'wx')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // EPERM: Windows, while the file is being removed.
    if (code === 'EEXIST' || (code === 'EPERM' && process.platform === 'win32')) return false
    throw systemFailure(error, 'create', path)
  }
  try {
    try {
      await file.writeFile(`${token} ${process.pid} ${hostname()}\n`)
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    // Without our name in it, others would wait for nobody.
    await rm(path, { force: true }).catch(() => {})
    throw systemFailure(error, 'write', path)
  }
}

/** What was put under the name of a lock is nobody's, and is not waited for. */
async function assertLock(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined || found.isFile()) return
  throw new SealwrightError('VALIDATION', `${path} is not a lock`, {
    why: `it is a ${found.isDirectory() ? 'directory' : found.isSymbolicLink() ? 'symbolic link' : 'pipe, a socket or a device'}`,
    fix: `remove it: it keeps ${path.replace(/\.lock$/, '')} from being changed`,
  })
}

async function holderOf(path: string): Promise<Holder | undefined> {
  const bytes = await readRegularFileIfPresent(path, MAX_LOCK_BYTES).catch(() => undefined)
  const text = Buffer.from(bytes ?? []).toString('utf8')
  const match = /^([0-9a-f]{32}) (\d+) (\S+)\n$/.exec(text)
  return match ? { token: match[1]!, pid: Number(match[2]), host: match[3]! } : undefined
}

/** A number of this process says nothing: after a restart of a container it may be that of the one that was killed. */
function mayBeAlive(holder: Holder | undefined): boolean {
  if (holder === undefined) return false
  if (holder.host !== hostname() || holder.pid === process.pid) return true
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/**
 * Takes a lock away by renaming it, which only one process can do. If another was faster and this is already its new
 * lock, it finds out by `assertHeld`.
 */
async function breakLock(path: string, token: string | undefined): Promise<void> {
  if ((await holderOf(path))?.token !== token) return
  await assertLock(path)
  const aside = temporaryName(path)
  try {
    await rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  await rm(aside, { force: true })
}

async function assertToken(path: string, token: string): Promise<void> {
  if ((await holderOf(path))?.token === token) return
  throw new SealwrightError('UNAVAILABLE', `${path} was taken over by another process`, {
    why: 'this one showed no sign of life for too long',
    fix: 'try again',
  })
}
