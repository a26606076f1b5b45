import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import manifest from '../../packages/cli/package.json' with { type: 'json' }
import { nodeVersion } from '../house/node-version.ts'
import { cache } from '../services/cache.ts'
import { run } from '../services/run.ts'
import { need, type Skips } from '../services/tool.ts'

vi.setConfig({ testTimeout: 120_000 })

const GENUINE = /^sealwright \d/
const CLI = join(import.meta.dirname, '..', '..', 'packages', 'cli')

describe.each(Object.entries(manifest.bin))('%s', (name, bin) => {
  const program = join(CLI, bin)

  it.for(['14.21.3', '20.20.2'])('says on Node %s which version it needs', async (version, ctx) => {
    const node = need(ctx, await nodeVersion(version))
    expect(await run(node, [program, 'version'])).toEqual({
      code: 2,
      stdout: '',
      stderr: `${name} needs Node 22.22.2 or later; this is v${version}\n`,
    })
  })

  it.each([
    ['22.22.1', '22.22.2'],
    ['23.11.0', '24.15.0'],
    ['24.14.9', '24.15.0'],
    ['25.9.0', '26.0.0'],
  ])('on Node %s asks for %s', async (version, needed) => {
    const { code, stderr } = await run(process.execPath, [...asVersion(version), program, 'version'])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `${name} needs Node ${needed} or later; this is v${version}\n`,
    })
  })
})

function asVersion(version: string): string[] {
  const code = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`]
}

it('the bins ask for the versions that package.json names', async () => {
  const start = await readFile(join(CLI, 'bin', 'start.js'), 'utf8')
  const listed = [...start.matchAll(/^ {2}\[(\d+), (\d+), (\d+)\],$/gm)].map(match =>
    match.slice(1).join('.'),
  )
  const declared = manifest.engines.node
    .split(' || ')
    .map(range => [...range.replace(/^\D+/, '').split('.'), '0', '0'].slice(0, 3).join('.'))
  expect(listed).toEqual(declared)
})

it('a program that cannot be loaded ends with 70, not with "not verified"', async () => {
  const { folder } = await copyOfProgram()
  await rm(join(folder, 'dist'), { recursive: true })
  const { code, stderr } = await run(process.execPath, [join(folder, 'bin', 'sealwright.js'), 'version'])
  expect(code).toBe(70)
  expect(stderr).toBe(
    'error[INTERNAL]: sealwright cannot be loaded\n  why: Error (ERR_MODULE_NOT_FOUND)\n  fix: npm install --global sealwright\n',
  )
})

/** A copy of the built program, in a folder that only this user can write to, from the root down. */
async function copyOfProgram() {
  await mkdir(cache(), { recursive: true })
  const folder = await mkdtemp(join(cache(), 'start-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const name of ['bin', 'dist', 'package.json'])
    await cp(join(CLI, name), join(folder, name), { recursive: true })
  return { folder, bin: join(folder, 'bin', 'sealwright.js'), main: join(folder, 'dist', 'main.js') }
}

describe('compiled code', () => {
  /**
   * A directory with compiled code that Node takes for that of `dist/main.js`, and that prints PLANTED: the entry is
   * guarded by a checksum of the source alone.
   */
  async function planted(ctx: Skips) {
    if (!existsSync(join(CLI, 'dist', 'main.js'))) ctx.skip('the program is not built (npm run build)')
    const { folder, bin, main } = await copyOfProgram()
    const addition = ';console.log("PLANTED")'
    const source = (await readFile(main, 'utf8')).trimEnd()
    const forged = Buffer.from(source + addition)
    // Of the same length, which is checked too.
    const genuine = Buffer.from(source + ' '.repeat(addition.length))
    await writeFile(main, forged)
    const made = join(folder, 'made')
    const env = { PATH: process.env.PATH, HOME: join(folder, 'no-home') }
    const first = await run(process.execPath, [bin, 'version'], { env: { ...env, NODE_COMPILE_CACHE: made } })
    expect(first.stdout).toContain('PLANTED')
    await writeFile(main, genuine)
    const [version] = await readdir(made)
    let patched = 0
    for (const name of await readdir(join(made, version!))) {
      const path = join(made, version!, name)
      const entry = await readFile(path)
      if (entry.readUInt32LE(12) !== crc32(forged)) continue
      entry.writeUInt32LE(crc32(genuine), 12)
      await writeFile(path, entry)
      patched++
    }
    if (patched === 0) ctx.skip('the entries of this Node are guarded in another way')
    const start = (more: NodeJS.ProcessEnv) =>
      run(process.execPath, [bin, 'version'], { env: { ...env, ...more } })
    expect((await start({ NODE_COMPILE_CACHE: made })).stdout).toContain('PLANTED')
    return { folder, made, start }
  }

  it('is not taken from the directory for temporary files', async ctx => {
    const { folder, made, start } = await planted(ctx)
    const shared = join(folder, 'tmp')
    await cp(made, join(shared, 'node-compile-cache'), { recursive: true })
    await chmod(shared, 0o1777)
    const home = join(folder, 'home')
    await mkdir(home, { mode: 0o700 })
    for (const more of [
      { TMPDIR: shared },
      { TMPDIR: shared, HOME: home },
      { TMPDIR: shared, HOME: undefined },
    ])
      expect((await start(more)).stdout).toMatch(GENUINE)
  })

  it('is taken from a directory of this user alone', async ctx => {
    const { folder, made, start } = await planted(ctx)
    const base = join(folder, 'cache')
    const own = join(base, 'sealwright')
    await cp(made, own, { recursive: true })
    await chmod(own, 0o700)
    await chmod(base, 0o700)
    // The proof that the directory is used at all.
    expect((await start({ XDG_CACHE_HOME: base })).stdout).toContain('PLANTED')
    for (const path of [own, base]) {
      await chmod(path, 0o777)
      expect((await start({ XDG_CACHE_HOME: base })).stdout, path).toMatch(GENUINE)
      await chmod(path, 0o700)
    }
    const linked = join(folder, 'linked')
    await mkdir(linked, { mode: 0o700 })
    await symlink(own, join(linked, 'sealwright'))
    expect((await start({ XDG_CACHE_HOME: linked })).stdout).toMatch(GENUINE)
    expect((await start({ XDG_CACHE_HOME: 'cache' })).stdout).toMatch(GENUINE)
  })

  it('is not kept below a directory that others can write to, nor where there is no home', async ctx => {
    const { start } = await planted(ctx)
    const shared = await mkdtemp(join(tmpdir(), 'sealwright-start-'))
    onTestFinished(() => rm(shared, { recursive: true, force: true }))
    await mkdir(join(shared, 'cache'))
    for (const more of [
      { XDG_CACHE_HOME: join(shared, 'cache') },
      { HOME: '/dev/null' },
      { HOME: '/proc/none' },
    ]) {
      expect((await start(more)).stdout).toMatch(GENUINE)
    }
    expect(await readdir(shared, { recursive: true })).toEqual(['cache'])
  })
})
