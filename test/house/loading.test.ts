import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
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
  '@sealwright/core/adapter': [CORE],
  '@sealwright/core/files': [CORE],
  '@sealwright/conformance': [CORE, '@sealwright/conformance'],
  '@sealwright/conformance/memory': [CORE, '@sealwright/conformance'],
  // No SDK: that is loaded when a key is opened.
  '@sealwright/provider-aws-kms': [CORE, '@sealwright/provider-aws-kms'],
  '@sealwright/provider-azure-key-vault': [CORE, '@sealwright/provider-azure-key-vault'],
  '@sealwright/provider-file': [CORE, '@sealwright/provider-file'],
  '@sealwright/provider-gcp-kms': [CORE, '@sealwright/provider-gcp-kms'],
  '@sealwright/provider-hashicorp-vault': [CORE, '@sealwright/provider-hashicorp-vault'],
  '@sealwright/provider-pkcs11': [CORE, '@sealwright/provider-pkcs11'],
  '@sealwright/x509': [CORE, '@sealwright/x509'],
  '@sealwright/oci': [CORE, '@sealwright/oci', 'modern-tar', 'p-limit', 'yocto-queue'],
  '@sealwright/oci/store': [CORE, '@sealwright/oci'],
  '@sealwright/oci-registry': [
    CORE,
    '@sealwright/oci',
    '@sealwright/oci-registry',
    'modern-tar',
    'p-limit',
    'yocto-queue',
  ],
  '@sealwright/nv2': [
    CORE,
    '@sealwright/nv2',
    '@sealwright/oci',
    '@sealwright/x509',
    'modern-tar',
    'p-limit',
    'yocto-queue',
  ],
  '@sealwright/sigstore': [
    CORE,
    '@sealwright/oci',
    '@sealwright/sigstore',
    '@sealwright/x509',
    'modern-tar',
    'p-limit',
    'yocto-queue',
  ],
  '@sealwright/notary': [
    CORE,
    '@sealwright/notary',
    '@sealwright/oci',
    '@sealwright/sigstore',
    '@sealwright/x509',
    'cborg',
    'modern-tar',
    'p-limit',
    'yocto-queue',
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
  const main = join(root, 'packages', 'cli', 'src', 'main.ts')
  const bin = join(root, 'packages', 'cli', 'bin', 'sealwright.js')

  it('loads core and the parser of arguments, and no other package', async () => {
    const urls = await loadedBy(
      '--conditions=@sealwright/source',
      '--input-type=module',
      ...[
        '--eval',
        `const { main } = await import(${JSON.stringify(main)}); await main()`,
        '--',
        'sealwright',
        'version',
      ],
    )
    const files = urls.filter(url => url.startsWith('file:'))
    expect([...new Set(files.map(packageOfUrl))].sort()).toEqual([CORE, 'commander', 'sealwright'])
  })

  it('imports no module of Node as built: that makes an object of all its exports', async ctx => {
    if (!existsSync(join(root, 'packages', 'cli', 'dist', 'main.js'))) ctx.skip('not built: npm run build')
    const urls = await loadedBy(bin, 'version')
    expect(urls.some(url => url.endsWith('/dist/main.js'))).toBe(true)
    expect(urls.filter(url => url.startsWith('node:'))).toEqual([])
  })

  it('does so as built, too', async ctx => {
    if (!existsSync(join(root, 'packages', 'cli', 'dist', 'main.js'))) ctx.skip('not built: npm run build')
    const urls = await loadedBy(bin, 'version')
    const text = urls
      .filter(url => url.startsWith('file:'))
      .map(url => readFileSync(fileURLToPath(url), 'utf8'))
      .join('\n')
    expect(text).toContain('sealwright')
    // A word of each package that the bundle also holds.
    const marks = {
      cborg: 'CBOR encode error',
      'modern-tar': 'ustar',
      x509: 'issuer-signature',
      oci: 'org.opencontainers.image',
      'oci-registry': 'oci-filters-applied',
      notary: 'trustpolicy',
      sigstore: 'x509CertificateChain',
      keyring: 'is no longer the key that was locked',
      'provider-file': 'ENCRYPTED PRIVATE KEY',
      nv2: 'nv2 token',
      'generate-manifest': 'docker save',
    }
    const chunks = join(root, 'packages', 'cli', 'dist', 'chunks')
    const bundle = readdirSync(chunks).map(name => readFileSync(join(chunks, name), 'utf8'))
    for (const [name, mark] of Object.entries(marks)) {
      expect(text.includes(mark), name).toBe(false)
      expect(
        bundle.some(chunk => chunk.includes(mark)),
        name,
      ).toBe(true)
    }
  })

  it.for(['sealwright', 'nv2'])('%s completes a word with one file of ours more', async (name, ctx) => {
    if (!existsSync(join(root, 'packages', 'cli', 'dist', 'main.js'))) ctx.skip('not built: npm run build')
    const program = join(root, 'packages', 'cli', 'bin', `${name}.js`)
    const started = await loadedBy(program, '--version')
    const loaded = await loadedBy(program, '__complete', 'sign', '-k', '')
    const more = loaded
      .filter(url => !started.includes(url))
      .map(url => url.replace(/^.*\/|-[\w-]{8}\.js$/g, ''))
    expect(more.sort()).toEqual(['complete', 'node:path', 'rolldown-runtime'])
  })
})
