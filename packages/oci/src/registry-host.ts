import { isLoopback } from '@sealwright/core/adapter'

const DOCKER_HUB = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
])

/**
 * Returns the one spelling of a registry's host, which credentials, configuration and policy scopes are matched by: lower
 * case, `docker.io` for all names of Docker Hub, an IPv6 address in its shortest form, and no `:443` where https is spoken
 * anyway. A host that cannot be read is returned unchanged.
 *
 * @param registry - `host[:port]`
 */
export function canonicalRegistry(registry: string): string {
  const [, written = '', port] = /^(\[[^\]]*\]|[^:]*)(:.*)?$/s.exec(registry) ?? []
  if (written === '') return registry
  const host = written.startsWith('[') ? shortestAddress(written) : written.toLowerCase()
  // Plain http is the default on this machine, and a name without a dot is a host only with its port.
  const implied = port === ':443' && /[.[]/.test(host) && !isLoopback({ hostname: host })
  const spelling = implied ? host : `${host}${port ?? ''}`
  return DOCKER_HUB.has(spelling) ? 'docker.io' : spelling
}

function shortestAddress(host: string): string {
  const url = `http://${host}/`
  return URL.canParse(url) ? new URL(url).hostname : host
}
