import { SealwrightError } from '@sealwright/core'
import { canonicalScope, scopeFault, unreachableScope, WILDCARD } from '../trust/scope.ts'
import type { SealwrightPolicySource } from '../trust/trust.ts'
import type { Reason } from '../verify/report.ts'
import type { PolicyStatement, SealwrightPolicy } from './policy.ts'

/** What a policy of Sealwright says of a target before anything is contacted. */
export type PolicyDecision =
  | { readonly statement: PolicyStatement; readonly denied?: undefined }
  /** Nothing of it may be used, whoever signed it. */
  | { readonly denied: Reason; readonly statement?: undefined }
  /** Notation's files decide. */
  | { readonly denied?: undefined; readonly statement?: undefined }

/** An artifact, by its repository; or a file, by the statement that was named for it. */
export type PolicyTarget =
  | {
      readonly kind: 'artifact'
      /** The repository that it is judged as; without it only a `*` statement covers it. */
      readonly scope?: string | undefined
      /** Repositories that would be contacted for it. */
      readonly places: readonly string[]
    }
  | { readonly kind: 'file'; readonly name?: string | undefined }

/**
 * Says which statement of a policy decides about a target, or why the target is denied: the policy has expired, does not
 * allow the registry, or covers no such target.
 *
 * @param clock - The real time, whatever time is judged as of: an expired policy allows nothing.
 * @throws {@link SealwrightError} `VALIDATION` if the scope is not a repository, or the name of a statement is blank.
 */
export function selectPolicyStatement(
  { file, policy }: SealwrightPolicySource & { readonly policy: SealwrightPolicy },
  target: PolicyTarget,
  clock: Date,
): PolicyDecision {
  const { expires, otherwise, statements } = policy
  if (expires !== undefined && clock >= expires) {
    const why = `${file} expired at ${expires.toISOString()}, and allows nothing since`
    return { denied: { code: 'POLICY_EXPIRED', why } }
  }
  if (target.kind === 'artifact') {
    const { scope, places } = target
    for (const place of [...(scope === undefined ? [] : [scope]), ...places]) {
      const fault = registryFault(policy, file, place)
      if (fault !== undefined) return { denied: fault }
    }
    const statement = statementForScope(statements, scope)
    if (statement !== undefined) return { statement }
  } else {
    if (target.name?.trim() === '')
      throw new SealwrightError('VALIDATION', 'the name of a policy statement cannot be blank')
    const statement = statements.find(
      each => each.files && (target.name === undefined ? each.default : each.name === target.name),
    )
    if (statement !== undefined) return { statement }
  }
  if (otherwise === 'notation') return {}
  return { denied: { code: 'NO_STATEMENT', why: `no statement of ${file} covers ${nameOf(target)}` } }
}

function registryFault({ registries }: SealwrightPolicy, file: string, place: string): Reason | undefined {
  if (registries === undefined) return undefined
  const repository = canonicalScope(place)
  const isAllowed = registries.some(allowed =>
    allowed.endsWith('/*')
      ? repository.startsWith(allowed.slice(0, -1))
      : repository.startsWith(`${allowed}/`),
  )
  if (isAllowed) return undefined
  return { code: 'REGISTRY', why: `${file} allows ${registries.join(', ')}, and not ${place}` }
}

/** An exact scope decides before the longest prefix, and that before `*`. */
function statementForScope(
  statements: readonly PolicyStatement[],
  scope: string | undefined,
): PolicyStatement | undefined {
  const repository = scope === undefined ? undefined : canonicalScope(assertRepository(scope))
  let best: { readonly statement: PolicyStatement; readonly rank: number } | undefined
  for (const statement of statements) {
    for (const covered of statement.scopes) {
      const rank = rankOf(covered, repository)
      if (rank !== undefined && (best === undefined || rank > best.rank)) best = { statement, rank }
    }
  }
  return best?.statement
}

function rankOf(covered: string, repository: string | undefined): number | undefined {
  if (covered === WILDCARD) return 0
  if (repository === undefined) return undefined
  if (covered === repository) return Number.POSITIVE_INFINITY
  return covered.endsWith('/*') && repository.startsWith(covered.slice(0, -1)) ? covered.length : undefined
}

/** A reference may have an IPv6 address for its host, which is not a fault. */
function assertRepository(scope: string): string {
  const fault = unreachableScope(scope) === undefined ? undefined : scopeFault(scope)
  if (fault === undefined) return scope
  throw new SealwrightError(
    'VALIDATION',
    `${JSON.stringify(scope)} is not a repository that a scope can name`,
    { why: fault, fix: 'give host and path, as in registry.example/app' },
  )
}

function nameOf(target: PolicyTarget): string {
  if (target.kind === 'artifact')
    return target.scope ?? 'a target without a repository (only a "*" statement would)'
  return target.name === undefined
    ? 'files: none has "default": true'
    : `files by the name ${JSON.stringify(target.name)}`
}
