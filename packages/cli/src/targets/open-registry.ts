import http from 'node:http'
import { join } from 'node:path'
import {
  type ArtifactStore,
  canonicalRegistry,
  dockerCredentials,
  type RegistryOptions,
  registry,
} from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import type { Io } from '../frame/io.ts'
import { VERSION } from '../frame/version.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { connectionOf } from './connection.ts'
import { givenLogin } from './registry-login.ts'

/** What a registry target says of where it is. */
export interface RegistryPlace {
  /** `host[:port]` */
  readonly host: string
  /** With the host. */
  readonly repository: string
}

/** Opens a repository of a registry as flags and configuration say; nothing is contacted yet. */
export async function openRegistry(
  context: Context,
  { host, repository }: RegistryPlace,
  flags: RegistryFlags,
): Promise<ArtifactStore> {
  const referrers = flags.referrers ?? (await context.settings()).registries[host]?.referrers
  const configFile = dockerConfig(context.io)
  return registry(repository, {
    ...(await connectionOptions(context, host, flags)),
    credentials: (await givenLogin(context, host, flags)) ?? dockerCredentials({ configFile }),
    ...(referrers === undefined ? {} : { referrers }),
  })
}

/** How a registry is spoken to, apart from who asks, and what for. */
export async function connectionOptions(
  context: Context,
  host: string,
  flags: Pick<RegistryFlags, 'plainHttp' | 'caFile'>,
): Promise<RegistryOptions> {
  const { registries, timeoutMs } = await context.settings()
  const plainHttp = flags.plainHttp?.some(name => canonicalRegistry(name) === host)
    ? true
    : registries[host]?.plainHttp
  useProxy(context.io)
  return {
    userAgent: `sealwright/${VERSION}`,
    onWarning: text => context.warn(`${host}: ${text}`),
    fetch: await connectionOf(context, flags),
    // A registry that asks for patience gets as much as the whole target may take.
    retry: { attempts: 5, ...(timeoutMs === undefined ? {} : { maxDelayMs: timeoutMs }) },
    ...(plainHttp === undefined ? {} : { plainHttp }),
  }
}

/** Docker's configuration, as docker, podman and oras find it. */
export function dockerConfig({ env, home }: Io): string {
  return env.REGISTRY_AUTH_FILE || join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json')
}

/** Honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` for what is no registry, where this Node can. */
function useProxy({ env }: Io): void {
  const named = env.HTTPS_PROXY || env.https_proxy || env.HTTP_PROXY || env.http_proxy
  const { setGlobalProxyFromEnv } = http as { setGlobalProxyFromEnv?: (env: Io['env']) => unknown }
  if (named) setGlobalProxyFromEnv?.(env)
}
