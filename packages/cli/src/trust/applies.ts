import { type PolicyKind, type Statement, selectBlobStatement, selectOciStatement } from '@sealwright/notary'
import { parseTarget, type Target } from '../targets/target.ts'
import type { AppliesDocument } from './document.ts'

/** Which kind of policy judges a target: artifacts or files. */
export function kindOf(target: Target): PolicyKind {
  return target.kind === 'file' ? 'blob' : 'oci'
}

/** Reads the argument of `--for`: a target, or a repository alone. */
export function parseFor(text: string, cwd: string): Target {
  const isRepository =
    /^[^/@]+\/[^:@]+$/.test(text) && !text.includes(':/') && !/^(oci|oci-archive|file):/.test(text)
  return parseTarget(
    isRepository && !text.startsWith('.') ? `${text}:latest` : text,
    cwd,
    'policy show --for',
  )
}

/** The statement that applies to a target, and for each other why it does not. */
export function appliesTo(statements: readonly Statement[], target: Target, text: string): AppliesDocument {
  const scope = target.kind === 'registry' ? (target.written ?? target.repository) : undefined
  const policy = { version: '1.0' as const, trustPolicies: statements }
  const chosen =
    target.kind === 'file' ? selectBlobStatement(policy, undefined) : selectOciStatement(policy, scope)
  return {
    target: text,
    statement: chosen?.name ?? null,
    others: statements
      .filter(({ name }) => name !== chosen?.name)
      .map(other => ({ statement: other.name, why: whyNot(other, target, scope) })),
  }
}

function whyNot({ registryScopes = [] }: Statement, target: Target, scope: string | undefined): string {
  if (target.kind === 'file') return 'it is not the global statement'
  if (scope === undefined) return 'a layout or an archive has no repository: without --scope only * applies'
  return registryScopes.includes('*')
    ? `it is for what no other statement names, and one names ${scope}`
    : `its scopes do not name ${scope}`
}

/** The text of {@link appliesTo}. */
export function appliesLines(applies: AppliesDocument): string[] {
  return [
    applies.statement === null
      ? `for ${applies.target}: no statement applies, so verification is denied`
      : `for ${applies.target}: statement "${applies.statement}" applies`,
    ...applies.others.map(other => `  "${other.statement}" does not: ${other.why}`),
  ]
}
