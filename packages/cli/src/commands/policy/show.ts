import type { Statement } from '@sealwright/notary'
import { EXIT } from '../../runtime/exit.ts'
import { exitCodeOfError, failureOf } from '../../runtime/failure.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { failureLines } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { appliesLines, appliesTo, kindOf, parseFor } from '../../trust/applies.ts'
import { faultLine, noPolicy, readPolicies, type ShownPolicy } from '../../trust/shown-policy.ts'
import type { PolicyShowFlags } from './spec.ts'

/** `sealwright policy show [--for TARGET]` */
export async function policyShow(
  session: Session,
  _args: readonly string[],
  flags: PolicyShowFlags,
): Promise<Outcome> {
  const text = flags.for
  const target = text === undefined ? undefined : parseFor(text, session.io.cwd)
  const { trust } = (await session.settings()).paths
  const { policies, errors } = await readPolicies(trust)
  const kind = target && kindOf(target)
  const deciding = policies.find(policy => policy.kind === kind)
  const unusable = errors[0] ?? faultOf(kind === undefined ? policies : deciding ? [deciding] : [])
  if (unusable === undefined && (kind === undefined ? policies.length === 0 : deciding === undefined))
    throw noPolicy(trust, kind)
  if (unusable !== undefined && target !== undefined) throw unusable
  const applies = target && text !== undefined ? appliesTo(deciding!.statements, target, text) : undefined
  const document = { directory: trust, policies, for: applies ?? null }
  const lines = applies ? appliesLines(applies) : shownLines(policies)
  if (unusable === undefined) return { exitCode: EXIT.done, document, lines }
  // What can be used is shown beside what cannot.
  const error = failureOf(unusable)
  return {
    exitCode: exitCodeOfError(unusable),
    document: { ...document, error },
    lines,
    faults: failureLines('error', error, session.styleErr),
  }
}

function faultOf(policies: readonly ShownPolicy[]): ReturnType<typeof usageError> | undefined {
  for (const { file, faults } of policies) {
    const errors = faults.filter(({ severity }) => severity === 'error')
    if (errors.length === 0) continue
    return usageError(`${file} is not a trust policy that can be used`, {
      why: errors.map(fault => faultLine(file, fault)).join('; '),
      fix: 'correct the file, then: sealwright policy check',
    })
  }
  return undefined
}

function shownLines(policies: readonly ShownPolicy[]): string[] {
  return policies.flatMap(({ file, faults, statements }) => [
    file,
    ...faults.map(fault => `  ${faultLine(file, fault)}`),
    ...statements.flatMap(statementLines),
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
