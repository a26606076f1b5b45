import { SealwrightError } from '@sealwright/core'
import { isLoopback } from '@sealwright/core/adapter'
import { canonicalRegistry } from '@sealwright/oci'

/**
 * Where the API of a registry is. Plain http for this machine, and where it was chosen; https everywhere else.
 *
 * @param plainHttp - Chosen by the user; `false` demands https of this machine too.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function apiOrigin(registry: string, plainHttp: boolean | undefined): URL {
  const host = canonicalRegistry(registry) === 'docker.io' ? 'registry-1.docker.io' : registry
  let url: URL
  try {
    url = new URL(`https://${host}/`)
  } catch (cause) {
    throw new SealwrightError('VALIDATION', `${JSON.stringify(registry.slice(0, 255))} is not a host`, {
      cause,
    })
  }
  // A resolver may send what ends in .localhost anywhere.
  if (plainHttp ?? (isLoopback(url) && !/\.localhost\.?$/.test(url.hostname)))
    return new URL(`http://${host}/`)
  return url
}

/**
 * Whether a registry may send us to `target`: to https anywhere but this machine, unless it is this machine itself; to
 * plain http only if it is spoken to in plain http, and then on the same host.
 */
export function mayFollow(from: URL, target: URL): boolean {
  if (isLoopback(target) && !isLoopback(from)) return false
  if (target.protocol === 'https:') return true
  if (target.protocol !== 'http:' || from.protocol !== 'http:') return false
  return isLoopback(target) || target.hostname === from.hostname
}
