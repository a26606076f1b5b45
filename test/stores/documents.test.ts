import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { fakeKeyVault } from '../../packages/provider-azure-key-vault/test/fake-key-vault.ts'
import { fakeGcpKms } from '../../packages/provider-gcp-kms/test/fake-gcp-kms/fake.ts'
import { commandsOf, documents, readersFolder, runCommands } from '../house/documents.ts'
import { runTool } from '../house/process.ts'
import { root } from '../house/workspace.ts'
import { loopbackCertificate } from '../services/loopback-certificate.ts'
import { MINISTACK_CREDENTIALS, startMinistack } from '../services/ministack.ts'
import { openbaoProgram, startOpenbao } from '../services/openbao.ts'
import { startOlareg } from '../services/registries.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import { softHsmToken } from '../services/softhsm.ts'
import { need, type Skips } from '../services/tool.ts'
import { managedIdentity } from './managed-identity.ts'

const timeout = 600_000 // servers are installed, the first time

/** What a service is to the commands of a document. */
interface Service extends Partial<AsyncDisposable> {
  readonly env?: Readonly<Record<string, string>>
  /** What the commands say → what stands for it here. */
  readonly instead?: Readonly<Record<string, string>>
  /** Shell functions for programs of others. */
  readonly before?: string
  /** `providers` of the configuration: an emulator's address. */
  readonly providers?: object
}

const outside = shared(startOlareg)
const inside = shared(startOlareg)

const SERVICES: Readonly<Record<string, (context: Skips, cwd: string) => Promise<Service>>> = {
  // Every one of these documents has it.
  registry: async () => ({}),

  // The host of a CA, behind a proxy: what is published there is what the commands made.
  pki: async (_, cwd) => {
    const host = createServer((incoming, outgoing) => {
      const published = readFile(join(cwd, basename(new URL(incoming.url!).pathname)))
      published.then(
        bytes => outgoing.end(bytes),
        () => outgoing.writeHead(404).end(),
      )
    })
    host.listen(0, '127.0.0.1')
    await once(host, 'listening')
    const { port } = host.address() as AddressInfo
    return {
      env: { HTTP_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: '127.0.0.1,localhost' },
      [Symbol.asyncDispose]: async () => {
        host.closeAllConnections()
        host.close()
      },
    }
  },

  'aws-kms': async context => {
    const server = await startMinistack(context)
    return {
      env: {
        AWS_ENDPOINT_URL_KMS: server.url,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: MINISTACK_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: MINISTACK_CREDENTIALS.secretAccessKey,
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },

  // There is no emulator of these two that signs as they do: the fakes of their packages answer.
  'azure-key-vault': async (_, cwd) => {
    const fake = await fakeKeyVault()
    const identity = await managedIdentity(fake.token)
    await writeFile(join(cwd, 'ca.pem'), fake.ca)
    return {
      env: { ...identity.env, NODE_EXTRA_CA_CERTS: join(cwd, 'ca.pem') },
      instead: { 'acme.vault.azure.net': fake.state.host },
      before: 'az() { :; }',
      providers: { '@sealwright/provider-azure-key-vault': { endpoint: fake.origin } },
      [Symbol.asyncDispose]: async () => {
        await fake[Symbol.asyncDispose]()
        await identity[Symbol.asyncDispose]()
      },
    }
  },
  'gcp-kms': async (_, cwd) => {
    const { path, ...tls } = await loopbackCertificate(cwd)
    const fake = await fakeGcpKms(tls)
    fake.state.keyRings.add('projects/acme/locations/europe-west3/keyRings/release')
    await writeFile(join(cwd, 'id-token'), 'canary-oidc-token-0123456789')
    const credentials = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/github',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${fake.url('rest')}/token`,
      credential_source: { file: join(cwd, 'id-token') },
    }
    await writeFile(join(cwd, 'credentials.json'), JSON.stringify(credentials))
    return {
      env: {
        NODE_EXTRA_CA_CERTS: path,
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: path,
        GOOGLE_APPLICATION_CREDENTIALS: join(cwd, 'credentials.json'),
        METADATA_SERVER_DETECTION: 'none',
      },
      before: 'gcloud() { :; }',
      providers: { '@sealwright/provider-gcp-kms': { endpoint: fake.url('grpc') } },
      [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
    }
  },

  vault: async (context, cwd) => {
    const bao = await startOpenbao(context)
    await bao.call('DELETE', 'sys/mounts/transit')
    const token = await bao.call('POST', 'auth/token/create', { policies: ['root'], ttl: '5m' })
    await writeFile(join(cwd, 'ca.pem'), bao.ca)
    const program = need(context, await openbaoProgram())
    return {
      env: { VAULT_ADDR: bao.url, VAULT_CACERT: join(cwd, 'ca.pem'), VAULT_TOKEN: token.auth.client_token },
      before: `vault() { BAO_ADDR=$VAULT_ADDR BAO_CACERT=$VAULT_CACERT BAO_TOKEN=$VAULT_TOKEN '${program}' "$@"; }`,
      [Symbol.asyncDispose]: () => bao[Symbol.asyncDispose](),
    }
  },

  pkcs11: async context => {
    const { modulePath } = await softHsmToken(context)
    return {
      env: { SOFTHSM2_CONF: process.env.SOFTHSM2_CONF! },
      instead: { '/usr/lib/softhsm/libsofthsm2.so': modulePath },
      before: 'apt-get() { :; }',
    }
  },
}

const needing = documents
  .map(document => ({
    ...document,
    services: [...new Set(document.blocks.flatMap(({ needs }) => needs ?? []))],
  }))
  .filter(({ services }) => services.length > 0)

test.for(needing)('the commands of $document, with $services', { timeout }, async (document, context) => {
  if (!existsSync(join(root, 'packages', 'cli', 'dist', 'main.js'))) context.skip('not built: npm run build')
  const cwd = await readersFolder(await scratch('documents'), document.document)
  const [{ host }, inner] = [await outside(context), await inside(context)]
  const pushed = await runTool('sealwright', ['copy', '-q', 'oci:image:v1', `${host}/app:v1`], { cwd })
  expect(pushed.code, pushed.output).toBe(0)
  const digest = pushed.stdout.trim().split('@')[1]!

  const started: Service[] = []
  try {
    for (const name of document.services) started.push(await SERVICES[name]!(context, cwd))
    const config = join(cwd, 'home', '.config', 'sealwright', 'config.json')
    await mkdir(dirname(config), { recursive: true })
    const providers = Object.assign({}, ...started.map(({ providers }) => providers))
    if (Object.keys(providers).length > 0) await writeFile(config, JSON.stringify({ providers }))
    // What deploys has a trust directory: here the one that `init` makes.
    await mkdir(join(cwd, 'deploy'))
    await symlink(join(cwd, 'home', '.config', 'notation'), join(cwd, 'deploy', 'trust'))
    const here = (text: string) =>
      Object.entries<string>(
        Object.assign(
          { 'registry.example': host, 'registry.inside': inner.host },
          ...started.map(({ instead }) => instead),
        ),
      ).reduce((code, [name, stands]) => code.replaceAll(name, stands), text)
    const { code, printed, ...rest } = commandsOf(document, document.services)
    await runCommands({ ...rest, code: code.map(here), printed: printed.map(here) }, cwd, {
      before: [
        'docker() { printf \'{"containerimage.digest":"%s"}\' "$DIGEST" > meta.json; }',
        ...started.map(({ before = '' }) => before),
      ].join('\n'),
      env: Object.assign({ DIGEST: digest }, ...started.map(({ env }) => env)),
    })
  } finally {
    for (const service of started) await service[Symbol.asyncDispose]?.()
  }
})
