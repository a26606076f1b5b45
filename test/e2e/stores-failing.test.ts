import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { pkcs11jsAddon } from '../services/pkcs11js.ts'
import { softHsmToken } from '../services/softhsm.ts'
import { need, type Skips } from '../services/tool.ts'
import { type FakeStore, fakeAws, fakeAzure, fakeGcp, fakeHashicorp } from './fake-stores.ts'
import { type Program, programHome } from './program.ts'

/** How long a run may still take after it has said why it failed: what a store holds open must not keep it. */
const PROMPT_MS = 20_000

const STORES: readonly (readonly [
  name: string,
  provider: string,
  start: (program: Program) => Promise<FakeStore>,
])[] = [
  ['AWS KMS', 'provider-aws-kms', fakeAws],
  ['Azure Key Vault', 'provider-azure-key-vault', fakeAzure],
  ['Google Cloud KMS over gRPC', 'provider-gcp-kms', fakeGcp],
  ['Google Cloud KMS over REST', 'provider-gcp-kms', program => fakeGcp(program, 'rest')],
  ['Vault', 'provider-hashicorp-vault', fakeHashicorp],
]

/** A key that is ready to sign `app.tgz`, in a store that is about to fail. */
async function ready(context: Skips, [, provider, start]: (typeof STORES)[number]) {
  if (!existsSync(join(import.meta.dirname, '../../packages', provider, 'dist/index.js')))
    context.skip(`${provider} is not built (npm run build)`)
  const program = await programHome(context)
  const store = await start(program)
  const { reference, env, secrets } = store
  const run = async (code: number, args: readonly string[], more: Parameters<Program['expect']>[2] = {}) => {
    const result = await program.expect(code, args, { ...more, env: { ...env, ...more.env } })
    for (const secret of secrets) expect(result.stdout + result.stderr).not.toContain(secret)
    return result
  }
  await writeFile(join(program.home, 'app.tgz'), 'a file')
  await run(0, ['key', 'create', reference, '--type', 'EC-P256'])
  await run(0, ['init', 'release', '-k', reference, '--scope', '*'])
  return { program, store, run }
}

describe.for(STORES)('with a key of %s', { timeout: 120_000 }, row => {
  test('a store that does not answer ends with --timeout, as exit 3', async context => {
    const { store, run } = await ready(context, row)
    store.fail('hang')
    const started = performance.now()
    const { stderr } = await run(3, ['sign', './app.tgz', '--timeout', '3s'])
    expect(performance.now() - started).toBeLessThan(3_000 + PROMPT_MS)
    expect(stderr).toMatch(/^error\[TIMEOUT\]: .*\n {2}(?:why: .*\n {2})?fix: .*--timeout/m)
  })

  test('Ctrl-C ends a signature in flight with exit 130, at once, and nothing is stored', async context => {
    const { program, store, run } = await ready(context, row)
    store.fail('hang')
    const before = store.signCalls()
    let interrupted = 0
    const { stderr } = await run(130, ['sign', './app.tgz'], {
      onStart: async pid => {
        while (store.signCalls() === before) await sleep(10)
        interrupted = performance.now()
        process.kill(pid, 'SIGINT')
      },
    })
    expect(performance.now() - interrupted).toBeLessThan(PROMPT_MS)
    expect(stderr).toContain('error[ABORTED]: ')
    expect(existsSync(join(program.home, 'app.tgz.jws.sig'))).toBe(false)
  })

  test('a store that throttles is asked again, and is exit 3 when it goes on', async context => {
    const { store, run } = await ready(context, row)
    store.fail('throttle', 2)
    await run(0, ['sign', './app.tgz'])
    store.fail('throttle')
    const { stderr } = await run(3, ['sign', '--again', './app.tgz'])
    expect(stderr).toContain('error[THROTTLED]: ')
  })

  test('credentials that may not sign are exit 5, with where to find what they need', async context => {
    const { store, run } = await ready(context, row)
    store.fail('deny')
    const { stderr } = await run(5, ['sign', './app.tgz'])
    expect(stderr).toMatch(/^error\[ACCESS_DENIED\]: .* refused to sign with /m)
    expect(stderr).toContain('`sealwright doctor release` prints the policy')
  })

  test('credentials that the store does not know any more are exit 5', async context => {
    const { store, run } = await ready(context, row)
    store.fail('expire')
    const { stderr } = await run(5, ['sign', './app.tgz', '--debug'])
    expect(stderr).toMatch(/^error\[UNAUTHENTICATED\]: .*\n {2}why: .*\n {2}fix: /m)
  })
})

test('without credentials of AWS the message names the places that were looked at', async context => {
  const { store, program } = await ready(context, STORES[0]!)
  const { AWS_ENDPOINT_URL_KMS, AWS_REGION } = store.env
  const { stderr } = await program.expect(5, ['sign', './app.tgz'], {
    env: { AWS_ENDPOINT_URL_KMS, AWS_REGION, AWS_EC2_METADATA_DISABLED: 'true' },
  })
  expect(stderr).toMatch(/why: .*environment, web identity, profile/)
})

test('a wrong PIN is tried once, and is exit 5', { timeout: 300_000 }, async context => {
  need(context, await pkcs11jsAddon())
  const program = await programHome(context)
  const { modulePath, label, pin } = await softHsmToken(context)
  const reference = `pkcs11:token=${encodeURIComponent(label)};object=release`
  const env = { SOFTHSM2_CONF: process.env.SOFTHSM2_CONF, PKCS11_MODULE_PATH: modulePath }
  await program.expect(0, ['key', 'create', reference, '--name', 'release'], {
    env: { ...env, SEALWRIGHT_PIN: pin },
  })
  const wrong = await program.expect(5, ['key', 'show', 'release'], {
    env: { ...env, SEALWRIGHT_PIN: 'canary-wrong-pin' },
  })
  expect(wrong.stderr).toContain(
    `error[PIN_INCORRECT]: token "${label}" rejected the PIN from SEALWRIGHT_PIN`,
  )
  expect(wrong.stderr).toContain('tried once, never repeated automatically')
  expect(wrong.stderr).not.toContain('canary-wrong-pin')
  const nobody = await program.expect(2, ['key', 'show', 'release'], { env })
  expect(nobody.stderr).toContain('--pin-file or SEALWRIGHT_PIN_FILE')
})
