import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CANNOT_INSTALL_HERE } from '../services/npm-file.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import type { Skips } from '../services/tool.ts'
import { pack } from './pack.ts'
import { runTool } from './process.ts'
import { packages, root } from './workspace.ts'

vi.setConfig({ testTimeout: 120_000 })

const PACKED = ['core', 'conformance']
const document = readFileSync(join(root, 'docs', 'writing-a-provider.md'), 'utf8')

/** The programs of the guide, by the name in their first line. */
const programs = new Map(
  [...document.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name, code]) => [name!, code!]),
)

let folder: string
let missing: string | undefined

/** Does what the guide says in a folder outside the workspace, with the tarballs in the place of the registry. */
beforeAll(async () => {
  folder = await scratch('writing-a-provider')
  const unbuilt = packages.filter(({ folder }) => !existsSync(join(folder, 'dist'))).map(({ name }) => name)
  if (unbuilt.length > 0) {
    missing = `not built: ${unbuilt.join(', ')}; npm run build`
    return
  }
  mkdirSync(join(folder, 'tarballs'))
  const packed = await pack(join(folder, 'tarballs'))
  expect(packed.code, packed.output).toBe(0)
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  const tarballs = PACKED.map(name => {
    const [tarball] = readdirSync(join(folder, 'tarballs')).filter(file =>
      file.startsWith(`sealwright-${name}-`),
    )
    return `./tarballs/${tarball}`
  })
  const installed = await runTool(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', ...tarballs],
    { cwd: folder },
  )
  const reason = CANNOT_INSTALL_HERE.exec(installed.stderr)?.[0]
  if (installed.code !== 0 && reason) missing = `npm cannot install here: ${reason}`
  else expect(installed.code, installed.output).toBe(0)
  for (const [name, code] of programs) writeFileSync(join(folder, name), code)
})
afterAll(() => removeScratch(folder))

function installedFolder(ctx: Skips): string {
  return missing === undefined ? folder : ctx.skip(missing)
}

describe('the guide to writing a provider', () => {
  it('has a provider of at most 150 lines, its fake and its harness', () => {
    expect([...programs.keys()]).toEqual(['signbox.ts', 'fake-signbox.ts', 'signbox.test.ts'])
    expect(programs.get('signbox.ts')!.trimEnd().split('\n').length).toBeLessThanOrEqual(150)
  })

  it('has programs that type-check with the packed packages', async ctx => {
    const cwd = installedFolder(ctx)
    writeFileSync(
      join(cwd, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'es2024',
          lib: ['es2024', 'esnext.disposable'],
          module: 'nodenext',
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          noUnusedLocals: true,
          erasableSyntaxOnly: true,
          allowImportingTsExtensions: true,
          noEmit: true,
          types: ['node'],
          typeRoots: [join(root, 'node_modules', '@types')],
        },
        files: ['signbox.test.ts'],
      }),
    )
    const { code, output } = await runTool('tsc', ['-p', cwd])
    expect(code, output).toBe(0)
  })

  it('ends with a provider that passes every case but those of what its store has not', async ctx => {
    const cwd = installedFolder(ctx)
    const { code, output } = await runTool('node', ['--test', '--test-reporter=tap'], { cwd })
    expect(code, output).toBe(0)
    const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1])
    const skipped = [...output.matchAll(/# SKIP (.+)$/gm)].map(([, reason]) => reason)
    expect(skipped.sort()).toEqual([
      'the harness has no faults.create.deny and no manage.create',
      'the harness has no faults.create.hang and no manage.create',
      'the harness has no faults.list.deny and no manage.list',
      'the harness has no faults.list.hang and no manage.list',
      'the harness has no moveAlias',
      'the harness has no wrongPin',
    ])
    expect(count('fail')).toBe(0)
    expect(count('pass')).toBeGreaterThan(60)
  })

  it('finds a mistake that a reader makes', async ctx => {
    const cwd = installedFolder(ctx)
    const provider = programs.get('signbox.ts')!
    const mistaken = provider.replace("'ES256' ? 'der' : 'raw'", "'ES256' ? 'raw' : 'raw'")
    expect(mistaken).not.toBe(provider)
    writeFileSync(join(cwd, 'signbox.ts'), mistaken)
    try {
      const { code, output } = await runTool('node', ['--test'], { cwd })
      expect(code).toBe(1)
      expect(output).toContain('it looks like DER')
    } finally {
      writeFileSync(join(cwd, 'signbox.ts'), provider)
    }
  })

  it('goes on to the command line, with its package installed beside the program', async ctx => {
    const cwd = installedFolder(ctx)
    const [, commands] = document.split('\n## 6. The command line\n')
    const blocks = [...commands!.split('\n## ')[0]!.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    const [install, configuration, use] = blocks.map(([, , code]) => code!)
    const cli = readdirSync(join(folder, 'tarballs')).find(name => /^sealwright-\d/.test(name))
    const tarball = `npm install --no-audit --no-fund --prefer-offline ${join(folder, 'tarballs', cli!)} ${cwd}`
    const installed = await runTool(
      'bash',
      ['-euc', install!.replace(/npm install sealwright \S+/, tarball).replaceAll('../release', 'release')],
      { cwd },
    )
    expect(installed.code, installed.output).toBe(0)

    const release = join(cwd, 'release')
    const served =
      "const { fakeSignbox } = await import('./fake-signbox.ts'); const fake = await fakeSignbox('canary')"
    const fake = spawn(
      'node',
      ['--input-type=module', '-e', `${served}; fake.add('release', 'p256'); console.log(fake.endpoint)`],
      { cwd, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    try {
      const [line] = await once(fake.stdout, 'data')
      const { providers } = JSON.parse(configuration!)
      providers['signbox-keys'].endpoint = String(line).trim()
      writeFileSync(join(release, 'config.json'), JSON.stringify({ providers }))
      writeFileSync(join(release, 'app.tgz'), 'an application')
      const ended = await runTool('bash', ['-euc', `PATH=node_modules/.bin:$PATH\n${use}`], {
        cwd: release,
        env: { HOME: release, SEALWRIGHT_CONFIG: join(release, 'config.json'), SIGNBOX_TOKEN: 'canary' },
      })
      expect(ended.code, ended.output).toBe(0)
      expect(ended.stdout).toContain('signed: ./app.tgz@sha256:')
    } finally {
      fake.kill()
    }
  })
})
