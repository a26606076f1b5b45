import { isSealwrightError } from '@sealwright/core'
import { canonicalRegistry, parseReference } from '@sealwright/oci'

// Adapted by the reference from github.com/distribution/distribution `reference/regexp.go`; same here, so that a scope
// is valid in both or in neither.
const HOST =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$/
/** The separators between runs of letters and digits in one component of a path. */
const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/

/** Longest scope that is looked at: a repository name has at most 255 characters, a host 253 and a port. */
const MAX_LENGTH = 1024

/** The scope of every repository. */
export const WILDCARD = '*'

/** What is wrong with a scope that is not {@link WILDCARD}; `undefined` if nothing is. */
export function scopeFault(scope: string): string | undefined {
  if (scope.includes('*')) return 'a wildcard may only stand alone: "*"'
  const slash = scope.indexOf('/')
  if (slash < 0) return 'not a repository: host and path are both required'
  if (scope.length > MAX_LENGTH) return `longer than ${MAX_LENGTH} characters`
  if (scope.startsWith('['))
    return 'a policy of version 1.0 cannot name an IPv6 address; give the host a name, or use the scope "*"'
  if (!HOST.test(scope.slice(0, slash))) return 'not a host name with an optional port before the first "/"'
  const components = scope.slice(slash + 1).split('/')
  if (!components.every(component => COMPONENT.test(component))) {
    return 'not a repository path: lower-case letters and digits, separated by ".", "_", "__", "-" or "/", without tag or digest'
  }
  return undefined
}

/** A repository with the one spelling of its host. */
export function canonicalScope(scope: string): string {
  const slash = scope.indexOf('/')
  return slash < 0 ? scope : `${canonicalRegistry(scope.slice(0, slash))}${scope.slice(slash)}`
}

/**
 * Why no reference can be of this repository; `undefined` if one can, or if the host is a name alone: layouts are judged
 * as such a repository (`local/app`).
 */
export function unreachableScope(scope: string): string | undefined {
  const slash = scope.indexOf('/')
  const host = scope.slice(0, Math.max(slash, 0))
  try {
    const { tag, digest } = parseReference(
      /^[\w-]+$/.test(host) ? `local.invalid${scope.slice(slash)}` : scope,
    )
    if (tag === undefined && digest === undefined) return undefined
    return 'a repository has neither tag nor digest'
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return error.why ?? error.message
  }
}
