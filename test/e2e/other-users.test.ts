import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeLayout } from '../../packages/cli/test/image.ts'
import type { Skips } from '../services/tool.ts'

vi.setConfig({ testTimeout: 120_000 })

const CLI = join(import.meta.dirname, '..', '..', 'packages', 'cli')
/** Nobody has it: it is in no list of users. */
const UID = 4711

/** The built program and an image, signed by root, in a folder that everybody may read; run as a user without an entry. */
async function asNobody(ctx: Skips) {
  if (process.getuid?.() !== 0) ctx.skip('only root can become another user')
  if (!existsSync(join(CLI, 'dist', 'main.js'))) ctx.skip('the program is not built (npm run build)')
  const folder = await mkdtemp(join(tmpdir(), 'sealwright-user-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  for (const name of ['bin', 'dist', 'package.json'])
    await cp(join(CLI, name), join(folder, 'cli', name), { recursive: true })
  await cp(process.execPath, join(folder, 'node'))
  const bin = join(folder, 'cli', 'bin', 'sealwright.js')
  const run = (args: readonly string[], env: NodeJS.ProcessEnv, uid?: number) => {
    const { status, stdout, stderr } = spawnSync(join(folder, 'node'), [bin, ...args], {
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', ...env },
      encoding: 'utf8',
      ...(uid === undefined ? {} : { uid, gid: uid }),
    })
    return { code: status, stdout, stderr }
  }
  await makeLayout(join(folder, 'image'), 'v1')
  await writeFile(join(folder, 'pass'), 'canary-pass phrase', { mode: 0o600 })
  const root = { HOME: join(folder, 'root'), SEALWRIGHT_PASSPHRASE_FILE: join(folder, 'pass') }
  await mkdir(root.HOME)
  for (const args of [
    ['init', 'me', '--scope', '*'],
    ['sign', 'oci:image:v1'],
  ])
    expect(run(args, root)).toMatchObject({ code: 0 })
  await cp(join(root.HOME, '.config', 'notation'), join(folder, 'trust'), { recursive: true })
  spawnSync('chmod', ['-R', 'a+rX', join(folder, 'trust'), join(folder, 'image'), join(folder, 'cli')])
  return { folder, run }
}

describe.skipIf(process.platform === 'win32')('a user without an entry in the list of users', () => {
  it('does all that needs no configuration', async ctx => {
    const { folder, run } = await asNobody(ctx)
    const readOnly = join(folder, 'read-only')
    await mkdir(readOnly, { mode: 0o555 })
    for (const env of [{}, { HOME: '/dev/null' }, { HOME: readOnly }, { HOME: '' }, { HOME: '/nowhere' }]) {
      for (const args of [
        ['version'],
        ['help', 'sign'],
        ['list', 'oci:image:v1'],
        ['inspect', 'oci:image:v1'],
        ['verify', '--trust', 'trust', 'oci:image:v1'],
        ['key', 'list'],
      ]) {
        const ended = run(args, env, UID)
        expect(ended.code, `${JSON.stringify(env)} ${args.join(' ')}\n${ended.stdout}${ended.stderr}`).toBe(0)
        expect(ended.stderr).not.toContain('warning')
      }
    }
  })

  it('is told what cannot be read, and what cannot be written', async ctx => {
    const { folder, run } = await asNobody(ctx)
    await writeFile(join(folder, 'secret'), 'x', { mode: 0o600 })
    for (const args of [
      ['sign', '--passphrase-file', 'secret', 'oci:image:v1'],
      ['verify', '--trust', 'trust', './secret', '--signature', './secret'],
      ['verify', '--trust', 'trust', '--signature', 'secret', 'oci:image:v1'],
      ['verify', '--policy', 'secret', 'oci:image:v1'],
      ['verify', '--trusted-cert', 'secret', 'oci:image:v1'],
      ['inspect', './secret'],
      ['cert', 'show', './secret'],
      ['policy', 'check', 'secret'],
      ['list', 'oci-archive:secret'],
      ['key', 'show', 'file:./secret'],
      ['list', '--ca-file', 'secret', 'registry.invalid/app:v1'],
    ]) {
      const { code, stdout, stderr } = run(args, { SEALWRIGHT_KEY: 'file:./secret' }, UID)
      const shown = `${args.join(' ')}: exit ${code}\n${stdout}${stderr}`
      expect(code, shown).toBe(5)
      expect(stderr + stdout, shown).toContain('secret')
      expect(stderr + stdout, shown).not.toContain('INTERNAL')
    }
    const { code, stderr } = run(['copy', 'oci:image:v1', 'oci:copied'], {}, UID)
    expect(code, stderr).toBe(5)
    expect(stderr).toContain('copied')
    expect(await readdir(folder)).not.toContain('copied')
  })
})

describe.skipIf(process.platform !== 'linux')('stdout that is full', () => {
  it.each([
    [['list', 'oci:image:v1']],
    [['list', 'oci:image:v1', '-o', 'json']],
    [['help']],
    [['--version']],
    [['copy', 'oci:image:v1', 'oci-archive:-']],
  ])('%j says so, with exit 3', async args => {
    const folder = await mkdtemp(join(tmpdir(), 'sealwright-full-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await makeLayout(join(folder, 'image'), 'v1')
    const command = `"$0" "$@" > /dev/full`
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', command, process.execPath, join(CLI, 'bin', 'sealwright.js'), ...args],
      { cwd: folder, env: { PATH: process.env.PATH, HOME: folder }, encoding: 'utf8' },
    )
    expect(stderr).toMatch(
      /^error\[UNAVAILABLE\]: cannot write to stdout\n {2}why: the disk is full\n {2}fix: /,
    )
    expect(status).toBe(3)
  })
})
