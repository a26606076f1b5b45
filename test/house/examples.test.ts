import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { removeScratch, scratch } from '../services/scratch.ts'
import { startServer } from '../services/server.ts'
import { exampleCommand, runExample, STORE_EXAMPLES } from './example.ts'
import { NEWEST_NODE, nodeVersion, OLDEST_NODE } from './node-version.ts'
import { runTool } from './process.ts'
import { packages, root } from './workspace.ts'

vi.setConfig({ testTimeout: 120_000 })

const SCOPE = 'registry.example/app'

const ran = new Set<string>()

describe.each(['of the workspace', OLDEST_NODE, NEWEST_NODE])('on Node %s', version => {
  let folder: string
  let digest: string
  let node: string | undefined
  let missing: string | undefined

  beforeAll(async () => {
    folder = await scratch('examples')
    if (version !== 'of the workspace') {
      const tool = await nodeVersion(version)
      if ('path' in tool) node = tool.path
      else missing = tool.missing
      if (packages.some(pkg => !existsSync(join(pkg.folder, 'dist')))) missing = 'not built: npm run build'
    }
    const made = await runTool('node', [join(root, 'scripts', 'layout.mjs'), join(folder, 'image')])
    expect(made.code, made.output).toBe(0)
    digest = made.stdout.trim()
    writeFileSync(join(folder, 'passphrase.txt'), 'correct horse battery staple', { mode: 0o600 })
  })
  afterAll(() => removeScratch(folder))

  /** Runs an example in a folder with an image layout and a passphrase. */
  async function example(name: string, ...args: string[]) {
    ran.add(`${name}.ts`)
    return runExample(name, args, { cwd: folder, node })
  }

  beforeEach(ctx => {
    if (missing !== undefined) ctx.skip(missing)
  })

  it('a key and a certificate are made, an image is signed with them, and verified under a trust policy', async () => {
    const identity = await example('new-identity', '.', 'release', 'passphrase.txt')
    expect(identity.code, identity.output).toBe(0)
    // notation's own directory, as notation would write it.
    mkdirSync(join(folder, 'trust/truststore/x509/ca/acme'), { recursive: true })
    writeFileSync(
      join(folder, 'trust/truststore/x509/ca/acme/release.crt'),
      readFileSync(join(folder, 'release.crt')),
    )
    writeFileSync(
      join(folder, 'trust/trustpolicy.json'),
      JSON.stringify({
        version: '1.0',
        trustPolicies: [
          {
            name: 'app',
            registryScopes: [SCOPE],
            signatureVerification: { level: 'strict' },
            trustStores: ['ca:acme'],
            trustedIdentities: ['x509.subject: C=DE, ST=Hessen, O=Acme'],
          },
        ],
      }),
    )
    const unsigned = await example('verify-layout', 'image', 'v1', 'trust', SCOPE)
    expect(unsigned.code, unsigned.output).toBe(1)
    const signed = await example('sign-layout', 'image', 'v1', 'release.key', 'release.crt', 'passphrase.txt')
    expect(signed.code, signed.output).toBe(0)
    expect(signed.stdout).toContain(`signed ${digest}`)
    const verified = await example('verify-layout', 'image', 'v1', 'trust', SCOPE)
    expect(verified.code, verified.output).toBe(0)
    expect(verified.stdout).toContain('verified')
    const elsewhere = await example('verify-layout', 'image', 'v1', 'trust', 'registry.example/other')
    expect(elsewhere.code, elsewhere.output).toBe(1)
  })

  it('a JWT is signed, and accepted by jose', async () => {
    const identity = await example('new-identity', '.', 'jwt', 'passphrase.txt')
    expect(identity.code, identity.output).toBe(0)
    const { code, stdout, output } = await example('jwt', 'jwt.key', 'passphrase.txt')
    expect(code, output).toBe(0)
    expect(stdout).toMatch(/^ES256 by sha256:[0-9a-f]{64}: acme to deploy\n$/)
  })

  it('a name is locked to a key, and signs with that key only', async () => {
    const identity = await example('new-identity', '.', 'named', 'passphrase.txt')
    expect(identity.code, identity.output).toBe(0)
    const { code, stdout, output } = await example('named-key', 'named.key', 'passphrase.txt')
    expect(code, output).toBe(0)
    expect(stdout).toMatch(/"release"[\s\S]*"fingerprint": "sha256:[0-9a-f]{64}"[\s\S]*\nES256, 64 bytes\n$/)
  })

  it('vendor, aggregator and customer sign one image, which stays as it was', async () => {
    const keys = join(folder, 'parties')
    mkdirSync(keys)
    const made = await runTool('node', [join(root, 'scripts', 'layout.mjs'), join(folder, 'published')])
    expect(made.code, made.output).toBe(0)
    const { code, stdout, output } = await example(
      'publishing-workflow',
      'published',
      'v1',
      keys,
      'passphrase.txt',
    )
    expect(code, output).toBe(0)
    expect(stdout.trim().split('\n')).toEqual([
      'vendor: verified, 1 of 3 signatures',
      'aggregator: verified, 1 of 3 signatures',
      'customer: verified, 1 of 3 signatures',
      `v1 is ${made.stdout.trim()}: unchanged`,
    ])
  })

  it('three signers add to one DSSE envelope', async () => {
    const keys = join(folder, 'signers')
    mkdirSync(keys)
    const { code, stdout, output } = await example('dsse-several-signers', keys, 'passphrase.txt')
    expect(code, output).toBe(0)
    expect(stdout).toBe('3 signatures, 3 of 3 trusted keys\n')
  })

  it('a service signs for each tenant with its own key and policy, and puts it on record', async () => {
    const tenants = join(folder, 'tenants')
    const images = join(folder, 'images')
    for (const name of ['acme', 'globex']) {
      mkdirSync(join(tenants, name), { recursive: true })
      writeFileSync(join(tenants, name, 'passphrase.txt'), `correct horse of ${name}`, { mode: 0o600 })
      writeFileSync(join(tenants, name, 'token.txt'), `token-of-${name}-0123456789`, { mode: 0o600 })
      const made = await runTool(
        'sealwright',
        ['init', 'release', '--scope', `registry.example/${name}/app`],
        {
          env: {
            SEALWRIGHT_CONFIG: join(tenants, name, 'config.json'),
            SEALWRIGHT_TRUST: join(tenants, name, 'trust'),
            SEALWRIGHT_PASSPHRASE_FILE: join(tenants, name, 'passphrase.txt'),
          },
        },
      )
      expect(made.code, made.output).toBe(0)
      const layout = await runTool('node', [join(root, 'scripts', 'layout.mjs'), join(images, name)])
      expect(layout.code, layout.output).toBe(0)
    }
    ran.add('service.ts')
    const log = join(folder, 'audit.log')
    {
      await using service = await startServer({
        name: 'signing-service',
        command: 'sh',
        args: port => [
          '-c',
          'exec "$@" > "$0"',
          log,
          ...exampleCommand('service', [tenants, images, `${port}`], node),
        ],
        ready: '/',
      })
      const call = async (path: string, token: string, body = 'v1') => {
        const response = await fetch(`${service.url}${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}` },
          body,
        })
        return { status: response.status, body: (await response.json()) as Record<string, unknown> }
      }
      const token = 'token-of-acme-0123456789'
      expect((await call('/acme/verify', token)).body.verdict).toBe('notVerified')
      expect((await call('/acme/sign', 'token-of-globex-0123456789')).status).toBe(401)
      expect((await call('/initech/sign', token)).status).toBe(401)
      const signed = await call('/acme/sign', token)
      expect(signed).toMatchObject({ status: 200, body: { subject: digest } })
      expect((await call('/acme/verify', token)).body).toMatchObject({ verdict: 'verified' })
      expect((await call('/globex/verify', 'token-of-globex-0123456789')).body.verdict).toBe('notVerified')
      expect(await call('/acme/sign', token, 'v9')).toMatchObject({
        status: 422,
        body: { error: 'NOT_FOUND' },
      })
      expect((await call('/acme/sign', token, 'x'.repeat(5000))).status).toBe(413)
    }
    const audit = readFileSync(log, 'utf8')
    expect(
      audit
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    ).toEqual([
      expect.objectContaining({
        tenant: 'acme',
        fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      }),
    ])
    expect(audit).not.toContain('correct horse')
  })
})

it('no example is left out', () => {
  expect([...ran, ...STORE_EXAMPLES.map(name => `${name}.ts`)].sort()).toEqual(
    readdirSync(join(root, 'examples'))
      .filter(name => name.endsWith('.ts'))
      .sort(),
  )
})
