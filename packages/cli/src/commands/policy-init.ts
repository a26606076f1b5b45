import { isDeepStrictEqual } from 'node:util'
import { formatTrustPolicy, parseTrustPolicy, type Statement } from '@sealwright/notary'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { findPolicyFile, type PolicyKind, statementsOf, updateStatements } from '../trust/policy-file.ts'
import { parseStore } from '../trust/store.ts'

interface PolicyInitFlags {
  readonly name?: string
  readonly scope?: readonly string[]
  readonly statementForFiles?: true
  readonly global?: true
  readonly trustStore?: readonly string[]
  readonly trustedIdentity?: readonly string[]
  readonly level?: 'strict' | 'permissive' | 'audit' | 'skip'
}

/** `sealwright policy init` */
export async function policyInit(context: Context, _args: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as PolicyInitFlags
  const kind: PolicyKind = flags.statementForFiles ? 'blob' : 'oci'
  const statement = statementOf(flags)
  const { trust } = (await context.settings()).paths
  const file = await findPolicyFile(trust, kind)
  const add = (statements: readonly Statement[]): readonly Statement[] =>
    withStatement(statements, statement, kind, file.path)
  const before = statementsOf(file, kind)
  const changed = add(before) !== before
  if (changed) await updateStatements(context.io, trust, kind, add)
  return {
    exitCode: 0,
    document: { file: file.path, changed, statement: JSON.parse(JSON.stringify(statement)) },
    lines: [
      changed
        ? `added statement "${statement.name}" to ${file.path}`
        : `nothing to do: ${file.path} has this statement`,
    ],
  }
}

/** The same list where it has the statement already. */
function withStatement(
  statements: readonly Statement[],
  statement: Statement,
  kind: PolicyKind,
  path: string,
): readonly Statement[] {
  const existing = statements.find(({ name }) => name === statement.name)
  if (existing === undefined) return [...statements, statement]
  // Both through the same printer and reader, so that spelling makes no difference.
  if (isDeepStrictEqual(normal(existing, kind), normal(statement, kind))) return statements
  throw usageError(`there is another statement "${statement.name}" in ${path}`, {
    why: 'a statement is never changed by adding one',
    fix: 'choose another --name, or edit the file and run: sealwright policy check',
  })
}

function normal(statement: Statement, kind: PolicyKind): unknown {
  return parseTrustPolicy(formatTrustPolicy({ version: '1.0', trustPolicies: [statement] }), kind)
    .trustPolicies[0]
}

function statementOf(flags: PolicyInitFlags): Statement {
  const {
    name,
    scope = [],
    statementForFiles,
    global,
    trustStore = [],
    trustedIdentity = [],
    level = 'strict',
  } = flags
  if (name === undefined) throw missing('--name', '--name prod')
  if (!statementForFiles && scope.length === 0) throw missing('--scope', '--scope registry.example/app')
  if (statementForFiles && scope.length > 0)
    throw clash('--scope', '--statement-for-files', 'files have no repository')
  if (global && !statementForFiles) throw clash('--global', '--scope', 'it is for statements about files')
  if (level !== 'skip' && trustStore.length === 0) throw missing('--trust-store', '--trust-store ca:acme')
  if (level === 'skip' && trustStore.length + trustedIdentity.length > 0) {
    throw clash(
      '--level skip',
      '--trust-store or --trusted-identity',
      'a statement that checks nothing trusts nobody',
    )
  }
  const identities = trustedIdentity.map(identity =>
    identity === '*' || identity.startsWith('x509.subject:') ? identity : `x509.subject: ${identity}`,
  )
  return {
    name,
    ...(statementForFiles ? (global ? { globalPolicy: true } : {}) : { registryScopes: scope }),
    signatureVerification: { level },
    trustStores: trustStore.map(store => parseStore(store).text),
    trustedIdentities: level === 'skip' ? [] : identities.length > 0 ? identities : ['*'],
  }
}

function missing(flag: string, example: string): Error {
  return usageError(`${flag} is missing`, {
    why: 'a statement says for what it is, and whom to trust',
    fix: `add ${example}`,
  })
}

function clash(one: string, other: string, why: string): Error {
  return usageError(`${one} and ${other} cannot be used together`, {
    why,
    fix: 'sealwright policy init --help',
  })
}
