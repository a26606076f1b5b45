import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashicorpVault } from '../../packages/provider-hashicorp-vault/src/index.ts'
import { makeImage, pullManifest, pushImage } from '../services/image.ts'
import { LOCALSTACK_CREDENTIALS, startLocalstack } from '../services/localstack.ts'
import { notationHome } from '../services/notation.ts'
import { startOpenbao } from '../services/openbao.ts'
import { pkcs11jsAddon } from '../services/pkcs11js.ts'
import { startOlareg } from '../services/registries.ts'
import { shared } from '../services/shared.ts'
import { softHsmToken } from '../services/softhsm.ts'
import { need, type Skips } from '../services/tool.ts'
import { type FakeStore, fakeAzure, fakeGcp } from './fake-stores.ts'
import { type Program, programHome } from './program.ts'

const SUBJECT = 'C=DE,ST=Hessen,O=Acme,CN=release'
const timeout = 900_000 // the first run installs the servers

/** A store that the program can reach, with a key that is not there yet. */
interface Store {
  readonly reference: string
  readonly env: NodeJS.ProcessEnv
  /** What must be in no output. */
  readonly secrets: readonly string[]
  /** Whether it has versions of a key, or aliases that move. */
  readonly rotates: boolean
}

/** Makes a store for a program; it ends with the test. */
type Start = (context: Skips, program: Program) => Promise<Store>

const localstack = shared(startLocalstack)
const openbao = shared(startOpenbao)
const registry = shared(startOlareg)

async function awsOnLocalstack(context: Skips): Promise<Store> {
  const { url } = await localstack(context)
  const { accessKeyId, secretAccessKey } = LOCALSTACK_CREDENTIALS
  return {
    reference: 'awskms:///alias/release',
    env: {
      AWS_ENDPOINT_URL_KMS: url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    },
    secrets: [secretAccessKey],
    rotates: true,
  }
}

async function vaultOnOpenbao(context: Skips, { home }: Program): Promise<Store> {
  const bao = await openbao(context)
  const { permissions } = hashicorpVault()
  const name = `release-${crypto.randomUUID()}`
  const policy = (['open', 'sign', 'identify', 'create', 'list', 'rotate'] as const)
    .flatMap(operation => permissions[operation] ?? [])
    .join('\n')
    .replaceAll('KEY', name)
  const token = `canary-${crypto.randomUUID()}`
  await bao.call('PUT', 'sys/policies/acl/e2e', { policy })
  await bao.call('POST', 'auth/token/create', { id: token, policies: ['e2e'], ttl: '1h' })
  const ca = join(home, 'vault-ca.pem')
  await writeFile(ca, bao.ca)
  return {
    reference: `hashivault://${name}`,
    env: { VAULT_ADDR: bao.url, VAULT_TOKEN: token, VAULT_CACERT: ca },
    secrets: [token],
    rotates: true,
  }
}

async function tokenOfSoftHsm(context: Skips, { home }: Program): Promise<Store> {
  need(context, await pkcs11jsAddon())
  const { modulePath, label, pin } = await softHsmToken(context)
  const pinFile = join(home, 'pin')
  await writeFile(pinFile, `${pin}\n`, { mode: 0o600 })
  return {
    reference: `pkcs11:token=${encodeURIComponent(label)};object=release`,
    env: {
      SOFTHSM2_CONF: process.env.SOFTHSM2_CONF,
      PKCS11_MODULE_PATH: modulePath,
      SEALWRIGHT_PIN_FILE: pinFile,
    },
    secrets: [pin],
    rotates: false,
  }
}

/** Stores that no server stands for. */
function onItsFake(start: (program: Program) => Promise<FakeStore>): Start {
  return async (_context, program) => ({ ...(await start(program)), rotates: true })
}

const STORES: readonly (readonly [name: string, provider: string, start: Start])[] = [
  ['AWS KMS, on LocalStack', 'provider-aws-kms', awsOnLocalstack],
  ['Azure Key Vault, on its wire fake', 'provider-azure-key-vault', onItsFake(fakeAzure)],
  ['Google Cloud KMS, on its wire fake', 'provider-gcp-kms', onItsFake(fakeGcp)],
  ['Vault, on OpenBao', 'provider-hashicorp-vault', vaultOnOpenbao],
  ['PKCS#11, on SoftHSM', 'provider-pkcs11', tokenOfSoftHsm],
]

test.for(STORES)(
  'an image is signed with a key of %s, and notation verifies it',
  { timeout },
  async ([, provider, start], context) => {
    if (!existsSync(join(import.meta.dirname, '..', '..', 'packages', provider, 'dist', 'index.js')))
      context.skip(`${provider} is not built (npm run build)`)
    const program = await programHome(context)
    const { host, url } = await registry(context)
    const { reference, env, secrets, rotates } = await start(context, program)
    const run = async (code: number, ...args: readonly string[]) => {
      const result = await program.expect(code, args, { env })
      for (const secret of secrets) expect(result.stdout + result.stderr).not.toContain(secret)
      return result
    }
    const json = async (code: number, ...args: readonly string[]) =>
      JSON.parse((await run(code, ...args, '-o', 'json')).stdout)

    const image = makeImage()
    const repository = `store-${crypto.randomUUID()}`
    await pushImage(url, repository, image, 'v1')
    const target = `${host}/${repository}:v1`

    await run(0, 'key', 'create', reference, '--type', 'EC-P256')
    await run(0, 'init', 'release', '-k', reference, '--scope', '*')
    const signed = await json(0, 'sign', '-k', reference, target)
    expect(signed.targets).toMatchObject([{ outcome: 'signed', signature: { algorithm: 'ES256' } }])
    await run(0, 'verify', target)
    const notation = await notationHome(context, { config: program.trust })
    const verified = await notation.run(['verify', `${host}/${repository}@${image.digest}`])
    expect(verified.code, verified.stderr).toBe(0)
    expect((await pullManifest(url, repository, 'v1'))?.digest).toBe(image.digest)

    const { keys } = await json(0, 'doctor', 'release')
    expect(keys[0].resolved).toBe(signed.key.resolved)
    expect(keys[0].credentials.source).toBeTypeOf('string')
    const store = reference.slice(0, reference.search(/release/))
    const prefix = reference.startsWith('pkcs11:') ? store.replace(/;object=$/, '') : store
    const listed = await json(0, 'key', 'list', prefix)
    expect(listed.keys.map((key: { reference: string }) => key.reference).join()).toContain('release')

    if (rotates) {
      // The name moves when the new key has a certificate, and signs with the former key until then.
      const { key, prepared } = await json(0, 'key', 'rotate', 'release')
      expect(key.fingerprint).toBe(signed.key.fingerprint)
      expect(prepared.fingerprint).not.toBe(signed.key.fingerprint)
      expect((await json(0, 'sign', '-k', 'release', target)).targets[0].outcome).toBe('unchanged')
      await run(0, 'cert', 'issue', prepared.resolved, '--subject', SUBJECT, '--out', 'next.crt')
      const rotated = await json(0, 'key', 'rotate', 'release', '--cert-chain', 'next.crt')
      expect(rotated.key.fingerprint).toBe(prepared.fingerprint)
      expect((await json(0, 'sign', '-k', 'release', target)).targets[0].outcome).toBe('signed')
    } else {
      const refused = await json(2, 'key', 'rotate', 'release')
      expect(refused.error.fix).toContain('key rotate release --to REF')
    }
    const lock = await readFile(join(program.home, 'config', 'sealwright', 'keys.lock.json'), 'utf8')
    for (const secret of secrets) expect(lock).not.toContain(secret)
  },
)
