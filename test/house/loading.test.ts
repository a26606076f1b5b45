import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { libraries, packages, root, specifiers } from './workspace.ts'

const CORE = '@sealwright/core'

/** The packages that each entry loads when it is imported; its own is meant, too. */
const loads: Readonly<Record<string, readonly string[]>> = {
  '@sealwright/core': [CORE],
  '@sealwright/core/encoding': [CORE],
  '@sealwright/core/cbor': [CORE, 'cborg'],
  '@sealwright/core/notary-jws': [CORE],
  '@sealwright/core/notary-cose': [CORE, 'cborg'],
  '@sealwright/core/dsse': [CORE],
  '@sealwright/provider-file': [CORE, '@sealwright/provider-file'],
  '@sealwright/x509': [CORE, '@sealwright/x509'],
  '@sealwright/oci': [CORE, '@sealwright/oci', 'modern-tar'],
  '@sealwright/notary': [
    CORE,
    '@sealwright/notary',
    '@sealwright/oci',
    '@sealwright/x509',
    'cborg',
    'modern-tar',
  ],
  '@sealwright/keyring': [CORE, '@sealwright/keyring'],
  '@sealwright/keyring/tsyringe': [CORE, '@sealwright/keyring'],
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwright-loads-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** URLs of the modules that a process loads, the recorder apart. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const file = join(folder, 'loads.json')
  const recorder = new URL('record-loads.mjs', import.meta.url).href
  await promisify(execFile)(process.execPath, ['--import', recorder, ...args], {
    // Where the names of all packages resolve.
    cwd: join(root, 'test'),
    env: { ...process.env, SEALWRIGHT_LOADS: file, NODE_OPTIONS: '' },
  })
  return JSON.parse(readFileSync(file, 'utf8')) as string[]
}

function packageOfUrl(url: string): string {
  const inStore = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  if (inStore) return inStore
  const path = fileURLToPath(url)
  return packages.find(pkg => path.startsWith(`${pkg.folder}/`))?.name ?? path
}

describe('an import loads no package that it does not need', () => {
  it.each(libraries.flatMap(specifiers))('%s', async specifier => {
    const urls = await loadedBy(
      '--conditions=@sealwright/source',
      '--input-type=module',
      '--eval',
      `await import(${JSON.stringify(specifier)})`,
    )
    const files = urls.filter(url => url.startsWith('file:'))
    expect([...new Set(files.map(packageOfUrl))].sort()).toEqual([...(loads[specifier] ?? [])].sort())
  })
})

describe('the start of the command line', () => {
  it('loads nothing that only some commands need', async ctx => {
    const bin = join(root, 'node_modules', 'sealwright')
    if (!existsSync(join(bin, 'dist', 'main.js'))) ctx.skip('not built: npm run build')
    const urls = await loadedBy(join(bin, 'bin', 'sealwright.js'), 'version')
    const files = urls.filter(url => url.startsWith('file:')).map(url => fileURLToPath(url))
    expect(files.some(file => file.endsWith('dist/main.js'))).toBe(true)
    // rolldown marks where each module of a bundle begins.
    const modules = files.flatMap(file =>
      [...readFileSync(file, 'utf8').matchAll(/^\/\/#region (.+)$/gm)].map(([, path]) => path!),
    )
    expect(modules.length).toBeGreaterThan(0)
    expect(modules.filter(path => /zod|tsyringe|reflect-metadata|cborg|modern-tar/.test(path))).toEqual([])
    expect(
      modules.filter(path => /\/(x509|oci|notary|keyring|provider-[^/]+)\/(src|dist)\//.test(path)),
    ).toEqual([])
  })
})
