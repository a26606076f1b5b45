import type { Statement } from '@sealwright/notary'
import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import { exitCodeOfError, failureOf } from '../frame/failure.ts'
import type { Outcome } from '../frame/outcome.ts'
import { failureLines } from '../frame/text.ts'
import { usageError } from '../frame/usage.ts'
import { appliesLines, appliesTo, kindOf, parseFor } from '../trust/applies.ts'
import { faultLine, noPolicy, readPolicies, type ShownPolicy } from '../trust/shown-policy.ts'

/** `sealwright policy show [--for TARGET]` */
export async function policyShow(context: Context, _args: readonly string[], flags: Flags): Promise<Outcome> {
  const text = flags.for as string | undefined
  const target = text === undefined ? undefined : parseFor(text, context.io.cwd)
  const { trust } = (await context.settings()).paths
  const { policies, errors } = await readPolicies(trust)
  const kind = target && kindOf(target)
  const deciding = policies.find(policy => policy.kind === kind)
  const unusable = errors[0] ?? faultOf(kind === undefined ? policies : deciding ? [deciding] : [])
  if (unusable === undefined && (kind === undefined ? policies.length === 0 : deciding === undefined))
    throw noPolicy(trust, kind)
  if (unusable !== undefined && target !== undefined) throw unusable
  const applies = target
    ? appliesTo(deciding!.statements as readonly Statement[], target, text as string)
    : undefined
  const document = { directory: trust, policies: JSON.parse(JSON.stringify(policies)), for: applies ?? null }
  const lines = applies ? appliesLines(applies) : shownLines(policies)
  if (unusable === undefined) return { exitCode: EXIT.done, document, lines }
  // What can be used is shown beside what cannot.
  const error = failureOf(unusable)
  return {
    exitCode: exitCodeOfError(unusable),
    document: { ...document, error },
    lines,
    faults: failureLines('error', error, context.paintErr),
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
