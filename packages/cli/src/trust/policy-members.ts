import { canonicalScope, unreachableScope } from '@sealwright/notary'
import { usageError } from '../frame/usage.ts'

/** A trusted identity as a policy writes it; the prefix may be left out on the command line. */
export function identityOf(text: string): string {
  return text === '*' || text.startsWith('x509.subject:') ? text : `x509.subject: ${text}`
}

/** Refuses a scope that no reference can match, or none in its usual spelling. */
export function assertScope(scope: string, flag: string): void {
  if (scope === '*') return
  const why = scope.startsWith('[')
    ? 'a policy cannot name an IPv6 address'
    : (unreachableScope(scope) ??
      (/[A-Z]/.test(scope)
        ? 'references are in lower case, and scopes are compared as they are written'
        : undefined))
  if (why === undefined) return
  const canonical = canonicalScope(scope)
  const meant = unreachableScope(canonical) === undefined && !canonical.startsWith('[')
  throw usageError(`${flag}: no reference can match ${JSON.stringify(scope)}`, {
    why,
    fix: `${flag} ${meant ? canonical : 'registry.example/app'}`,
  })
}
