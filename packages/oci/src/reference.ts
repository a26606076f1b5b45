import { isIPv6 } from 'node:net'
import { SealwrightError } from '@sealwright/core'
import { isDigest } from './digest.ts'
import { canonicalRegistry } from './registry-host.ts'

/** A reference to an artifact in a registry. */
export interface Reference {
  /** Host in its one spelling, with its port: `registry.example:5000`, `[::1]:5000`. See {@link canonicalRegistry}. */
  readonly registry: string
  readonly repository: string
  readonly tag?: string
  readonly digest?: string
}

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`)
const TAG = /^\w[\w.-]{0,127}$/
const MAX_HOST = 253
const MAX_REPOSITORY = 255
const MAX_TEXT = 1024

/**
 * Reads `host[:port]/repository[:tag][@digest]`, by the grammar of distribution's `reference`, except that the host is
 * required: `app:v1` names no registry here. The host is brought to its one spelling: `Index.Docker.io:443` is `docker.io`.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { parseReference } from '@sealwright/oci'
 *
 * parseReference('registry.example/app:v1') // { registry: 'registry.example', repository: 'app', tag: 'v1' }
 * ```
 */
export function parseReference(text: string): Reference {
  if (text.length > MAX_TEXT) throw refused(text, `it is longer than ${MAX_TEXT} characters`)
  const scheme = /^[a-z][a-z0-9+.-]{0,31}:\/\//i.exec(text)?.[0]
  if (scheme !== undefined) throw refused(text, `a reference has no scheme; leave out ${scheme}`)
  const slash = text.indexOf('/')
  if (slash < 0) throw refused(text, 'it has no host and repository (registry.example/app:v1)')
  if (hasUserInfo(text)) throw refused(text, 'a reference has no user name and no password; log in instead')
  const registry = canonicalRegistry(text.slice(0, slash))
  const hostFault = faultOfHost(registry)
  if (hostFault) throw refused(text, hostFault)

  const at = text.indexOf('@', slash)
  const digest = at < 0 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !isDigest(digest)) throw refused(text, 'the part after @ is not a digest')
  const named = text.slice(slash + 1, at < 0 ? undefined : at)
  const colon = named.indexOf(':')
  const repository = colon < 0 ? named : named.slice(0, colon)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  const repositoryFault = faultOfRepository(repository)
  if (repositoryFault) throw refused(text, repositoryFault)
  if (tag !== undefined && !isTag(tag)) throw refused(text, 'the part after the colon is not a tag')
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** Prints a reference. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  const suffix = `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
  return `${registry}/${repository}${suffix}`
}

/** A tag as a registry takes it: at most 128 letters, digits, `_`, `.` and `-`, not beginning with the last two. */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

function faultOfHost(registry: string): string | undefined {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(registry)
  const [, host = '', port] = match ?? []
  if (port !== undefined && !(/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535)) {
    return 'the port of its host is not a number from 1 to 65535'
  }
  if (host.startsWith('[')) {
    const plain = isIPv6(host.slice(1, -1)) && !host.includes('%')
    return plain ? undefined : 'its host is not an IPv6 address in brackets'
  }
  if (host.length > MAX_HOST || !DOMAIN.test(host)) return 'the part before the first slash is not a host'
  if (!isSameInUrls(host)) return 'its host is neither a name nor an address'
  if (host !== 'localhost' && port === undefined && !host.includes('.')) {
    return `${JSON.stringify(host)} is not a host (no dot, no port); images of Docker Hub are docker.io/library/…`
  }
  return undefined
}

/** To a URL 127.1 is 127.0.0.1; here a host means what it says. */
function isSameInUrls(host: string): boolean {
  const url = `http://${host}/`
  return URL.canParse(url) && new URL(url).hostname === host
}

function faultOfRepository(repository: string): string | undefined {
  if (repository === '') return 'it has no repository'
  if (repository.length > MAX_REPOSITORY) return `its repository is longer than ${MAX_REPOSITORY} characters`
  if (/[A-Z]/.test(repository))
    return 'its repository has upper-case letters; registries know lower case only'
  return REPOSITORY.test(repository) ? undefined : 'its repository is not a name that a registry knows'
}

/**
 * Returns a text that was given as a reference as it may be shown: without the user name and password that it may hold,
 * and cut.
 */
export function shownReference(text: string): string {
  const shown = hasUserInfo(text) ? `…${text.slice(text.lastIndexOf('@'))}` : text
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown
}

/** Whether something before a host looks like `user:password@`; a password may have slashes. */
function hasUserInfo(text: string): boolean {
  const at = text.lastIndexOf('@')
  if (at < 0) return false
  const before = text.slice(0, at).replace(/^[a-z][a-z0-9+.-]{0,31}:\/\//i, '')
  return !before.includes('/') || text.includes('/', at)
}

function refused(text: string, why: string): SealwrightError {
  const shown = JSON.stringify(shownReference(text))
  return new SealwrightError('VALIDATION', `${shown} is not a registry reference`, { why })
}
