import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { distributionProgram, ggcrProgram, olaregProgram } from './peers.ts'
import { type Server, startServer } from './server.ts'
import type { TokenServer } from './token-server.ts'
import { need, type Skips } from './tool.ts'

/** User `u`, password `p`; registries take bcrypt only. */
export const BASIC_USER = { username: 'u', password: 'p' }
const HTPASSWD = 'u:$2b$05$69Bj38EmMsIXz2KDOvyHC.IBJrtERfJQ.pxt0Q9YzOaAoJADyDXiK\n'

/** A registry with the referrers API; `referrers: false` takes it away. */
export async function startOlareg(
  context: Skips,
  { referrers = true }: { readonly referrers?: boolean } = {},
): Promise<Server> {
  const command = need(context, await olaregProgram())
  return startServer({
    name: 'olareg',
    command,
    ready: '/v2/',
    args: port => [
      'serve',
      ...['--addr', '127.0.0.1', '--port', String(port), '--store-type', 'mem'],
      ...['--api-delete', '--api-blob-delete', `--api-referrer=${referrers}`],
    ],
  })
}

/** A registry without the referrers API; open, or behind a password, or behind a token server. */
export async function startDistribution(context: Skips, auth?: 'basic' | TokenServer): Promise<Server> {
  const command = need(context, await distributionProgram())
  return startServer({
    name: 'distribution',
    command,
    ready: '/v2/',
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' }, // else it looks for a collector
    args: async (port, data) => {
      const config = join(data, 'registry.yml')
      await writeFile(join(data, 'htpasswd'), HTPASSWD)
      if (typeof auth === 'object') await writeFile(join(data, 'jwks.json'), JSON.stringify(auth.jwks))
      await writeFile(config, configuration(port, data, auth))
      return ['serve', config]
    },
  })
}

/** A registry whose referrers API conforms by half: it neither announces the subject nor filters. */
export async function startGgcr(context: Skips): Promise<Server> {
  const command = need(context, await ggcrProgram())
  return startServer({ name: 'ggcr', command, ready: '/v2/', args: port => [`127.0.0.1:${port}`] })
}

/** JSON is YAML. */
function configuration(port: number, data: string, auth?: 'basic' | TokenServer): string {
  return JSON.stringify({
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { inmemory: {}, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: 'test-only' },
    ...(auth === 'basic' ? { auth: { htpasswd: { realm: 'test', path: join(data, 'htpasswd') } } } : {}),
    ...(typeof auth === 'object'
      ? {
          auth: {
            token: {
              realm: auth.realm,
              service: auth.service,
              issuer: auth.issuer,
              jwks: join(data, 'jwks.json'),
            },
          },
        }
      : {}),
  })
}
