import http from 'node:http'
import { join } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { proxyFor } from '@sealwright/core/adapter'
import { type ArtifactStore, canonicalRegistry } from '@sealwright/oci'
import { dockerCredentials, type RegistryOptions, registry } from '@sealwright/oci-registry'
import { NO_HOME } from '../config/paths.ts'
import type { RegistryFlags } from '../flags/common-flags.ts'
import type { Io } from '../runtime/io.ts'
import { VERSION } from '../runtime/version.ts'
import type { Session } from '../session/session.ts'
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
  session: Session,
  { host, repository }: RegistryPlace,
  flags: RegistryFlags,
): Promise<ArtifactStore> {
  const referrers = flags.referrers ?? (await session.settings()).registries[host]?.referrers
  const configFile = dockerConfig(session.io)
  return registry(repository, {
    ...(await connectionOptions(session, host, flags)),
    credentials: (await givenLogin(session, host, flags)) ?? dockerCredentials({ configFile }),
    ...(referrers === undefined ? {} : { referrers }),
  })
}

/** How a registry is spoken to, apart from who asks, and what for. */
export async function connectionOptions(
  session: Session,
  host: string,
  flags: Pick<RegistryFlags, 'plainHttp' | 'caFile'>,
): Promise<RegistryOptions> {
  const { registries, timeoutMs } = await session.settings()
  const chosen = flags.plainHttp?.some(name => canonicalRegistry(name) === host) ? true : undefined
  // Whoever gives an authority or a certificate for a host means https, on this machine too.
  const { plainHttp: configured, caFile, certFile } = registries[host] ?? {}
  const secure = flags.caFile !== undefined || caFile !== undefined || certFile !== undefined
  const plainHttp = chosen ?? configured ?? (secure ? false : undefined)
  useProxy(session.io)
  return {
    userAgent: `sealwright/${VERSION}`,
    onWarning: text => session.warn(`${host}: ${text}`),
    fetch: await connectionOf(session, flags),
    // A registry that asks for patience gets as much as the whole target may take.
    retry: { attempts: 5, ...(timeoutMs === undefined ? {} : { maxDelayMs: timeoutMs }) },
    ...(plainHttp === undefined ? {} : { plainHttp }),
  }
}

/** Docker's configuration, as docker, podman and oras find it. */
export function dockerConfig({ env, home }: Io): string {
  return (
    env.REGISTRY_AUTH_FILE?.trim() ||
    join(env.DOCKER_CONFIG?.trim() || join(home ?? NO_HOME, '.docker'), 'config.json')
  )
}

/** Honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` for what is not a registry, where this Node can. */
function useProxy({ env }: Io): void {
  const { setGlobalProxyFromEnv } = http as { setGlobalProxyFromEnv?: (env: Io['env']) => unknown }
  const variables = { HTTPS_PROXY: proxyHref('https', env), HTTP_PROXY: proxyHref('http', env) }
  const NO_PROXY = env.no_proxy || env.NO_PROXY
  if (Object.values(variables).some(Boolean)) setGlobalProxyFromEnv?.({ ...variables, NO_PROXY })
}

/** A value that is not one is refused by the request that needs it, and only then. */
function proxyHref(scheme: 'http' | 'https', env: Io['env']): string | undefined {
  try {
    return proxyFor(new URL(`${scheme}://any.invalid/`), { ...env, NO_PROXY: '', no_proxy: '' })?.url.href
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
}
