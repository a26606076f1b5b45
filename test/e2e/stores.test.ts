import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fakeKeyVault } from '../../packages/provider-azure-key-vault/test/fake-key-vault.ts'
import { fakeGcpKms } from '../../packages/provider-gcp-kms/test/fake-gcp-kms/fake.ts'
import { KEY_RING } from '../../packages/provider-gcp-kms/test/fake-gcp-kms/kms-state.ts'
import { hashicorpVault } from '../../packages/provider-hashicorp-vault/src/index.ts'
import { makeImage, pullManifest, pushImage } from '../services/image.ts'
import { LOCALSTACK_CREDENTIALS, startLocalstack } from '../services/localstack.ts'
import { loopbackCertificate } from '../services/loopback-certificate.ts'
import { notationHome } from '../services/notation.ts'
import { startOpenbao } from '../services/openbao.ts'
import { pkcs11jsAddon } from '../services/pkcs11js.ts'
import { startOlareg } from '../services/registries.ts'
import { shared } from '../services/shared.ts'
import { softHsmToken } from '../services/softhsm.ts'
import { need, type Skips } from '../services/tool.ts'
import { type Program, programHome } from './program.ts'

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

/** Over gRPC and TLS, as a job of GitHub Actions: a token of the job is exchanged for one of Google's. */
async function gcpOnItsFake(_context: Skips, program: Program): Promise<Store> {
  const tls = await loopbackCertificate(program.home)
  const fake = await fakeGcpKms({ cert: tls.cert, key: tls.key })
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const [credentials, tokenFile] = ['credentials.json', 'token'].map(name => join(program.home, name)) as [
    string,
    string,
  ]
  const jobToken = 'canary-oidc-token-of-the-job'
  await writeFile(tokenFile, jobToken)
  await writeFile(
    credentials,
    JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/github',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${fake.url('rest')}/token`,
      credential_source: { file: tokenFile },
    }),
  )
  await configure(program, '@sealwright/provider-gcp-kms', { endpoint: fake.url('grpc') })
  return {
    reference: `gcpkms://${KEY_RING}/cryptoKeys/release`,
    env: {
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
      NODE_EXTRA_CA_CERTS: tls.path,
      METADATA_SERVER_DETECTION: 'none',
    },
    secrets: [jobToken, fake.token],
    rotates: true,
  }
}

/** Over TLS with the challenge, by the managed identity of a machine of Azure. */
async function azureOnItsFake(_context: Skips, program: Program): Promise<Store> {
  const fake = await fakeKeyVault()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const identity = createServer((_, response) => {
    const expires = Math.floor(Date.now() / 1000) + 3600
    const token = { access_token: fake.token, expires_on: String(expires), token_type: 'Bearer' }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(token))
  })
  identity.listen(0, '127.0.0.1')
  await once(identity, 'listening')
  onTestFinished(() => void identity.close().closeAllConnections())
  const { port } = identity.address() as AddressInfo
  const ca = join(program.home, 'vault.pem')
  await writeFile(ca, fake.ca)
  await configure(program, '@sealwright/provider-azure-key-vault', { endpoint: fake.origin, ca })
  return {
    reference: 'azurekms://unit.vault.azure.net/release',
    env: {
      IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`,
      IDENTITY_HEADER: 'canary-identity-header',
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
    },
    secrets: ['canary-identity-header', fake.token],
    rotates: true,
  }
}

async function configure(program: Program, name: string, options: object): Promise<void> {
  const folder = join(program.home, 'config', 'sealwright')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, 'config.json'), JSON.stringify({ providers: { [name]: options } }))
}

const STORES: readonly (readonly [name: string, provider: string, start: Start])[] = [
  ['AWS KMS, on LocalStack', 'provider-aws-kms', awsOnLocalstack],
  ['Azure Key Vault, on its wire fake', 'provider-azure-key-vault', azureOnItsFake],
  ['Google Cloud KMS, on its wire fake', 'provider-gcp-kms', gcpOnItsFake],
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
      const rotated = await json(0, 'key', 'rotate', 'release')
      expect(rotated.key.fingerprint).not.toBe(signed.key.fingerprint)
      await run(0, 'key', 'show', 'release')
    } else {
      const refused = await json(2, 'key', 'rotate', 'release')
      expect(refused.error.fix).toContain('key rotate release --to REF')
    }
    const lock = await readFile(join(program.home, 'config', 'sealwright', 'keys.lock.json'), 'utf8')
    for (const secret of secrets) expect(lock).not.toContain(secret)
  },
)
