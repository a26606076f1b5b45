import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join, relative } from 'node:path'
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
import { publicDeclarations } from './public-declarations.ts'
import { libraries, root } from './workspace.ts'

vi.setConfig({ testTimeout: 120_000 })

const scripts = documents.map(document => commandsOf(document)).filter(({ code }) => code.length > 0)

/** The code of each `@example` in a documentation comment. */
function examplesIn(doc: string): string[] {
  return [...doc.matchAll(/@example\s+\* ```ts\n([\s\S]*?) \* ```/g)].map(([, code]) =>
    code!.replaceAll(/^ \* ?/gm, ''),
  )
}

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

it.for(libraries)('the README of $name says how to install it, and has a program that uses it', library => {
  const readme = documentAt(join(relative(root, library.folder), 'README.md'))
  const codeOf = (...languages: string[]) =>
    readme.blocks.filter(({ language }) => languages.includes(language)).map(({ code }) => code)
  expect(codeOf('text').join('')).toMatch(new RegExp(`^npm install .*${library.name}( |$)`, 'm'))
  expect(codeOf('ts', 'js').filter(code => code.includes(`from '${library.name}`))).not.toEqual([])
})

describe('programs in the documents', () => {
  // Also those that need a store to run, and the examples of the docstrings.
  const typed = [
    ...documents.flatMap(({ document, blocks }) =>
      blocks
        .filter(({ language }) => language === 'ts' || language === 'js')
        .map(({ line, code }) => ({ where: `${document}:${line}`, code })),
    ),
    ...publicDeclarations.flatMap(({ specifier, name, found }) =>
      examplesIn(found.doc).map(code => ({ where: `the example of ${name} of ${specifier}`, code })),
    ),
  ]

  it('type-check', async () => {
    const types = join(folder, 'types')
    mkdirSync(types)
    for (const [index, { code }] of typed.entries())
      writeFileSync(join(types, `${index}.ts`), `${code}\nexport {}\n`)
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
    const names = typed.map(({ where }, index) => `${index}.ts = ${where}`).join('\n')
    const { code, output } = await runTool('tsc', ['-p', types])
    expect(code, `${names}\n${output}`).toBe(0)
  })

  it('call only functions whose docstring has an example', () => {
    const examples = readdirSync(join(root, 'examples'))
      .filter(name => name.endsWith('.ts'))
      .map(name => readFileSync(join(root, 'examples', name), 'utf8'))
    const called = new Set(
      [...documents.flatMap(({ blocks }) => blocks.map(({ code }) => code)), ...examples].flatMap(code =>
        [...code.matchAll(/^import \{([^}]*)\} from '(@sealwright\/[^']+)'/gm)].flatMap(
          ([, names, specifier]) =>
            names!
              .split(',')
              .map(name => name.trim())
              .filter(name => new RegExp(`(?<![.\\w])${name}\\(`).test(code))
              .map(name => `${specifier} ${name}`),
        ),
      ),
    )
    expect(called.size).toBeGreaterThan(40)
    const without = publicDeclarations.filter(
      ({ specifier, name, found }) =>
        called.has(`${specifier} ${name}`) && examplesIn(found.doc).length === 0,
    )
    expect(without.map(({ specifier, name }) => `${specifier} ${name}`)).toEqual([])
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
