import { execFileSync } from 'node:child_process'
import { lstat, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { program } from '../program.ts'

describe.skipIf(process.platform === 'win32')('a file of the configuration', () => {
  it('that is a link is written through', async () => {
    const { expect: run, path, json } = await program()
    await run(0, ['init', 'me', '--scope', '*'])
    const files = ['config/config.json', 'config/keys.lock.json']
    await mkdir(path('dotfiles'))
    for (const file of files) {
      await rename(path(file), path('dotfiles', basename(file)))
      await symlink(path('dotfiles', basename(file)), path(file))
    }
    await run(0, ['key', 'add', 'other', 'file:config/keys/me.key', '--default'])
    for (const file of files) expect((await lstat(path(file))).isSymbolicLink(), file).toBe(true)
    expect(await readFile(path('dotfiles', 'config.json'), 'utf8')).toContain('"defaultKey": "other"')
    expect(await readFile(path('dotfiles', 'keys.lock.json'), 'utf8')).toContain('"other"')
    expect((await json(0, ['key', 'list'])).keys).toHaveLength(2)
  })

  it('on a full disk is named, stays as it is, and leaves no lock', async ctx => {
    const { run, expect: runs, path } = await program()
    await runs(0, ['key', 'create', 'file:me.key'])
    for (const [file, words] of [
      ['config/keys.lock.json', ['key', 'add', 'me', 'file:me.key']],
      ['config/config.json', ['key', 'add', 'me', 'file:me.key', '--default']],
      [
        'notation/trustpolicy.json',
        ['policy', 'init', '--name', 'x', '--scope', '*', '--trust-store', 'ca:x', '--trusted-identity', '*'],
      ],
    ] as const) {
      const folder = dirname(path(file))
      await mkdir(folder, { recursive: true })
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'none', folder], { stdio: 'ignore' })
      } catch {
        ctx.skip('this user may not mount a small file system')
      }
      onTestFinished(() => void execFileSync('umount', [folder], { stdio: 'ignore' }))
      if (file.endsWith('config.json')) await runs(0, ['key', 'add', 'me', 'file:me.key'])
      let filler = ''
      for (let size = 4096; size >= 1; size /= 2)
        await writeFile(join(folder, 'filler'), filler + 'x'.repeat(size)).then(
          () => {
            filler += 'x'.repeat(size)
          },
          () => {},
        )
      const before = await readdir(folder)
      const { code, stderr } = await run(words)
      expect(stderr).toMatch(/^error\[UNAVAILABLE\]: .*(?:keys\.lock\.json|config\.json|trustpolicy\.json)/m)
      expect(stderr).toContain('why: the disk is full')
      expect(code).toBe(3)
      expect(await readdir(folder)).toEqual(before)
    }
  })
})
