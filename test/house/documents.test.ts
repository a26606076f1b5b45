import { generateKeyPairSync } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runTool } from './process.ts'
import { packages, root } from './workspace.ts'

vi.setConfig({ testTimeout: 120_000 })

/** What a document shows as a program of ours or as commands for a shell must run as it stands. */
interface Fence {
  readonly language: string
  readonly line: number
  readonly code: string
}

function fences(file: string): Fence[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(match => ({
    language: match[1]!,
    line: text.slice(0, match.index).split('\n').length,
    code: match[2]!,
  }))
}

function guides(): string[] {
  const folder = join(root, 'docs', 'guides')
  return existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : []
}

const documents = [
  join(root, 'README.md'),
  ...guides(),
  ...packages.map(({ folder }) => join(folder, 'README.md')).filter(file => existsSync(file)),
].map(file => ({ document: relative(root, file), blocks: fences(file) }))

const programs = documents.flatMap(({ document, blocks }) =>
  blocks.filter(({ language }) => language === 'ts').map(({ line, code }) => ({ document, line, code })),
)
const scripts = documents
  .map(({ document, blocks }) => ({ document, code: blocks.filter(({ language }) => language === 'sh') }))
  .filter(({ code }) => code.length > 0)

let scratch: string

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'sealwright-documents-'))
  // Names of packages resolve as they do in a program of the workspace.
  symlinkSync(join(root, 'examples', 'node_modules'), join(scratch, 'node_modules'))
  writeFileSync(join(scratch, 'package.json'), '{"type":"module"}')
  const made = await runTool('node', [join(root, 'scripts', 'layout.mjs'), join(scratch, 'image')])
  expect(made.output).toMatch(/^sha256:/)
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** A key and its certificate, made by others' tools, where a program of a document runs. */
async function identity(folder: string): Promise<void> {
  const key = join(folder, 'release.key')
  if (existsSync(key)) return
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const passphrase = readFileSync(join(folder, 'passphrase.txt'), 'utf8')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
  writeFileSync(key, pem, { mode: 0o600 })
  const made = await runTool('openssl', [
    ...['req', '-x509', '-new', '-key', key, '-passin', `file:${join(folder, 'passphrase.txt')}`],
    ...['-subj', '/C=DE/ST=Hessen/O=Acme/CN=release', '-days', '30', '-out', join(folder, 'release.crt')],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'keyUsage=critical,digitalSignature'],
    ...['-addext', 'extendedKeyUsage=codeSigning'],
  ])
  expect(made.code, made.output).toBe(0)
}

/** A folder of its own for a document, with what a reader is assumed to have: an image, a file, a passphrase. */
function place(document: string): string {
  const folder = join(scratch, document.replaceAll(/\W/g, '-'))
  if (!existsSync(folder)) {
    mkdirSync(folder)
    cpSync(join(scratch, 'image'), join(folder, 'image'), { recursive: true })
    writeFileSync(join(folder, 'app.tgz'), 'the bytes of a release')
    writeFileSync(join(folder, 'passphrase.txt'), 'correct horse battery staple', { mode: 0o600 })
  }
  return folder
}

describe('programs in the documents', () => {
  it('type-check', async () => {
    const folder = join(scratch, 'types')
    mkdirSync(folder)
    for (const [index, { code }] of programs.entries()) writeFileSync(join(folder, `${index}.ts`), code)
    writeFileSync(
      join(folder, 'tsconfig.json'),
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
    const { code, output } = await runTool('tsc', ['-p', folder])
    expect(code, `${names}\n${output}`).toBe(0)
  })

  it.each(programs)('$document:$line runs', async ({ document, line, code }) => {
    const folder = place(`${document} programs`)
    await identity(folder)
    const file = join(folder, `${line}.ts`)
    writeFileSync(file, code)
    const ended = await runTool('node', ['--conditions=@sealwright/source', file], { cwd: folder })
    expect(ended.code, ended.output).toBe(0)
  })
})

describe('commands in the documents', () => {
  it.for(scripts)('$document', async ({ document, code }, ctx) => {
    if (!existsSync(join(root, 'packages', 'cli', 'dist', 'main.js'))) ctx.skip('not built: npm run build')
    const folder = place(document)
    const home = join(folder, 'home')
    mkdirSync(home, { recursive: true })
    const script = ['set -euo pipefail', 'npx() { "$@"; }', ...code.map(block => block.code)].join('\n')
    const ended = await runTool('bash', ['-c', script], {
      cwd: folder,
      env: {
        HOME: home,
        XDG_CONFIG_HOME: join(home, '.config'),
        XDG_CACHE_HOME: join(home, '.cache'),
        SEALWRIGHT_PASSPHRASE_FILE: join(folder, 'passphrase.txt'),
      },
    })
    expect(ended.code, ended.output).toBe(0)
  })
})
