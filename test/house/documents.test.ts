import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { removeScratch, scratch } from '../services/scratch.ts'
import { need } from '../services/tool.ts'
import { refusal, sealwrightCalls } from './command-lines.ts'
import {
  commandsOf,
  documentAt,
  documents,
  makeIdentity,
  programs,
  readersFolder,
  runCommands,
} from './documents.ts'
import { nodeVersion, OLDEST_NODE } from './node-version.ts'
import { runTool } from './process.ts'
import { root } from './workspace.ts'

vi.setConfig({ testTimeout: 120_000 })

const scripts = documents.map(document => commandsOf(document)).filter(({ code }) => code.length > 0)

let folder: string

beforeAll(async () => {
  folder = await scratch('documents')
  // Names of packages resolve as they do in a program of the workspace.
  symlinkSync(join(root, 'examples', 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
})
afterAll(() => removeScratch(folder))

it.for(['README.md', 'docs/README.md'])(
  '%s links every guide, provider page and the guide to writing one',
  index => {
    const text = readFileSync(join(root, index), 'utf8')
    const targets = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => join(index, '..', target!))
    const pages = documents.map(({ document }) => document).filter(document => document.startsWith('docs/'))
    expect([...pages, 'docs/writing-a-provider.md'].filter(page => !targets.includes(page))).toEqual([])
  },
)

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

const calls = [...documents, documentAt(join('docs', 'writing-a-provider.md'))].flatMap(
  ({ document, blocks }) =>
    blocks
      .filter(({ language, code }) => language === 'text' && /^\s*(?:.*\$\()?sealwright /m.test(code))
      .map(({ line, code }) => ({ document, line, code })),
)

describe('commands in the documents', () => {
  // They need what is not here, a registry or a store: shown as text, they do not run.
  it.for(calls)('$document:$line is what sealwright takes', async ({ code }) => {
    const found = sealwrightCalls(code)
    expect(found.length).toBeGreaterThanOrEqual(
      code.split('\n').filter(line => /^sealwright /.test(line)).length,
    )
    for (const call of found) expect(await refusal(call)).toBeUndefined()
  })

  it.for(scripts)('$document', async ({ document, code, printed }, ctx) => {
    if (!existsSync(join(root, 'packages', 'cli', 'dist', 'main.js'))) ctx.skip('not built: npm run build')
    await runCommands({ document, code, printed }, await readersFolder(folder, document))
  })
})
