import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { fakeAwsKms } from '../../packages/provider-aws-kms/test/fake-aws-kms.ts'
import { fakeKeyVault } from '../../packages/provider-azure-key-vault/test/fake-key-vault.ts'
import { fakeGcpKms } from '../../packages/provider-gcp-kms/test/fake-gcp-kms/fake.ts'
import { KEY_RING } from '../../packages/provider-gcp-kms/test/fake-gcp-kms/kms-state.ts'
import { denied, Refused } from '../../packages/provider-gcp-kms/test/fake-gcp-kms/refused.ts'
import { fakeVault } from '../../packages/provider-hashicorp-vault/test/fake-vault.ts'
import { loopbackCertificate } from '../services/loopback-certificate.ts'
import type { Program } from './program.ts'

/** What becomes of signatures: never answered, too many of them, not allowed, by nobody known. */
type Trouble = 'hang' | 'throttle' | 'deny' | 'expire'

/** A store on its wire fake that the built program can reach, with a key that is not there yet. It ends with the test. */
export interface FakeStore {
  readonly reference: string
  readonly env: NodeJS.ProcessEnv
  /** What must be in no output. */
  readonly secrets: readonly string[]
  /** Lets the next `count` signatures end otherwise. */
  fail(how: Trouble, count?: number): void
  /** How often the store was asked to sign. */
  signCalls(): number
}

/** With credentials of the environment. */
export async function fakeAws(): Promise<FakeStore> {
  const fake = await fakeAwsKms()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const { accessKeyId, secretAccessKey, sessionToken } = fake.credentials
  const names = {
    throttle: 'ThrottlingException',
    deny: 'AccessDeniedException',
    expire: 'ExpiredTokenException',
  }
  return {
    reference: 'awskms:///alias/release',
    env: {
      AWS_ENDPOINT_URL_KMS: fake.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    },
    secrets: [secretAccessKey, sessionToken],
    fail: (how, count) =>
      void fake.inject('Sign', how === 'hang' ? { kind: how } : { kind: 'refuse', name: names[how] }, count),
    signCalls: () => fake.calls('Sign'),
  }
}

/** Over TLS with the challenge, by the managed identity of a machine of Azure. */
export async function fakeAzure(program: Program): Promise<FakeStore> {
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
  const effects = {
    hang: { kind: 'hang' },
    throttle: { kind: 'refuse', status: 429, code: 'Throttled' },
    deny: { kind: 'refuse', status: 403, code: 'Forbidden', inner: 'ForbiddenByRbac' },
    expire: { kind: 'unauthenticated' },
  } as const
  return {
    reference: 'azurekms://unit.vault.azure.net/release',
    env: {
      IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`,
      IDENTITY_HEADER: 'canary-identity-header',
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
    },
    secrets: ['canary-identity-header', fake.token],
    fail: (how, count) => void fake.inject('sign', effects[how], count),
    signCalls: () => fake.calls('sign'),
  }
}

/** Over TLS, as a job of GitHub Actions: a token of the job is exchanged for one of Google's. */
export async function fakeGcp(program: Program, transport: 'grpc' | 'rest' = 'grpc'): Promise<FakeStore> {
  const tls = await loopbackCertificate(program.home)
  const fake = await fakeGcpKms({ cert: tls.cert, key: tls.key })
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const credentials = join(program.home, 'credentials.json')
  const tokenFile = join(program.home, 'token')
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
  await configure(program, '@sealwright/provider-gcp-kms', { endpoint: fake.url(transport), transport })
  const key = `${KEY_RING}/cryptoKeys/release`
  const refused = {
    throttle: new Refused(8, 'quota'),
    deny: denied('cloudkms.cryptoKeyVersions.useToSign', key),
    expire: new Refused(16, 'who?'),
  }
  return {
    reference: `gcpkms://${key}`,
    env: {
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
      NODE_EXTRA_CA_CERTS: tls.path,
      METADATA_SERVER_DETECTION: 'none',
    },
    secrets: [jobToken, fake.token],
    fail: (how, count) => {
      const effect =
        how === 'hang' ? ({ kind: how } as const) : ({ kind: 'refuse', refused: refused[how] } as const)
      fake.inject('AsymmetricSign', effect, count)
    },
    signCalls: () => fake.calls('AsymmetricSign'),
  }
}

/** With a token of the environment. */
export async function fakeHashicorp(): Promise<FakeStore> {
  const fake = await fakeVault()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const token = 'hvs.canary-token-of-the-program'
  fake.auth.tokens.set(token, {
    displayName: 'token-ci',
    policies: ['sign'],
    expiresAt: Number.POSITIVE_INFINITY,
    renewable: false,
    leased: false,
  })
  const refusals = { throttle: [429, 'quota exceeded'], deny: [403, 'permission denied'] } as const
  return {
    reference: 'hashivault://release',
    env: { VAULT_ADDR: fake.url, VAULT_TOKEN: token },
    secrets: [token],
    fail: (how, count) => {
      // Vault says the same of both; only what it lets the token know of itself tells them apart.
      if (how === 'expire') fake.auth.tokens.clear()
      else
        fake.inject(
          ['sign'],
          ({ response }) => {
            if (how === 'hang') return
            const [status, text] = refusals[how]
            response.writeHead(status).end(JSON.stringify({ errors: [text] }))
          },
          count,
        )
    },
    signCalls: () => fake.requests.filter(each => each.includes('/sign/')).length,
  }
}

/** Says something to one provider in the user's configuration. */
async function configure(program: Program, name: string, options: object): Promise<void> {
  const folder = join(program.home, 'config', 'sealwright')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, 'config.json'), JSON.stringify({ providers: { [name]: options } }))
}
