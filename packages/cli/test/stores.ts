import { mkdir, writeFile } from 'node:fs/promises'
import type { KeyProvider } from '@sealwright/core'
import { onTestFinished, vi } from 'vitest'
import { type FakeAwsKms, fakeAwsKms } from '../../provider-aws-kms/test/fake-aws-kms.ts'
import { fakeKeyVault } from '../../provider-azure-key-vault/test/fake-key-vault.ts'
import { fakeGcpKms } from '../../provider-gcp-kms/test/fake-gcp-kms/fake.ts'
import { KEY_RING } from '../../provider-gcp-kms/test/fake-gcp-kms/kms-state.ts'
import { denied, Refused } from '../../provider-gcp-kms/test/fake-gcp-kms/refused.ts'
import { tokenOf } from '../../provider-gcp-kms/test/harness.ts'
import { type FakeVault, fakeVault } from '../../provider-hashicorp-vault/test/fake-vault.ts'
import { type Program, program } from './program.ts'

export const REGION = 'eu-central-1'

/** A program whose environment and configuration lead to a wire fake. */
export interface StoreProgram extends Program {
  /** The reference of a key that is not there yet. */
  readonly reference: string
  /** Lists the keys of the fake. */
  readonly store: string
  /** Lets the reference lead to another key, behind the program's back. */
  replace(): void
  /** Lets the next calls that open or sign fail. */
  fail(how: 'throttle' | 'hang' | 'refuse' | 'expire', operation: 'open' | 'sign'): void
  /** What must be in no output. */
  readonly secrets: readonly string[]
}

/** SDKs read the environment of the process, and no other; what this machine has must not lead anywhere. */
function environment(values: Readonly<Record<string, string>>): void {
  onTestFinished(() => void vi.unstubAllEnvs())
  for (const name of Object.keys(process.env)) if (/^(?:AWS|VAULT)_/.test(name)) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value)
}

const REFUSALS = {
  throttle: { kind: 'refuse', name: 'ThrottlingException' },
  hang: { kind: 'hang' },
  refuse: {
    kind: 'refuse',
    name: 'AccessDeniedException',
    message:
      'User: arn:aws:sts::111122223333:assumed-role/ci-release/s is not authorized to perform: kms:Sign on it',
  },
  expire: { kind: 'refuse', name: 'ExpiredTokenException' },
} as const

/** With AWS KMS: credentials of the environment, endpoint and region of the configuration. */
export async function awsProgram(): Promise<StoreProgram & { readonly fake: FakeAwsKms }> {
  const fake = await fakeAwsKms()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const self = await program()
  const { accessKeyId, secretAccessKey, sessionToken } = fake.credentials
  environment({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_CONFIG_FILE: self.path('none'),
    AWS_SHARED_CREDENTIALS_FILE: self.path('none'),
    AWS_EC2_METADATA_DISABLED: 'true',
  })
  await configure(self, '@sealwright/provider-aws-kms', { endpoint: fake.url, region: REGION })
  return {
    ...self,
    fake,
    reference: 'awskms:///alias/release',
    store: 'awskms:///alias/',
    replace: () => fake.state.setAlias('alias/release', fake.state.addKey('ECC_NIST_P256', REGION)),
    fail: (how, operation) => void fake.inject(operation === 'open' ? 'GetPublicKey' : 'Sign', REFUSALS[how]),
    secrets: [secretAccessKey, sessionToken],
  }
}

/** With Vault: the token of the environment, the address of the configuration. */
export async function vaultProgram(): Promise<StoreProgram & { readonly fake: FakeVault }> {
  const fake = await fakeVault()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const self = await program()
  const token = 'hvs.canary-token-of-the-program'
  fake.auth.tokens.set(token, {
    displayName: 'token-ci',
    policies: ['sign'],
    expiresAt: Number.POSITIVE_INFINITY,
    renewable: false,
    leased: false,
  })
  environment({ VAULT_TOKEN: token })
  await configure(self, '@sealwright/provider-hashicorp-vault', { address: fake.url })
  const statuses = { throttle: 429, refuse: 403, expire: 403 } as const
  return {
    ...self,
    fake,
    reference: 'hashivault://release',
    store: 'hashivault://',
    replace: () => void fake.transit.handle('POST', ['keys', 'release', 'rotate'], new URLSearchParams(), {}),
    fail: (how, operation) => {
      if (how === 'expire') fake.auth.tokens.clear()
      else
        fake.inject([operation], ({ response }) => {
          if (how !== 'hang') response.writeHead(statuses[how]).end('{"errors":["no"]}')
        })
    },
    secrets: [token],
  }
}

/** With Azure Key Vault: endpoint and authority of the configuration. */
export async function azureProgram(): Promise<StoreProgram> {
  const fake = await fakeKeyVault()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const self = await program()
  await writeFile(self.path('vault.pem'), fake.ca)
  await withCredentials('@sealwright/provider-azure-key-vault', 'azureKeyVault', {
    credential: fake.credential(),
  })
  await configure(self, '@sealwright/provider-azure-key-vault', {
    endpoint: fake.origin,
    ca: self.path('vault.pem'),
  })
  const effects = {
    throttle: { kind: 'refuse', status: 429, code: 'Throttled' },
    hang: { kind: 'hang' },
    refuse: { kind: 'refuse', status: 403, code: 'Forbidden', inner: 'ForbiddenByRbac' },
    expire: { kind: 'unauthenticated' },
  } as const
  const store = `azurekms://${fake.state.host}/`
  return {
    ...self,
    reference: `${store}release`,
    store,
    replace: () => void fake.state.addVersion('release'),
    fail: (how, operation) => void fake.inject(operation === 'open' ? 'getKey' : 'sign', effects[how]),
    secrets: [fake.token],
  }
}

/** With Google Cloud KMS, over gRPC: endpoint of the configuration. */
export async function gcpProgram(): Promise<StoreProgram> {
  const fake = await fakeGcpKms()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const self = await program()
  await withCredentials('@sealwright/provider-gcp-kms', 'gcpKms', { authClient: tokenOf(fake) })
  await configure(self, '@sealwright/provider-gcp-kms', { endpoint: fake.url('grpc') })
  const key = `${KEY_RING}/cryptoKeys/release`
  const effects = {
    throttle: { kind: 'refuse', refused: new Refused(8, 'quota') },
    hang: { kind: 'hang' },
    refuse: { kind: 'refuse', refused: denied('cloudkms.cryptoKeyVersions.useToSign', key) },
    expire: { kind: 'refuse', refused: new Refused(16, 'who?') },
  } as const
  return {
    ...self,
    reference: `gcpkms://${key}`,
    store: `gcpkms://${KEY_RING}/`,
    replace: () => void fake.state.addVersion(key),
    fail: (how, operation) => {
      const methods = operation === 'open' ? ['ListCryptoKeyVersions', 'GetPublicKey'] : ['AsymmetricSign']
      for (const method of methods) fake.inject(method as 'GetPublicKey', effects[how])
    },
    secrets: [fake.token],
  }
}

/** Where those of the environment would take a process of its own, a store is given its credentials as a program would. */
async function withCredentials(name: string, factory: string, credentials: object): Promise<void> {
  const actual = await vi.importActual<Record<string, (options: object) => KeyProvider>>(name)
  vi.doMock(name, () => ({
    ...actual,
    [factory]: (options: object) => actual[factory]!({ ...options, ...credentials }),
  }))
  onTestFinished(() => void vi.doUnmock(name))
}

/** Says something to one provider in the user's configuration. */
export async function configure(self: Program, name: string, options: object): Promise<void> {
  await mkdir(self.path('config'), { recursive: true })
  await writeFile(self.config, JSON.stringify({ providers: { [name]: options } }), { mode: 0o600 })
}
