import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { removeScratch, scratch } from '../services/scratch.ts'
import { need } from '../services/tool.ts'
import { documentAt, documents, makeIdentity, programs, readersFolder } from './documents.ts'
import { nodeVersion, OLDEST_NODE } from './node-version.ts'
import { runTool } from './process.ts'
import { root } from './workspace.ts'

vi.setConfig({ testTimeout: 120_000 })

const scripts = documents
  .map(({ document, blocks }) => ({ document, code: blocks.filter(({ language }) => language === 'sh') }))
  .filter(({ code }) => code.length > 0)

let folder: string

beforeAll(async () => {
  folder = await scratch('documents')
  // Names of packages resolve as they do in a program of the workspace.
  symlinkSync(join(root, 'examples', 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
})
afterAll(() => removeScratch(folder))

describe('programs in the documents', () => {
  it('type-check', async () => {
    const types = join(folder, 'types')
    mkdirSync(types)
    for (const [index, { code }] of programs.entries()) writeFileSync(join(types, `${index}.ts`), code)
    writeFileSync(
      join(types, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.base.json'),
        compilerOptions: {
          noEmit: true,
          isolatedDeclarations: false,
          noUnusedLocals: false,
          allowImportingTsExtensions: true,
          rewriteRelativeImportExtensions: false,
          typeRoots: [join(root, 'node_modules', '@types')],
        },
      }),
    )
    const names = programs.map(({ document, line }, index) => `${index}.ts = ${document}:${line}`).join('\n')
    const { code, output } = await runTool('tsc', ['-p', types])
    expect(code, `${names}\n${output}`).toBe(0)
  })

  it.each(programs)('$document:$line runs', async ({ document, line, code }) => {
    const cwd = await readersFolder(folder, `${document} programs`)
    await makeIdentity(cwd)
    const file = join(cwd, `${line}.ts`)
    writeFileSync(file, code)
    const ended = await runTool('node', ['--conditions=@sealwright/source', file], { cwd })
    expect(ended.code, ended.output).toBe(0)
  })

  // Those that need a store too, which do not run here.
  const shown = [
    ...[...documents, documentAt(join('docs', 'writing-a-provider.md'))].flatMap(({ document, blocks }) =>
      blocks
        .filter(({ language }) => language === 'ts' || language === 'js')
        .map(({ line, code }) => ({ program: `${document}:${line}`, code })),
    ),
    ...['examples', join('examples', 'shared')].flatMap(parent =>
      readdirSync(join(root, parent))
        .filter(name => name.endsWith('.ts'))
        .map(name => join(parent, name))
        .map(program => ({ program, code: readFileSync(join(root, program), 'utf8') })),
    ),
  ]

  it.for(shown)('$program parses on the oldest Node', async ({ program, code }, ctx) => {
    const node = need(ctx, await nodeVersion(OLDEST_NODE))
    const file = join(folder, `${program.replaceAll(/\W/g, '-')}.mjs`)
    writeFileSync(file, stripTypeScriptTypes(code))
    const ended = await runTool(node, ['--check', file])
    expect(ended.code, ended.output).toBe(0)
  })
})

describe('commands in the documents', () => {
  it.for(scripts)('$document', async ({ document, code }, ctx) => {
    if (!existsSync(join(root, 'packages', 'cli', 'dist', 'main.js'))) ctx.skip('not built: npm run build')
    const cwd = await readersFolder(folder, document)
    const home = join(cwd, 'home')
    mkdirSync(home, { recursive: true })
    const script = ['set -euo pipefail', 'npx() { "$@"; }', ...code.map(block => block.code)].join('\n')
    const ended = await runTool('bash', ['-c', script], {
      cwd,
      env: {
        HOME: home,
        XDG_CONFIG_HOME: join(home, '.config'),
        XDG_CACHE_HOME: join(home, '.cache'),
        SEALWRIGHT_PASSPHRASE_FILE: join(cwd, 'passphrase.txt'),
      },
    })
    expect(ended.code, ended.output).toBe(0)
  })
})
