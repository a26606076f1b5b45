import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { preAuthEncoding } from '../../packages/core/src/dsse/index.ts'
import { fakeAwsKms } from '../../packages/provider-aws-kms/test/fake-aws-kms.ts'
import { fakeKeyVault } from '../../packages/provider-azure-key-vault/test/fake-key-vault.ts'
import { fakeGcpKms } from '../../packages/provider-gcp-kms/test/fake-gcp-kms/fake.ts'
import { ROLE_ID, SECRET_ID } from '../../packages/provider-hashicorp-vault/test/fake-auth.ts'
import { fakeVault } from '../../packages/provider-hashicorp-vault/test/fake-vault.ts'
import { pkcs11 } from '../../packages/provider-pkcs11/src/index.ts'
import { runExample } from '../house/example.ts'
import { runTool } from '../house/process.ts'
import { root } from '../house/workspace.ts'
import { callKms } from '../services/aws-call.ts'
import { makeImage, pushImage, putIntoLayout } from '../services/image.ts'
import { loopbackCertificate } from '../services/loopback-certificate.ts'
import { MINISTACK_CREDENTIALS, startMinistack } from '../services/ministack.ts'
import { notationHome, trustEverywhere } from '../services/notation.ts'
import { startOpenbao } from '../services/openbao.ts'
import { startOlareg } from '../services/registries.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import { softHsmToken } from '../services/softhsm.ts'
import type { Skips } from '../services/tool.ts'
import { managedIdentity } from './managed-identity.ts'

const timeout = 600_000 // servers are installed, the first time

const openbao = shared(startOpenbao)
const olareg = shared(startOlareg)

/** A folder with an image in a layout, as a user has it. */
async function place() {
  const cwd = await scratch('example')
  const image = makeImage()
  await putIntoLayout(join(cwd, 'image'), image, 'v1')
  return { cwd, image }
}

/** Runs an example that signs the image of its folder; notation then accepts the signature. */
async function signs(
  context: Skips,
  name: string,
  reference: string,
  { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: Record<string, string> } = {},
): Promise<string> {
  const { cwd, image } = await place()
  const given = [reference, 'image', 'v1', 'release.crt', ...args]
  const ended = await runExample(name, given, { cwd, env: { HOME: cwd, ...env } })
  expect(ended.code, ended.output).toBe(0)
  expect(ended.stdout).toContain(`signed ${image.digest}\n`)
  const notation = await notationHome(context, { trust: { acme: [join(cwd, 'release.crt')] } })
  await notation.writePolicy(trustEverywhere('acme'))
  const target = `${join(cwd, 'image')}@${image.digest}`
  const verified = await notation.run(['verify', '--oci-layout', '--scope', 'local/app', target])
  expect(verified.code, verified.stderr).toBe(0)
  return ended.stdout
}

describe('an image is signed with a key of', { timeout }, () => {
  test('AWS KMS', async context => {
    await using server = await startMinistack(context)
    const emulator = {
      url: server.url,
      accessKeyId: MINISTACK_CREDENTIALS.accessKeyId,
      region: 'eu-central-1',
    }
    const made = await callKms(emulator, 'CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    const { Arn, KeyId } = made.KeyMetadata as { readonly Arn: string; readonly KeyId: string }
    await callKms(emulator, 'CreateAlias', { AliasName: 'alias/release', TargetKeyId: KeyId })
    const stdout = await signs(context, 'aws-kms', 'awskms:///alias/release', {
      env: {
        AWS_ENDPOINT_URL_KMS: server.url,
        AWS_REGION: emulator.region,
        AWS_ACCESS_KEY_ID: MINISTACK_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: MINISTACK_CREDENTIALS.secretAccessKey,
      },
    })
    expect(stdout).toContain(`key awskms:///${Arn}\n`)
  })

  test('Azure Key Vault, by a managed identity', async context => {
    await using fake = await fakeKeyVault()
    const { version } = fake.state.addKey('Release', 'EC', { curve: 'P-256' })
    await using identity = await managedIdentity(fake.token)
    const { cwd } = await place()
    await writeFile(join(cwd, 'ca.pem'), fake.ca)
    const stdout = await signs(context, 'azure-key-vault', `azurekms://${fake.state.host}/Release`, {
      args: [fake.origin],
      env: { ...identity.env, NODE_EXTRA_CA_CERTS: join(cwd, 'ca.pem') },
    })
    expect(stdout).toContain(`key azurekms://${fake.state.host}/Release/${version}\n`)
    expect(identity.asked()).toEqual(['https://vault.azure.net'])
  })

  test('Google Cloud KMS, by workload identity federation', async context => {
    const { cwd } = await place()
    const { path, ...tls } = await loopbackCertificate(cwd)
    await using fake = await fakeGcpKms(tls)
    await writeFile(join(cwd, 'id-token'), 'canary-oidc-token-0123456789')
    const credentials = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/github',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${fake.url('rest')}/token`,
      credential_source: { file: join(cwd, 'id-token') },
    }
    await writeFile(join(cwd, 'credentials.json'), JSON.stringify(credentials))
    const key = fake.state.addKey('EC_SIGN_P256_SHA256')
    const stdout = await signs(context, 'gcp-kms', `gcpkms://${key}`, {
      args: [fake.url('grpc')],
      env: {
        NODE_EXTRA_CA_CERTS: path,
        // gRPC's own, which comes first where this machine sets it.
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: path,
        GOOGLE_APPLICATION_CREDENTIALS: join(cwd, 'credentials.json'),
        METADATA_SERVER_DETECTION: 'none',
      },
    })
    expect(stdout).toContain(`key gcpkms://${key}/cryptoKeyVersions/1\n`)
    expect(fake.exchanged).toEqual(['canary-oidc-token-0123456789'])
  })

  test('OpenBao', async context => {
    const bao = await openbao(context)
    await bao.call('POST', 'transit/keys/Example', { type: 'ecdsa-p384' })
    const token = await bao.call('POST', 'auth/token/create', { policies: ['root'], ttl: '5m' })
    const { cwd } = await place()
    await writeFile(join(cwd, 'ca.pem'), bao.ca)
    const stdout = await signs(context, 'hashicorp-vault', 'hashivault://Example', {
      env: {
        VAULT_ADDR: bao.url,
        VAULT_CACERT: join(cwd, 'ca.pem'),
        VAULT_TOKEN: token.auth.client_token,
      },
    })
    expect(stdout).toContain('key hashivault://Example?version=1\n')
  })

  test('a PKCS#11 token', async context => {
    const { modulePath, label, pin } = await softHsmToken(context)
    const { cwd } = await place()
    await writeFile(join(cwd, 'pin.txt'), `${pin}\n`, { mode: 0o600 })
    const reference = `pkcs11:token=${encodeURIComponent(label)};object=Example`
    const keys = pkcs11({ modulePath, pin: async () => pin })
    await keys.admin!.create({ reference, type: 'EC-P256' }, { signal: AbortSignal.timeout(30_000) })
    await keys[Symbol.asyncDispose]?.()
    const stdout = await signs(context, 'pkcs11', reference, { args: [modulePath, join(cwd, 'pin.txt')] })
    expect(stdout).toContain('object=Example')
    expect(stdout).not.toContain(pin)
  })
})

test('a configuration alone changes the store', { timeout }, async () => {
  const cwd = await scratch('example')
  await using aws = await fakeAwsKms()
  await using vault = await fakeVault()
  const awsKey = aws.state.addKey('ECC_NIST_P256', 'eu-central-1')
  vault.transit.handle('POST', ['keys', 'release'], new URLSearchParams(), { type: 'ecdsa-p256' })
  const granted = vault.auth.logIn('approle', { role_id: ROLE_ID, secret_id: SECRET_ID }) as {
    readonly client_token: string
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(join(cwd, 'release.key'), pem, { mode: 0o600 })
  await writeFile(join(cwd, 'release.tgz'), 'the bytes of a release')
  const spki = (key: typeof publicKey) => key.export({ type: 'spki', format: 'pem' }).toString()
  const stores = [
    {
      configuration: {
        package: '@sealwright/provider-file',
        factory: 'fileKeys',
        schemes: ['file'],
        key: 'file:release.key',
      },
      env: {},
      algorithm: 'Ed25519',
      verifies: (message: Uint8Array, signature: Uint8Array) =>
        verify(null, message, spki(publicKey), signature),
    },
    {
      configuration: {
        package: '@sealwright/provider-aws-kms',
        factory: 'awsKms',
        schemes: ['awskms'],
        options: { endpoint: aws.url },
        key: `awskms:///${awsKey.arn}`,
      },
      env: {
        AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
        AWS_SESSION_TOKEN: aws.credentials.sessionToken,
      },
      algorithm: 'ES256',
      verifies: p256(() => ({ key: awsKey.key!.spki, format: 'der', type: 'spki' })),
    },
    {
      configuration: {
        package: '@sealwright/provider-hashicorp-vault',
        factory: 'hashicorpVault',
        schemes: ['hashivault'],
        options: { address: vault.url },
        key: 'hashivault://release',
      },
      env: { VAULT_TOKEN: String(granted.client_token) },
      algorithm: 'ES256',
      verifies: p256(() => ({
        key: vault.transit.keys.get('release')!.versions[0]!.publicKey,
        format: 'pem',
        type: 'spki',
      })),
    },
  ]
  for (const { configuration, env, algorithm, verifies } of stores) {
    await writeFile(join(cwd, 'store.json'), JSON.stringify(configuration))
    const ended = await runExample('any-store', ['store.json', 'release.tgz'], {
      cwd,
      env: { HOME: cwd, ...env },
    })
    expect(ended.code, ended.output).toBe(0)
    expect(ended.stdout).toMatch(new RegExp(`, ${algorithm}\n$`))
    const envelope = JSON.parse(await readFile(join(cwd, 'release.tgz.dsse.json'), 'utf8'))
    const payload = Buffer.from(envelope.payload, 'base64')
    expect(payload.toString()).toBe('the bytes of a release')
    const message = preAuthEncoding('application/octet-stream', payload)
    expect(verifies(message, Buffer.from(envelope.signatures[0].sig, 'base64')), configuration.package).toBe(
      true,
    )
  }
})

/** A repository's folder in a job, an image that it has pushed, and a key in OpenBao that the job may use. */
async function job(context: Skips) {
  const bao = await openbao(context)
  const server = await olareg(context)
  const image = makeImage()
  await pushImage(server.url, 'acme/app', image, 'v1.0.0')
  const cwd = await scratch('pipeline')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await letIn(bao, publicKey.export({ type: 'spki', format: 'pem' }).toString())
  await cp(join(root, 'examples', 'ci'), join(cwd, 'ci'), { recursive: true })
  await writeFile(join(cwd, 'ca.pem'), bao.ca)
  const env = {
    HOME: cwd,
    XDG_CONFIG_HOME: join(cwd, '.config'),
    CI: 'true',
    IMAGE: `${server.host}/acme/app`,
    DIGEST: image.digest,
    SEALWRIGHT_CONFIG: 'ci/sealwright.json',
    VAULT_ADDR: bao.url,
    VAULT_CACERT: join(cwd, 'ca.pem'),
  }
  // The chain that is in the repository: here the key's own certificate.
  const token = await bao.call('POST', 'auth/token/create', { policies: ['root'], ttl: '5m' })
  const certified = await runTool(
    'sealwright',
    ['cert', 'issue', KEY, '--subject', 'C=DE,ST=Hessen,O=Acme,CN=release', '--out', 'ci/release.crt'],
    { cwd, env: { ...env, SEALWRIGHT_CONFIG: '', VAULT_TOKEN: token.auth.client_token } },
  )
  expect(certified.code, certified.output).toBe(0)
  const claims = { sub: 'repo:acme/app:ref:refs/tags/v1.0.0', aud: 'sealwright' }
  return {
    cwd,
    env,
    image,
    idToken: jwtOf(privateKey, claims),
    strangersToken: jwtOf(privateKey, { ...claims, sub: 'repo:mallory/app:ref:refs/heads/x' }),
  }
}

const KEY = 'hashivault://release?version=1'

/** The commands of a step, as they are written in a pipeline. */
async function step(pipeline: string, name: 'sign' | 'verify'): Promise<string> {
  const text = await readFile(join(root, 'examples', 'ci', pipeline), 'utf8')
  if (pipeline === 'ci-pipeline.yml') {
    const [, lines] = new RegExp(
      `- name: ${name}\\n(?: {8}env:\\n {10}.*\\n)? {8}run: ((?:.*\\n)(?: {10}.*\\n)*)`,
    ).exec(text)!
    return lines!.replace(/^\|\n/, '')
  }
  const [line] = /(?:sealwright sign|sh ci\/verify\.sh).*"\$IMAGE@\$DIGEST"/.exec(
    name === 'sign' ? text : text.slice(text.indexOf('sh ci/verify.sh')),
  )!
  return line
}

describe.for(['ci-pipeline.yml', 'gitlab-ci.yml', 'Jenkinsfile'])(
  'the pipeline %s',
  { timeout },
  pipeline => {
    test('signs by digest, as the job that Vault lets in, and deploys what is verified', async context => {
      if (!existsSync(join(root, 'packages', 'cli', 'dist', 'main.js')))
        context.skip('not built: npm run build')
      const { cwd, env, image, idToken, strangersToken } = await job(context)
      await using github = await tokenService(() => idToken)
      const run = async (name: 'sign' | 'verify', extra: Record<string, string> = {}) =>
        runTool('bash', ['-e', '-o', 'pipefail', '-c', await step(pipeline, name)], {
          cwd,
          env: { ...env, ...github.env, ID_TOKEN: idToken, RETRY_SECONDS: '0', ...extra },
        })
      const trust = join(cwd, 'ci', 'trust')
      for (const args of [
        ['cert', 'add', 'ca:acme', 'ci/release.crt'],
        [
          'policy',
          'init',
          '--name',
          'app',
          '--scope',
          env.IMAGE,
          '--trust-store',
          'ca:acme',
          '--trusted-identity',
          '*',
        ],
      ]) {
        const made = await runTool('sealwright', ['--trust', trust, ...args], { cwd, env })
        expect(made.code, made.output).toBe(0)
      }
      const early = await run('verify')
      expect(early.code, early.output).toBe(1)

      const signed = await run('sign')
      expect(signed.code, signed.output).toBe(0)
      expect(signed.stdout).toContain(image.digest)
      const verified = await run('verify')
      expect(verified.code, verified.output).toBe(0)
      const notation = await notationHome(context, { trust: { acme: [join(cwd, 'ci', 'release.crt')] } })
      await notation.writePolicy(trustEverywhere('acme'))
      const byNotation = await notation.run(['verify', '--insecure-registry', `${env.IMAGE}@${image.digest}`])
      expect(byNotation.code, byNotation.stderr).toBe(0)

      // Another repository's job, and a tag.
      await using mallory = await tokenService(() => strangersToken)
      const stranger = await run('sign', { ...mallory.env, ID_TOKEN: strangersToken })
      expect(stranger.code, stranger.output).toBe(5)
      const script = (await step(pipeline, 'sign')).replace('@$DIGEST', ':v1.0.0')
      const tag = await runTool('bash', ['-c', script], {
        cwd,
        env: { ...env, ...github.env, ID_TOKEN: idToken },
      })
      expect(tag.code, tag.output).toBe(4)
    })
  },
)

/** What GitHub gives its jobs: a service that says who they are. */
async function tokenService(token: () => string) {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://github')
    const isKnown =
      request.headers.authorization === 'bearer canary-request-token' &&
      url.searchParams.get('audience') === 'sealwright'
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ value: token() }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    env: {
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary-request-token',
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token?api=1`,
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

test('the example ci-sign.ts signs by digest with the token of the job in a file', {
  timeout,
}, async context => {
  const { cwd, env, image, idToken, strangersToken } = await job(context)
  const given = {
    ...env,
    SIGNING_KEY: KEY,
    SIGNING_CHAIN: join(cwd, 'ci', 'release.crt'),
    VAULT_ROLE: 'release',
    ID_TOKEN_FILE: join(cwd, 'id-token'),
  }
  const signs = (target: string) => runExample('ci-sign', [target], { cwd, env: given })
  await writeFile(join(cwd, 'id-token'), idToken)
  const signed = await signs(`${env.IMAGE}@${image.digest}`)
  expect(signed.code, signed.output).toBe(0)
  expect(signed.stdout).toContain(`signed ${image.digest}\n`)
  const tag = await signs(`${env.IMAGE}:v1.0.0`)
  expect(tag.output).toContain('not a tag')
  expect(tag.code).toBe(1)
  await writeFile(join(cwd, 'id-token'), strangersToken)
  const stranger = await signs(`${env.IMAGE}@${image.digest}`)
  expect(stranger.code).toBe(1)
  expect(stranger.output).toContain('UNAUTHENTICATED')
})

/** What an operator does once: the key, who may sign with it, and how that is shown. */
async function letIn(bao: Awaited<ReturnType<typeof startOpenbao>>, publicKey: string): Promise<void> {
  await bao.call('POST', 'transit/keys/release', { type: 'ecdsa-p256' })
  if (!('jwt/' in (await bao.call('GET', 'sys/auth'))))
    await bao.call('POST', 'sys/auth/jwt', { type: 'jwt' })
  await bao.call('POST', 'auth/jwt/config', { jwt_validation_pubkeys: [publicKey] })
  const policy = `path "transit/keys/release" { capabilities = ["read"] }
    path "transit/sign/release" { capabilities = ["update"] }`
  await bao.call('PUT', 'sys/policies/acl/release', { policy })
  await bao.call('POST', 'auth/jwt/role/release', {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_audiences: ['sealwright'],
    bound_claims_type: 'glob',
    bound_claims: { sub: 'repo:acme/app:ref:refs/tags/v*' },
    token_policies: ['release'],
  })
}

function jwtOf(privateKey: KeyObject, claims: object): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'ES256', typ: 'JWT' })}.${part({ ...claims, iat: now, exp: now + 300 })}`
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

/** r‖s under a P-256 key, which is there once the example has run. */
function p256(
  key: () => { readonly key: string | Buffer; readonly format: 'der' | 'pem'; readonly type: 'spki' },
) {
  return (message: Uint8Array, signature: Uint8Array) =>
    verify('sha256', message, { ...key(), dsaEncoding: 'ieee-p1363' }, signature)
}
