import { type PolicySigner, predicateName, type Requirement, type Statement } from '@sealwright/notary'
import { EXIT } from '../../runtime/exit.ts'
import { exitCodeOfError, failureOf } from '../../runtime/failure.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { failureLines } from '../../runtime/text.ts'
import { formatTime } from '../../runtime/time.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { appliesLines, appliesTo, decisionLines, kindOf, parseFor } from '../../trust/applies.ts'
import {
  faultLine,
  noPolicy,
  type OwnPolicy,
  policyDocument,
  readPolicies,
  type ShownPolicy,
} from '../../trust/shown-policy.ts'
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
  const deciding = policies.filter(policy => kind === undefined || [kind, 'sealwright'].includes(policy.kind))
  const unusable = errors[0] ?? faultOf(deciding)
  if (unusable === undefined && deciding.length === 0) throw noPolicy(trust, kind)
  if (unusable !== undefined && target !== undefined) throw unusable
  const applies =
    target && text !== undefined ? appliesTo(policies, target, { text, now: session.io.now() }) : undefined
  const document = { directory: trust, policies: policies.map(policyDocument), for: applies ?? null }
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
  const [own, ...others] = policies
  return [
    ...policies.flatMap(shown => [
      shown.file,
      ...shown.faults.map(fault => `  ${faultLine(shown.file, fault)}`),
      ...(shown.kind === 'sealwright' ? ownLines(shown) : shown.statements.flatMap(statementLines)),
    ]),
    ...(own?.kind === 'sealwright' ? decisionLines(own, others) : []),
  ]
}

function ownLines({ source: { policy } }: OwnPolicy): string[] {
  if (policy === undefined) return []
  const { expires, registries, signers, statements } = policy
  return [
    ...(expires === undefined ? [] : [`  expires     ${formatTime(expires)}`]),
    ...(registries === undefined ? [] : [`  registries  ${registries.join(', ')}`]),
    ...Object.entries(signers).map(([name, signer]) => `  signer      ${name}: ${describeSigner(signer)}`),
    ...statements.flatMap(({ name, scopes, files, default: isDefault, require, timestamp, revocation }) => [
      `  statement   ${name}`,
      `  applies to  ${files ? (isDefault ? 'every file' : 'files that name it') : scopes.join(', ')}`,
      `  requires    ${describeRequirement(require)}`,
      `  timestamp   ${[timestamp.require, ...timestamp.authorities].join(', ')}`,
      `  revocation  ${revocation.mode}, after expiry ${revocation.afterExpiry}`,
    ]),
  ]
}

function describeSigner(signer: PolicySigner): string {
  switch (signer.kind) {
    case 'certificates':
      return `${signer.stores.join(', ')}: ${signer.identities.join('; ')}`
    case 'key': {
      const end = signer.notAfter === undefined ? '' : `, until ${formatTime(signer.notAfter)}`
      return `key ${signer.file ?? signer.fingerprint}${end}`
    }
    case 'sigstore':
      return `${signer.identity} by ${signer.issuer}`
  }
}

function describeRequirement(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'signer':
      return requirement.signer
    case 'attestation': {
      const type = predicateName(requirement.predicateType) ?? requirement.predicateType
      return `${type} by ${requirement.by.join(' or ')}`
    }
    default: {
      const count = requirement.kind === 'atLeast' ? `${requirement.count}` : requirement.kind
      return `${count} of (${requirement.of.map(describeRequirement).join(', ')})`
    }
  }
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
