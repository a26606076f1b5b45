import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type FakeAwsKms, fakeAwsKms } from '../../packages/provider-aws-kms/test/fake-aws-kms.ts'
import { pkcs11jsAddon } from '../services/pkcs11js.ts'
import { softHsmToken } from '../services/softhsm.ts'
import { need, type Skips } from '../services/tool.ts'
import { programHome } from './program.ts'

/** How long a run may still take after it has said why it failed: what a store holds open must not keep it. */
const PROMPT_MS = 5_000

async function withAws(context: Skips) {
  if (!existsSync(join(import.meta.dirname, '../../packages/provider-aws-kms/dist/index.js')))
    context.skip('provider-aws-kms is not built (npm run build)')
  const program = await programHome(context)
  const fake = await fakeAwsKms()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  await writeFile(join(program.home, 'app.tgz'), 'a file')
  const env = environment(fake)
  await program.expect(0, ['key', 'create', 'awskms:///alias/release'], { env })
  await program.expect(0, ['init', 'release', '-k', 'awskms:///alias/release', '--scope', '*'], { env })
  return { program, fake, env }
}

function environment({ url, credentials }: FakeAwsKms): NodeJS.ProcessEnv {
  return {
    AWS_ENDPOINT_URL_KMS: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  }
}

test('a store that does not answer ends with --timeout, as exit 3', async context => {
  const { program, fake, env } = await withAws(context)
  fake.inject('Sign', { kind: 'hang' })
  const started = performance.now()
  const { stderr } = await program.expect(3, ['sign', './app.tgz', '--timeout', '1s'], { env })
  expect(performance.now() - started).toBeLessThan(1_000 + PROMPT_MS)
  expect(stderr).toMatch(/^error\[TIMEOUT\]: .*\n {2}(?:why: .*\n {2})?fix: .*--timeout/m)
})

test('Ctrl-C ends a signature in flight with exit 130, at once, and nothing is stored', async context => {
  const { program, fake, env } = await withAws(context)
  fake.inject('Sign', { kind: 'hang' })
  const before = fake.calls('Sign')
  let interrupted = 0
  const { stderr } = await program.expect(130, ['sign', './app.tgz'], {
    env,
    onStart: async pid => {
      while (fake.calls('Sign') === before) await sleep(10)
      interrupted = performance.now()
      process.kill(pid, 'SIGINT')
    },
  })
  expect(performance.now() - interrupted).toBeLessThan(PROMPT_MS)
  expect(stderr).toContain('error[ABORTED]: ')
  expect(existsSync(join(program.home, 'app.tgz.jws.sig'))).toBe(false)
})

test('a store that throttles is asked again, and is exit 3 when it goes on', async context => {
  const { program, fake, env } = await withAws(context)
  fake.inject('Sign', { kind: 'refuse', name: 'ThrottlingException' }, 2)
  await program.expect(0, ['sign', './app.tgz'], { env })
  fake.inject('Sign', { kind: 'refuse', name: 'ThrottlingException' })
  const { stderr } = await program.expect(3, ['sign', '--again', './app.tgz'], { env })
  expect(stderr).toContain('error[THROTTLED]: ')
})

test('credentials that are refused, expired or missing are exit 5', async context => {
  const { program, fake, env } = await withAws(context)
  fake.allow(['kms:GetPublicKey', 'kms:DescribeKey'])
  const denied = await program.expect(5, ['sign', './app.tgz'], { env })
  expect(denied.stderr).toContain('error[ACCESS_DENIED]: AWS KMS refused to sign with ')
  expect(denied.stderr).toContain('why: no policy allows kms:Sign to assumed-role/ci-release')
  expect(denied.stderr).toContain('`sealwright doctor release` prints the policy')
  const expired = await program.expect(5, ['sign', './app.tgz'], {
    env: { ...env, AWS_SESSION_TOKEN: 'other' },
  })
  expect(expired.stderr).toContain('error[UNAUTHENTICATED]: ')
  const none = {
    AWS_ENDPOINT_URL_KMS: fake.url,
    AWS_REGION: 'eu-central-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const missing = await program.expect(5, ['sign', './app.tgz'], { env: none })
  expect(missing.stderr).toMatch(/why: .*environment, web identity, profile/)
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
