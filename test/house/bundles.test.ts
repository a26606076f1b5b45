import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build as esbuild } from 'esbuild'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { need } from '../services/tool.ts'
import { nodeVersion, OLDEST_NODE } from './node-version.ts'
import { root } from './workspace.ts'

const run = promisify(execFile)
const TIMEOUT = { timeout: 120_000 }
const CONDITIONS = ['@sealwright/source']

/** What a bundle of ES modules needs for packages that call `require`; docs/guides/bundlers.md has it. */
const BANNER =
  "var require = process.getBuiltinModule('module').createRequire(import.meta.url), __dirname = import.meta.dirname;"

interface Store {
  readonly factory: string
  readonly options: string
  readonly reference: string
  /** How far a call must come: past all that is loaded, to the store that is not there. */
  readonly code: RegExp
  /** Whether its SDK calls `require` of Node's own modules when it is loaded. */
  readonly needsRequire?: true
}

const stores: Readonly<Record<string, Store>> = {
  file: { factory: 'fileKeys', options: '{}', reference: 'file:/nowhere/a.key', code: /^NOT_FOUND$/ },
  'aws-kms': {
    factory: 'awsKms',
    options: "{ region: 'eu-central-1', endpoint: 'http://127.0.0.1:9' }",
    reference: 'awskms:///alias/release',
    code: /^UNAVAILABLE$/,
    needsRequire: true,
  },
  'azure-key-vault': {
    factory: 'azureKeyVault',
    options: "{ endpoint: 'https://127.0.0.1:9' }",
    reference: 'azurekms://release.vault.azure.net/release',
    code: /^(?:UNAVAILABLE|UNAUTHENTICATED)$/,
    needsRequire: true,
  },
  'gcp-kms': {
    factory: 'gcpKms',
    options: '{}',
    reference: 'gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k',
    code: /^UNAUTHENTICATED$/,
    needsRequire: true,
  },
  'hashicorp-vault': {
    factory: 'hashicorpVault',
    options: "{ address: 'http://127.0.0.1:9' }",
    reference: 'hashivault://release',
    code: /^UNAVAILABLE$/,
    needsRequire: true,
  },
  pkcs11: {
    factory: 'pkcs11',
    options: "{ modulePath: '/nowhere/module.so' }",
    reference: 'pkcs11:object=release',
    code: /^(?:VALIDATION|NOT_FOUND|UNSUPPORTED)$/,
  },
}

let folder: string
beforeAll(async () => {
  // Beside the packages of the workspace, as a user's program is beside its node_modules.
  folder = await mkdtemp(join(tmpdir(), 'sealwright-bundles-'))
  await symlink(join(root, 'test', 'node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function entry(name: string, { factory, options, reference }: Store): Promise<string> {
  const path = join(folder, `${name}.ts`)
  await writeFile(
    path,
    `import { openSigner } from '@sealwright/core'
import { ${factory} } from '@sealwright/provider-${name}'
openSigner(${factory}(${options}), ${JSON.stringify(reference)}, { timeoutMs: 20_000 }).then(
  () => console.log(JSON.stringify({ code: 'opened' })),
  ({ code, message, why, fix, cause }) => console.log(JSON.stringify({ code, message, why, fix, cause })),
).then(() => process.exit(0))
`,
  )
  return path
}

type Format = 'esm' | 'cjs'
type Bundle = (input: string, output: string, format: Format, banner: boolean) => Promise<void>

const bundlers: Readonly<Record<string, Bundle>> = {
  esbuild: async (input, output, format, banner) => {
    await esbuild({
      entryPoints: [input],
      outfile: output,
      bundle: true,
      platform: 'node',
      target: 'node22',
      format,
      conditions: CONDITIONS,
      logLevel: 'silent',
      ...(banner ? { banner: { js: BANNER } } : {}),
    })
  },
  rolldown: async (input, output, format) => {
    const bundle = await rolldown({
      input,
      platform: 'node',
      resolve: {
        conditionNames: [...CONDITIONS, 'node', format === 'esm' ? 'import' : 'require', 'default'],
      },
      logLevel: 'silent',
    })
    await bundle.write({ file: output, format, codeSplitting: false })
  },
}

interface Outcome {
  readonly code: string
  readonly message: string
  readonly why?: string
  readonly fix?: string
}

async function outcomeOf(file: string, node: string = process.execPath): Promise<Outcome> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AZURE_TENANT_ID: '11111111-1111-1111-1111-111111111111',
    AZURE_CLIENT_ID: 'test',
    AZURE_CLIENT_SECRET: 'test',
    AZURE_AUTHORITY_HOST: 'https://127.0.0.1:9',
    GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'nowhere.json'),
    VAULT_TOKEN: 'test',
  }
  const { stdout } = await run(node, [file], { env, cwd: folder })
  return JSON.parse(stdout)
}

const cases = Object.entries(stores).flatMap(([name, store]) =>
  Object.keys(bundlers).flatMap(bundler =>
    (['esm', 'cjs'] as const).map(format => [name, bundler, format, store] as const),
  ),
)

describe('a provider in a bundle', () => {
  it.each(cases)('%s by %s as %s loads all that it needs', TIMEOUT, async (name, bundler, format, store) => {
    const output = join(folder, `${name}-${bundler}.${format === 'esm' ? 'mjs' : 'cjs'}`)
    const banner = format === 'esm' && store.needsRequire === true
    await bundlers[bundler]!(await entry(name, store), output, format, banner)
    const outcome = await outcomeOf(output)
    expect(outcome.code, JSON.stringify(outcome)).toMatch(store.code)
  })

  it.for(['esm', 'cjs'] as const)('runs on the oldest Node as %s', TIMEOUT, async (format, ctx) => {
    const node = need(ctx, await nodeVersion(OLDEST_NODE))
    const output = join(folder, `oldest.${format === 'esm' ? 'mjs' : 'cjs'}`)
    const store = stores['hashicorp-vault']!
    await bundlers.esbuild!(await entry('hashicorp-vault', store), output, format, format === 'esm')
    expect((await outcomeOf(output, node)).code).toMatch(store.code)
  })

  it('without a require that it needs says so, and what to give the bundler', TIMEOUT, async () => {
    const output = join(folder, 'without-require.mjs')
    await bundlers.esbuild!(await entry('aws-kms', stores['aws-kms']!), output, 'esm', false)
    const outcome = await outcomeOf(output)
    expect(outcome).toMatchObject({
      code: 'INTERNAL',
      why: expect.stringMatching(/^Error: Dynamic require of "[^"]+" is not supported$/),
    })
    expect(outcome.fix).toContain(`--banner:js="${BANNER}"`)
  })
})
