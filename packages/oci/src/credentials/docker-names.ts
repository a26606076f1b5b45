import { type CredentialRequest, canonicalHost } from './credential.ts'

/** The name under which Docker keeps the log-in to its Hub, in files and in helpers. */
const HUB_SERVER = 'https://index.docker.io/v1/'

/** What a helper calls a registry, and what an entry of `auths` is written under. */
export function serverOf(registry: string): string {
  return canonicalHost(registry) === 'docker.io' ? HUB_SERVER : registry
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
  return canonicalHost(registry) === 'docker.io'
    ? ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']
    : [registry]
}
