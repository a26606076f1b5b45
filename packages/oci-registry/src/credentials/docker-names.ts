import { canonicalRegistry } from '@sealwright/oci'
import type { CredentialRequest } from './credential.ts'

/** The name under which Docker keeps the log-in to its Hub, in files and in helpers. */
const HUB_SERVER = 'https://index.docker.io/v1/'

/** What a helper calls a registry, and what an entry of `auths` is written under. */
export function serverOf(registry: string): string {
  const host = canonicalRegistry(registry)
  return host === 'docker.io' ? HUB_SERVER : host
}

/** The names under which a log-in may be kept, the most specific first: podman keeps them for repositories too. */
export function namesOf({ registry, repository }: CredentialRequest): readonly string[] {
  const hosts = hostsOf(registry)
  const parts = repository.split('/')
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'))
  return [...hosts.flatMap(host => paths.map(path => `${host}/${path}`)), ...hostNames(registry)]
}

/** Those that mean the whole registry. */
export function hostNames(registry: string): readonly string[] {
  const hosts = hostsOf(registry)
  return [
    ...hosts.flatMap(host =>
      ['', '/', '/v1/', '/v1', '/v2/', '/v2'].flatMap(end => [`${host}${end}`, `https://${host}${end}`]),
    ),
    ...hosts.map(host => `http://${host}`),
  ]
}

function hostsOf(registry: string): readonly string[] {
  const host = canonicalRegistry(registry)
  if (host === 'docker.io')
    return ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']
  // A login may have been kept under the port that goes without saying.
  return canonicalRegistry(`${host}:443`) === host ? [host, `${host}:443`] : [host]
}
