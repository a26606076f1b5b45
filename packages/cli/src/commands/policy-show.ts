import type { Statement } from '@sealwright/notary'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { appliesLines, appliesTo, kindOf, parseFor } from '../trust/applies.ts'
import { findPolicyFile, statementsOf } from '../trust/policy-file.ts'
import { faultLine, type ShownPolicy, showPolicy } from '../trust/shown-policy.ts'

/** `sealwright policy show [--for TARGET]` */
export async function policyShow(context: Context, _args: readonly string[], flags: Flags): Promise<Outcome> {
  const text = flags.for as string | undefined
  const target = text === undefined ? undefined : parseFor(text, context.io.cwd)
  const { trust } = (await context.settings()).paths
  const policies: ShownPolicy[] = []
  for (const kind of ['oci', 'blob'] as const) {
    const { path, bytes } = await findPolicyFile(trust, kind)
    if (bytes !== undefined) policies.push(showPolicy({ path, bytes }, kind))
  }
  const kind = target && kindOf(target)
  const statements = kind ? statementsOf(await findPolicyFile(trust, kind), kind) : []
  const applies = target ? appliesTo(statements, target, text as string) : undefined
  return {
    exitCode: 0,
    document: { directory: trust, policies: JSON.parse(JSON.stringify(policies)), for: applies ?? null },
    lines: applies ? appliesLines(applies) : shownLines(trust, policies),
  }
}

function shownLines(trust: string, policies: readonly ShownPolicy[]): string[] {
  if (policies.length === 0)
    return [`no policy in ${trust}: verification needs one`, '  sealwright policy init --help']
  return policies.flatMap(({ file, faults, statements }) => [
    file,
    ...faults.map(fault => `  ${faultLine(file, fault)}`),
    ...(statements as readonly Statement[]).flatMap(statementLines),
  ])
}

function statementLines(statement: Statement): string[] {
  const { level, override } = statement.signatureVerification
  const overrides = Object.entries(override ?? {}).map(([check, action]) => `${check}: ${action}`)
  const scopes = statement.registryScopes ?? [statement.globalPolicy ? 'every file' : 'files that name it']
  return [
    `  statement   ${statement.name}`,
    `  applies to  ${scopes.join(', ')}`,
    `  level       ${level}${overrides.length > 0 ? ` (${overrides.join(', ')})` : ''}`,
    `  stores      ${statement.trustStores.join(', ') || '-'}`,
    `  identities  ${statement.trustedIdentities.join('; ') || '-'}`,
    '',
  ].slice(0, -1)
}
