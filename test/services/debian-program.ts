import { access, chmod, glob, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cache } from './cache.ts'
import { underLock } from './lock.ts'
import { run, succeed } from './run.ts'
import { onPath, type Tool } from './tool.ts'

export interface DebianProgram {
  /** What it is called: on PATH, and in `/usr/bin` of the first package. */
  readonly name: string
  /** The package that brings it, then those of libraries that no Debian is without. */
  readonly packages: readonly string[]
}

/**
 * A program of Debian packages that are unpacked into the cache and not installed: nothing of the machine changes, no
 * service is started, and root is not needed. One on PATH is taken as it is.
 */
export async function debianProgram({ name, packages }: DebianProgram): Promise<Tool> {
  const home = cache('debian', packages.join('+'))
  const path = join(home, `run-${name}`)
  if (await exists(path)) return { path }
  const installed = await onPath(name)
  if ('path' in installed) return installed
  for (const needed of ['apt-get', 'dpkg-deb']) {
    if ('missing' in (await onPath(needed)))
      return { missing: `${name} is not installed, and there is no ${needed}` }
  }
  return underLock(cache('locks', 'apt'), async () => {
    if (await exists(path)) return { path }
    const missing = await unpack(name, packages, home)
    return missing === undefined ? { path } : { missing: `${name} cannot be had here: ${missing}` }
  })
}

/** @returns Why it cannot be. */
async function unpack(name: string, packages: readonly string[], home: string): Promise<string | undefined> {
  const work = cache('build', `${basename(home)}-${process.pid}`)
  await rm(work, { recursive: true, force: true })
  await mkdir(work, { recursive: true })
  try {
    const failed = await download(packages, work)
    if (failed !== undefined) return failed
    for (const file of await readdir(work)) {
      await succeed('dpkg-deb', ['-x', join(work, file), join(work, 'root')])
      await rm(join(work, file))
    }
    const libraries: string[] = []
    for await (const folder of glob(['usr/lib/*-linux-gnu', 'lib/*-linux-gnu'], { cwd: join(work, 'root') }))
      libraries.push(folder)
    const script = join(work, `run-${name}`)
    await writeFile(script, starter(home, name, libraries))
    await chmod(script, 0o755)
    await rm(home, { recursive: true, force: true })
    await mkdir(cache('debian'), { recursive: true })
    await rename(work, home)
    return undefined
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Unpacked libraries are found only by who is told where they are. */
function starter(home: string, name: string, libraries: readonly string[]): string {
  const found = libraries.map(folder => join(home, 'root', folder)).join(':')
  const environment = found === '' ? '' : `LD_LIBRARY_PATH='${found}' `
  return `#!/bin/sh\n${environment}exec '${join(home, 'root', 'usr', 'bin', name)}' "$@"\n`
}

/** @returns Why they cannot be had. */
async function download(packages: readonly string[], cwd: string): Promise<string | undefined> {
  const apt = (...args: readonly string[]) => run('apt-get', args, { cwd, timeoutMs: 300_000 })
  const wanted = ['download', '-qq', ...packages]
  const first = await apt(...wanted)
  if (first.code === 0) return undefined
  // Lists that are absent or old.
  if (process.getuid?.() === 0) await apt('update', '-qq')
  const second = await apt(...wanted)
  return second.code === 0 ? undefined : second.stderr.trim().split('\n').at(-1)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
