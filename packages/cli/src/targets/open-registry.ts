import { readFileSync } from 'node:fs'
import http from 'node:http'
import { join, resolve } from 'node:path'
import tls from 'node:tls'
import { SealwrightError } from '@sealwright/core'
import { type ArtifactStore, dockerCredentials, registry } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import type { Io } from '../frame/io.ts'
import { VERSION } from '../frame/version.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
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
  const settings = (await context.settings()).registries[host] ?? {}
  const plainHttp = flags.plainHttp?.includes(host) ? true : settings.plainHttp
  const caFile = flags.caFile === undefined ? settings.caFile : resolve(context.io.cwd, flags.caFile)
  const referrers = flags.referrers ?? settings.referrers
  const { io } = context
  useProxy(io)
  if (caFile !== undefined) trustAuthorities(caFile)
  return registry(repository, {
    credentials:
      (await givenLogin(context, host, flags)) ?? dockerCredentials({ configFile: dockerConfig(io) }),
    userAgent: `sealwright/${VERSION}`,
    onWarning: text => context.warn(`${host} says: ${text}`),
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(referrers === undefined ? {} : { referrers }),
  })
}

function dockerConfig({ env, home }: Io): string {
  return env.REGISTRY_AUTH_FILE || join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json')
}

/**
 * Adds authorities for TLS to the usual ones. Node has one list for the whole process: for this run they count for every
 * host that is contacted, which are those of the targets.
 */
function trustAuthorities(file: string): void {
  const pem = readFileSync(file, 'utf8')
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new SealwrightError('VALIDATION', `${file} holds no certificate`, {
      why: 'the file of authorities is PEM with BEGIN CERTIFICATE',
      fix: '--ca-file takes the certificate of the authority',
    })
  }
  try {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), pem])
  } catch (cause) {
    throw new SealwrightError('VALIDATION', `the certificates in ${file} cannot be read`, {
      why: 'they are damaged, or of an unknown kind',
      fix: '--ca-file takes the certificate of the authority',
      cause,
    })
  }
}

/** Honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, where this Node can. */
function useProxy({ env }: Io): void {
  const named = env.HTTPS_PROXY || env.https_proxy || env.HTTP_PROXY || env.http_proxy
  const { setGlobalProxyFromEnv } = http as { setGlobalProxyFromEnv?: (env: Io['env']) => unknown }
  if (named) setGlobalProxyFromEnv?.(env)
}
