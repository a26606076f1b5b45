import type { JsonValue } from '@sealwright/core/encoding'
import type { PolicyFault, PolicyKind, Statement, TrustPolicy } from './policy.ts'
import { PolicyFaults, readPolicyJson } from './policy-faults.ts'
import { readStatement } from './read-statement.ts'
import { canonicalScope, scopeFault, unreachableScope, WILDCARD } from './scope.ts'

export interface CheckedPolicy {
  /** Every fault, in the order of the file. */
  readonly faults: readonly PolicyFault[]
  /** There unless a fault is an error. */
  readonly policy?: TrustPolicy | undefined
}

const VERSION = '1.0'

/**
 * Reads a trust policy of version 1.0 and names all that is wrong with it. What notation refuses is an error here; so are
 * duplicate members, text after the document, member names in another case, an empty `verifyTimestamp`, store names `.`
 * and `..`, and a global statement with level `skip`, which notation lets pass. A member that means nothing is a warning.
 *
 * @param label - Names the file in messages about its syntax.
 */
export function checkTrustPolicy(
  input: Uint8Array | string,
  kind: PolicyKind,
  label: string = 'trust policy',
): CheckedPolicy {
  const { json, fault } = readPolicyJson(input, label)
  if (json === undefined) return { faults: [fault] }
  const faults = new PolicyFaults(json)
  const policy = readPolicy(json.value, kind, faults)
  return { faults: faults.sorted(), ...(policy !== undefined && !faults.fatal ? { policy } : {}) }
}

function readPolicy(document: JsonValue, kind: PolicyKind, faults: PolicyFaults): TrustPolicy | undefined {
  const members = faults.object(document, [], ['version', 'trustPolicies'], 'a trust policy')
  if (members === undefined) return undefined
  const version = faults.text(members, [], 'version')
  if (version === undefined || version === '') faults.error([], 'version is missing; it must be "1.0"')
  else if (version !== VERSION)
    faults.error(['version'], `version ${JSON.stringify(version)} is not supported; it must be "1.0"`)
  const list = faults.array(members, [], 'trustPolicies')
  if (list === undefined || list.length === 0) faults.error(['trustPolicies'], 'there is no statement')
  const statements = (list ?? []).map((value, index) =>
    readStatement(value, ['trustPolicies', index], kind, faults),
  )
  checkNames(statements, faults)
  if (kind === 'oci') checkScopes(statements, faults)
  else checkGlobal(statements, faults)
  return { version: VERSION, trustPolicies: statements.filter(statement => statement !== undefined) }
}

function checkNames(statements: readonly (Statement | undefined)[], faults: PolicyFaults): void {
  const seen = new Set<string>()
  for (const [index, statement] of statements.entries()) {
    if (statement === undefined) continue
    if (seen.has(statement.name)) {
      faults.error(
        ['trustPolicies', index, 'name'],
        `the name ${JSON.stringify(statement.name)} is used by an earlier statement`,
      )
    }
    seen.add(statement.name)
  }
}

function checkScopes(statements: readonly (Statement | undefined)[], faults: PolicyFaults): void {
  const owners = new Map<string, string>()
  for (const [index, statement] of statements.entries()) {
    for (const [position, scope] of (statement?.registryScopes ?? []).entries()) {
      const owner = owners.get(scope)
      if (owner !== undefined) {
        faults.error(
          ['trustPolicies', index, 'registryScopes', position],
          `${scope === WILDCARD ? 'the scope "*"' : `scope ${JSON.stringify(scope)}`} is already in statement ${JSON.stringify(owner)}; a scope belongs to one statement`,
        )
      }
      owners.set(scope, statement!.name)
    }
  }
  warnOfSpellings(statements, faults)
}

/** Scopes are exact strings: one in another spelling than references have is passed by, and falls to `*` in silence. */
function warnOfSpellings(statements: readonly (Statement | undefined)[], faults: PolicyFaults): void {
  const seen = new Map<string, { readonly scope: string; readonly statement: Statement }>()
  for (const [index, statement] of statements.entries()) {
    for (const [position, scope] of (statement?.registryScopes ?? []).entries()) {
      if (scope === WILDCARD || scopeFault(scope) !== undefined) continue
      const path = ['trustPolicies', index, 'registryScopes', position]
      const quoted = JSON.stringify(scope)
      const unreachable = unreachableScope(scope)
      const canonical = canonicalScope(scope)
      if (unreachable !== undefined) {
        faults.warning(path, `no reference can match scope ${quoted}: ${unreachable}`)
        continue
      }
      if (canonical !== scope) {
        faults.warning(
          path,
          `scope ${quoted} matches only references written this way; ${JSON.stringify(canonical)} matches every spelling`,
        )
      }
      const other = seen.get(canonical)
      if (other !== undefined && other.scope !== scope && other.statement !== statement) {
        faults.warning(
          path,
          `scope ${quoted} is the same repository as ${JSON.stringify(other.scope)} of statement ${JSON.stringify(other.statement.name)}`,
        )
      }
      seen.set(canonical, other ?? { scope, statement: statement! })
    }
  }
}

function checkGlobal(statements: readonly (Statement | undefined)[], faults: PolicyFaults): void {
  let found = false
  for (const [index, statement] of statements.entries()) {
    if (statement?.globalPolicy !== true) continue
    const path = ['trustPolicies', index, 'globalPolicy']
    if (found) faults.error(path, 'an earlier statement is the global one; there can be one only')
    if (statement.signatureVerification.level === 'skip') {
      faults.error(path, 'the global statement cannot have level "skip"')
    }
    found = true
  }
}
