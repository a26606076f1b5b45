import { SealwrightError } from '@sealwright/core'
import type { Statement, TrustPolicy } from './policy.ts'
import { canonicalScope, scopeFault, unreachableScope, WILDCARD } from './scope.ts'

/**
 * Returns the statement for a repository: the one that names it in the one spelling of its host, else the one that names it
 * as it is written, else the one for `*`. Scopes are compared as exact strings.
 *
 * @param scope - `host[:port]/path`, as written; without it only a `*` statement applies.
 * @returns `undefined` where the policy says nothing: that is denied, never trusted.
 * @throws {@link SealwrightError} `VALIDATION` if `scope` is not a repository.
 */
export function selectOciStatement(policy: TrustPolicy, scope: string | undefined): Statement | undefined {
  // The host of a reference may be an IPv6 address, which no scope can name; only `*` is for it.
  const fault = scope === undefined || unreachableScope(scope) === undefined ? undefined : scopeFault(scope)
  if (fault !== undefined) {
    throw new SealwrightError(
      'VALIDATION',
      `${JSON.stringify(scope)} is not a repository that a scope can name`,
      {
        why: fault,
        fix: 'give host and path, as in registry.example/app',
      },
    )
  }
  const withScope = (wanted: string): Statement | undefined =>
    policy.trustPolicies.find(statement => statement.registryScopes?.includes(wanted))
  const named = scope === undefined ? undefined : (withScope(canonicalScope(scope)) ?? withScope(scope))
  return named ?? withScope(WILDCARD)
}

/**
 * The statement for a file: the one of that name, or the global one if no name is given.
 *
 * @returns `undefined` where there is none.
 * @throws {@link SealwrightError} `VALIDATION` if the name is blank.
 */
export function selectBlobStatement(policy: TrustPolicy, name: string | undefined): Statement | undefined {
  if (name === undefined) return policy.trustPolicies.find(statement => statement.globalPolicy === true)
  if (name.trim() === '')
    throw new SealwrightError('VALIDATION', 'the name of a policy statement cannot be blank')
  return policy.trustPolicies.find(statement => statement.name === name)
}
