import { generateKeyPairSync } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect } from 'vitest'
import { runTool } from './process.ts'
import { packages, root } from './workspace.ts'

/** A fenced block of a document. */
interface Fence {
  readonly language: string
  /** What its commands need besides what every reader has, as the first line says it: `sh registry`. */
  readonly needs: string | undefined
  readonly line: number
  readonly code: string
}

export interface Document {
  /** Its path in the checkout. */
  readonly document: string
  readonly blocks: readonly Fence[]
}

/** Reads a document of the checkout. */
export function documentAt(document: string): Document {
  const text = readFileSync(join(root, document), 'utf8')
  const blocks = [...text.matchAll(/^```(\w+)(?: ([\w-]+))?\n([\s\S]*?)^```$/gm)].map(match => ({
    language: match[1]!,
    line: text.slice(0, match.index).split('\n').length,
    needs: match[2],
    code: match[3]!,
  }))
  return { document, blocks }
}

function markdownIn(...path: string[]): string[] {
  const folder = join(root, ...path)
  return readdirSync(folder)
    .filter(name => name.endsWith('.md'))
    .map(name => join(folder, name))
}

/** What a user reads: the README, every guide and provider page, and the README of every package. */
export const documents: readonly Document[] = [
  join(root, 'README.md'),
  ...markdownIn('docs', 'guides'),
  ...markdownIn('docs', 'providers'),
  ...packages.map(({ folder }) => join(folder, 'README.md')).filter(file => existsSync(file)),
].map(file => documentAt(relative(root, file)))

/** Every program that runs as it is shown. */
export const programs = documents.flatMap(({ document, blocks }) =>
  blocks.filter(({ language }) => language === 'ts').map(({ line, code }) => ({ document, line, code })),
)

/**
 * A folder for a document, made within `parent`, with what the reader is assumed to have: an image layout, a file, a
 * passphrase.
 */
export async function readersFolder(parent: string, document: string): Promise<string> {
  const folder = join(parent, document.replaceAll(/\W/g, '-'))
  if (existsSync(folder)) return folder
  mkdirSync(folder)
  const image = join(parent, 'image')
  if (!existsSync(image)) {
    const made = await runTool('node', [join(root, 'scripts', 'layout.mjs'), image])
    expect(made.output).toMatch(/^sha256:/)
  }
  cpSync(image, join(folder, 'image'), { recursive: true })
  writeFileSync(join(folder, 'app.tgz'), 'the bytes of a release')
  writeFileSync(join(folder, 'passphrase.txt'), 'correct horse battery staple', { mode: 0o600 })
  return folder
}

/** A key and its certificate, made by others' tools, for the programs of a document. */
export async function makeIdentity(folder: string): Promise<void> {
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

/** The commands of a document, and the lines that it says they print. */
export interface Commands {
  readonly document: string
  readonly code: readonly string[]
  readonly printed: readonly string[]
}

/** What runs of a document with these services; without any, what every reader can run. */
export function commandsOf({ document, blocks }: Document, services: readonly string[] = []): Commands {
  const isRun = (block: Fence | undefined) =>
    block?.language === 'sh' && (block.needs === undefined || services.includes(block.needs))
  return {
    document,
    code: blocks.filter(isRun).map(({ code }) => code),
    printed: blocks
      .filter(({ language }, index) => language === 'output' && isRun(blocks[index - 1]))
      .flatMap(({ code }) => code.trim().split('\n')),
  }
}

/** Runs the commands of a document one after another in a reader's folder, and holds it to what it says they print. */
export async function runCommands(
  { code, printed }: Commands,
  cwd: string,
  {
    before = '',
    env = {},
  }: { readonly before?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const home = join(cwd, 'home')
  mkdirSync(home, { recursive: true })
  const script = ['set -euo pipefail', 'npx() { "$@"; }', before, ...code].join('\n')
  const { code: ended, output } = await runTool('bash', ['-c', script], {
    cwd,
    env: {
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_CACHE_HOME: join(home, '.cache'),
      SEALWRIGHT_PASSPHRASE_FILE: join(cwd, 'passphrase.txt'),
      ...env,
    },
  })
  expect(ended, output).toBe(0)
  for (const line of printed) expect(output).toMatch(printing(line))
}

/** A line as a document shows it: columns may be wider, and `…` may be anything. */
function printing(line: string): RegExp {
  const words = line.trim().split(/\s+/)
  const parts = words.map(word => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*'))
  return new RegExp(`^\\s*${parts.join('\\s+')}\\s*$`, 'm')
}
