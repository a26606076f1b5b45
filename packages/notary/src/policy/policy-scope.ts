import { canonicalRegistry } from '@sealwright/oci'
import { canonicalScope, unreachableScope, WILDCARD } from '../trust/scope.ts'

/** A scope or a registry in its one spelling, or why it is none. */
export type ReadScope =
  | { readonly scope: string; readonly fault?: undefined }
  | { readonly fault: string; readonly scope?: undefined }

const BELOW = '/*'

/** Reads a scope: a repository, all below a prefix (`registry.example/prod/*`), or `*`. */
export function readScope(text: string): ReadScope {
  if (text === WILDCARD) return { scope: text }
  const base = text.endsWith(BELOW) ? text.slice(0, -BELOW.length) : text
  if (base.includes('*')) return { fault: 'a wildcard stands alone ("*"), or at the end after "/"' }
  if (base === text) return repository(text)
  const read = base.includes('/') ? repository(base) : registry(base)
  return read.fault === undefined ? { scope: `${read.scope}${BELOW}` } : read
}

/** Reads what a policy allows to be contacted: a host, or all below a prefix. */
export function readRegistry(text: string): ReadScope {
  if (text.includes('/')) {
    const read = readScope(text)
    if (read.fault !== undefined || read.scope.endsWith(BELOW)) return read
    return { fault: `not a host; for what is below it, write ${JSON.stringify(`${read.scope}${BELOW}`)}` }
  }
  return text.includes('*') ? { fault: 'a wildcard stands at the end after "/"' } : registry(text)
}

/** Whether one scope covers all that another one covers. */
export function coversScope(wide: string, narrow: string): boolean {
  if (wide === WILDCARD || wide === narrow) return true
  return wide.endsWith(BELOW) && narrow.startsWith(wide.slice(0, -1))
}

function repository(text: string): ReadScope {
  const fault = unreachableScope(text)
  return fault === undefined ? { scope: canonicalScope(text) } : { fault }
}

function registry(host: string): ReadScope {
  const fault = unreachableScope(`${host}/any`)
  return fault === undefined ? { scope: canonicalRegistry(host) } : { fault }
}
