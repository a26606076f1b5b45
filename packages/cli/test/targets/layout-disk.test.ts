import { execFileSync } from 'node:child_process'
import { lstat, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

/** A file system of its own, which a test may fill; skips where none can be mounted. */
function mounted(self: Program, { skip }: TestContext, size: string): string {
  const path = self.path('disk')
  try {
    execFileSync('mkdir', ['-p', path])
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'pipe' })
  } catch {
    skip('a file system can be mounted by root only')
  }
  onTestFinished(() => void execFileSync('umount', [path]))
  return path
}

async function filesBelow(path: string): Promise<readonly string[]> {
  return (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter(entry => !entry.isDirectory())
    .map(({ name }) => name)
}

describe('a full disk', () => {
  it.for(['oci:disk/layout:v1', 'oci-archive:disk/app.tar:v1'])(
    'is named with the file, is worth another try, and leaves no lock in %s',
    async (reference, context) => {
      const self = await program()
      const disk = mounted(self, context, '256k')
      await makeLayout(self.path('disk', 'layout'), 'v1')
      await self.json(0, ['init', 'me', '--no-passphrase', '--scope', '*'])
      await self.json(0, ['copy', 'oci:disk/layout:v1', 'oci-archive:disk/app.tar:v1'])
      const before = await filesBelow(disk)
      for (let part = 0; ; part++) {
        try {
          await writeFile(self.path('disk', `fill-${part}`), Buffer.alloc(4096))
        } catch {
          break
        }
      }
      const { error } = await self.json(3, ['sign', reference])
      expect(error.code).toBe('UNAVAILABLE')
      expect(error.message).toMatch(/^cannot write .*disk\//)
      expect(error.why).toBe('the disk is full')
      const after = (await filesBelow(disk)).filter(name => !name.startsWith('fill-'))
      expect(after.sort()).toEqual(before.toSorted())
      for (const name of await readdir(disk)) {
        if (name.startsWith('fill-')) execFileSync('rm', [self.path('disk', name)])
      }
      await self.json(0, ['sign', reference])
    },
  )
})

describe('a destination that is read-only', () => {
  it.for(['oci:disk/new', 'oci:disk/layout', 'oci-archive:disk/new.tar'])(
    'is denied access, and no fault of the source: %s',
    async (destination, context) => {
      const self = await program()
      const disk = mounted(self, context, '1m')
      await makeLayout(self.path('image'), 'v1')
      await makeLayout(self.path('disk', 'layout'), 'other')
      execFileSync('mount', ['-o', 'remount,ro', disk])
      const { error } = await self.json(5, ['copy', 'oci:image:v1', destination])
      expect(error.code).toBe('ACCESS_DENIED')
      expect(error.message).toContain(disk)
      expect(error.why).toBe('the file system is read-only')
    },
  )
})

describe('a destination in which nothing can be made', () => {
  it('is refused, and not tried for ever', async ({ skip }) => {
    skip(process.platform !== 'linux', 'there is no /proc')
    const self = await program()
    await makeLayout(self.path('image'), 'v1')
    for (const destination of ['oci:/proc/nope', 'oci:/proc/nope/deeper']) {
      const { error } = await self.json(5, ['copy', 'oci:image:v1', destination])
      expect(error.message).toContain('/proc/nope')
    }
    const { error } = await self.json(5, ['init', 'me', '--scope', '*', '--config', '/proc/nope/config.json'])
    expect(error.message).toContain('/proc/nope')
  })
})

describe('what stands under the name of a lock', () => {
  it.each<[string, (path: string) => Promise<unknown>]>([
    ['a directory', path => mkdir(path)],
    ['symbolic link', path => symlink('/dev/zero', path)],
    ['pipe', async path => execFileSync('mkfifo', [path])],
  ])('and is a %s is named at once, and stays', async (kind, put) => {
    const self = await program()
    await makeLayout(self.path('layout'), 'v1')
    await self.json(0, ['init', 'me', '--no-passphrase', '--scope', '*'])
    const lock = self.path('layout', 'index.json.lock')
    await put(lock)
    const before = await lstat(lock)
    const started = performance.now()
    const { error } = await self.json(2, ['sign', 'oci:layout:v1', '--timeout', '20s'])
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(error.message).toBe(`${lock} is not a lock`)
    expect(error.why).toContain(kind)
    expect((await lstat(lock)).ino).toBe(before.ino)
    expect((await readdir(self.path('layout'))).filter(name => name.includes('.tmp'))).toEqual([])
  })
})
