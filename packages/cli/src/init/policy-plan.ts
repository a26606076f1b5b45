import { shellQuote } from '@sealwright/core/encoding'
import {
  checkTrustPolicy,
  formatTrustPolicy,
  type PolicyFault,
  type PolicyFile,
  type Statement,
} from '@sealwright/notary'
import { usageError } from '../frame/usage.ts'

/** What `init` makes of the policy. */
export interface PolicyPlan {
  readonly action: 'create' | 'extend' | 'keep'
  readonly statements: readonly Statement[]
  /** The statement that decides for the scopes; the new one's name where there are several. */
  readonly statement: string
  readonly scopes: readonly string[]
}

export interface PolicyWish {
  readonly name: string
  readonly scopes: readonly string[]
  /** `ca:NAME` */
  readonly store: string
  /** Subject of the leaf, RFC 4514. */
  readonly subject: string
}

/**
 * Adds trust in a signer to a policy. A scope belongs to one statement: where one has it, that statement gains the store
 * and the identity; the other scopes go to the statement of the key's own name.
 */
export function planPolicy(file: PolicyFile, statements: readonly Statement[], wish: PolicyWish): PolicyPlan {
  const { name, scopes } = wish
  const identity = `x509.subject: ${wish.subject}`
  const ownerOf = (scope: string): string =>
    statements.find(({ registryScopes }) => registryScopes?.includes(scope))?.name ?? name
  const targets = new Set(scopes.map(ownerOf))
  const planned = statements.map(statement =>
    targets.has(statement.name)
      ? extended(
          statement,
          scopes.filter(scope => ownerOf(scope) === statement.name),
          wish.store,
          identity,
          file,
        )
      : statement,
  )
  if (targets.has(name) && !statements.some(statement => statement.name === name)) {
    planned.push({
      name,
      registryScopes: scopes.filter(scope => ownerOf(scope) === name),
      signatureVerification: { level: 'strict' },
      trustStores: [wish.store],
      trustedIdentities: [identity],
    })
  }
  const same = formatted(planned) === formatted(statements)
  assertUsable(planned, file, wish)
  return {
    action: same ? 'keep' : statements.length < planned.length ? 'create' : 'extend',
    statements: planned,
    statement: targets.size === 1 ? ([...targets][0] as string) : name,
    scopes,
  }
}

function extended(
  statement: Statement,
  scopes: readonly string[],
  store: string,
  identity: string,
  file: PolicyFile,
): Statement {
  if (statement.signatureVerification.level === 'skip') {
    throw usageError(`statement "${statement.name}" of ${file.path} verifies nothing`, {
      why: 'its level is skip, and a statement that trusts nobody cannot gain a signer',
      fix: 'give the statement a level, or choose another scope',
    })
  }
  const { registryScopes = [], trustStores, trustedIdentities } = statement
  const wildcard = registryScopes.includes('*')
  const grown: Statement = {
    ...statement,
    registryScopes: wildcard ? registryScopes : union(registryScopes, scopes),
    trustStores: union(trustStores, [store]),
  }
  const withIdentity = { ...grown, trustedIdentities: union(trustedIdentities, [identity]) }
  // `*` covers it, and so does an identity that asks for less: two that overlap are a fault.
  return trustedIdentities.includes('*') || !isUsable([withIdentity]) ? grown : withIdentity
}

function union(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...one, ...other.filter(item => !one.includes(item))]
}

function formatted(statements: readonly Statement[]): string {
  return formatTrustPolicy({ version: '1.0', trustPolicies: statements })
}

function isUsable(statements: readonly Statement[]): boolean {
  return checkTrustPolicy(formatted(statements), 'oci', 'policy').policy !== undefined
}

function assertUsable(statements: readonly Statement[], file: PolicyFile, wish: PolicyWish): void {
  const { policy, faults } = checkTrustPolicy(formatted(statements), 'oci', file.path)
  if (policy === undefined) throw refusedPolicy(faults, file, wish)
}

/** The error for a policy that would be unusable; the file that is there is not to blame. */
export function refusedPolicy(faults: readonly PolicyFault[], { path }: PolicyFile, wish: PolicyWish): Error {
  return usageError(`${wish.scopes.join(', ')} cannot be added to ${path}`, {
    why: faults
      .filter(({ severity }) => severity === 'error')
      .map(({ message }) => message)
      .join('; '),
    fix: `check --scope and --subject: sealwright init ${shellQuote(wish.name)} --scope registry.example/app --subject ${shellQuote(`C=DE,ST=Hessen,O=Acme,CN=${wish.name}`)}`,
  })
}
