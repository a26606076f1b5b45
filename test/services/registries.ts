import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NetworkNamespace } from './network-namespace.ts'
import { distributionProgram, dockerRegistryProgram, ggcrProgram, olaregProgram } from './peers.ts'
import type { RegistryCertificates } from './registry-certificates.ts'
import { type Server, startServer } from './server.ts'
import type { TokenServer } from './token-server.ts'
import { need, type Skips } from './tool.ts'

/** User `u`, password `p`; registries take bcrypt only. */
export const BASIC_USER = { username: 'u', password: 'p' }
const HTPASSWD = 'u:$2b$05$69Bj38EmMsIXz2KDOvyHC.IBJrtERfJQ.pxt0Q9YzOaAoJADyDXiK\n'

/** How a registry knows its users: by a password, or by the tokens of a server. */
type RegistryAuth = 'basic' | TokenServer

/** A registry with the referrers API; `referrers: false` takes it away. */
export async function startOlareg(
  context: Skips,
  {
    referrers = true,
    tls,
    within,
  }: {
    readonly referrers?: boolean
    readonly tls?: RegistryCertificates
    readonly within?: NetworkNamespace
  } = {},
): Promise<Server> {
  const command = need(context, await olaregProgram())
  return startServer({
    name: 'olareg',
    command,
    ready: '/v2/',
    ...(tls === undefined ? {} : { tls: { ca: tls.ca } }),
    ...(within === undefined ? {} : { within }),
    args: port => [
      'serve',
      ...['--addr', '127.0.0.1', '--port', String(port), '--store-type', 'mem'],
      ...['--api-delete', '--api-blob-delete', `--api-referrer=${referrers}`],
      ...(tls === undefined ? [] : ['--tls-cert', tls.server.certPath, '--tls-key', tls.server.keyPath]),
    ],
  })
}

/** distribution 3, a registry without the referrers API; open, or behind a password, or behind a token server. */
export async function startDistribution(
  context: Skips,
  auth?: RegistryAuth,
  tls?: RegistryCertificates,
): Promise<Server> {
  return serve('distribution', need(context, await distributionProgram()), { auth, tls })
}

/** The same with its blobs in files: what it holds in memory it moves with each piece that is added. */
export async function startDistributionOnDisk(context: Skips): Promise<Server> {
  return serve('distribution', need(context, await distributionProgram()), { onDisk: true })
}

/** The same of 2021, as Debian 12 has it. */
export async function startDockerRegistry(
  context: Skips,
  auth?: RegistryAuth,
  tls?: RegistryCertificates,
): Promise<Server> {
  return serve('docker-registry', need(context, await dockerRegistryProgram()), { auth, tls })
}

interface Setup {
  readonly auth?: RegistryAuth | undefined
  readonly tls?: RegistryCertificates | undefined
  readonly onDisk?: boolean
}

function serve(name: string, command: string, setup: Setup): Promise<Server> {
  const { tls } = setup
  return startServer({
    name,
    command,
    ready: '/v2/',
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' }, // else 3 looks for a collector
    ...(tls === undefined ? {} : { tls: { ca: tls.ca, cert: tls.client.cert, key: tls.client.key } }),
    args: async (port, data) => {
      const config = join(data, 'registry.yml')
      await writeFile(join(data, 'htpasswd'), HTPASSWD)
      await writeFile(config, JSON.stringify(configuration(port, data, setup))) // JSON is YAML
      return ['serve', config]
    },
  })
}

/** A registry whose referrers API conforms by half: it neither announces the subject nor filters. */
export async function startGgcr(context: Skips): Promise<Server> {
  const command = need(context, await ggcrProgram())
  return startServer({ name: 'ggcr', command, ready: '/v2/', args: port => [`127.0.0.1:${port}`] })
}

function configuration(port: number, data: string, { auth, tls, onDisk }: Setup): object {
  const driver = onDisk ? { filesystem: { rootdirectory: join(data, 'storage') } } : { inmemory: {} }
  return {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { ...driver, delete: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      secret: 'test-only',
      ...(tls === undefined ? {} : { tls: tlsSection(tls) }),
    },
    ...(auth === undefined ? {} : { auth: authSection(auth, data) }),
  }
}

function tlsSection({ server, caPath, clientsShowTheirs }: RegistryCertificates): object {
  return {
    certificate: server.certPath,
    key: server.keyPath,
    ...(clientsShowTheirs ? { clientcas: [caPath] } : {}),
  }
}

function authSection(auth: RegistryAuth, data: string): object {
  if (auth === 'basic') return { htpasswd: { realm: 'test', path: join(data, 'htpasswd') } }
  const { realm, service, issuer, certificatePath } = auth
  return { token: { realm, service, issuer, rootcertbundle: certificatePath } }
}
