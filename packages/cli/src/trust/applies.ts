import {
  canonicalScope,
  type PolicyKind,
  type PolicyStatement,
  type Statement,
  selectBlobStatement,
  selectOciStatement,
  selectPolicyStatement,
} from '@sealwright/notary'
import { parseTarget, type Target } from '../targets/target.ts'
import type { AppliesDocument } from './document.ts'
import type { OwnPolicy, ShownPolicy } from './shown-policy.ts'

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

/** Which policy decides about a target, and by which statement; for each other why it does not. */
export function appliesTo(
  policies: readonly ShownPolicy[],
  target: Target,
  { text, now }: { readonly text: string; readonly now: Date },
): AppliesDocument {
  const own = policies.find(shown => shown.kind === 'sealwright')
  const notation = policies.find(shown => shown.kind === kindOf(target))
  const notations = notation?.kind === 'sealwright' ? undefined : notation
  if (own?.source.policy === undefined) return ofNotation(notations, target, text)
  const { policy } = own.source
  const scope = scopeOf(target)
  const wanted =
    target.kind === 'file'
      ? ({ kind: 'file' } as const)
      : ({ kind: 'artifact', scope, places: target.kind === 'registry' ? [target.repository] : [] } as const)
  const { denied, statement } = selectPolicyStatement({ ...own.source, policy }, wanted, now)
  const others = policy.statements
    .filter(({ name }) => name !== statement?.name)
    .map(other => ({ file: own.file, statement: other.name, why: ownWhyNot(other, target, scope) }))
  if (denied === undefined && statement === undefined) {
    const fallen = ofNotation(notations, target, text)
    return { ...fallen, others: [...others, ...fallen.others] }
  }
  const rest = notations?.statements ?? []
  return {
    target: text,
    file: own.file,
    statement: statement?.name ?? null,
    denied,
    others: [
      ...others,
      ...rest.map(({ name }) => ({ file: notations!.file, statement: name, why: `${own.file} decides` })),
    ],
  }
}

function ofNotation(
  shown: Extract<ShownPolicy, { readonly statements: unknown }> | undefined,
  target: Target,
  text: string,
): AppliesDocument {
  if (shown === undefined) return { target: text, statement: null, others: [] }
  const { file, statements } = shown
  const scope = scopeOf(target)
  const policy = { version: '1.0' as const, trustPolicies: statements }
  const chosen =
    target.kind === 'file' ? selectBlobStatement(policy, undefined) : selectOciStatement(policy, scope)
  return {
    target: text,
    file,
    statement: chosen?.name ?? null,
    others: statements
      .filter(({ name }) => name !== chosen?.name)
      .map(other => ({ file, statement: other.name, why: whyNot(other, target, scope) })),
  }
}

function scopeOf(target: Target): string | undefined {
  return target.kind === 'registry' ? (target.written ?? target.repository) : undefined
}

const NO_REPOSITORY = 'a layout or an archive has no repository: without --scope only * applies'

function whyNot({ registryScopes = [] }: Statement, target: Target, scope: string | undefined): string {
  if (target.kind === 'file') return 'it is not the global statement'
  if (scope === undefined) return NO_REPOSITORY
  return registryScopes.includes('*')
    ? `it is for what no other statement names, and one names ${scope}`
    : `its scopes do not name ${scope}`
}

function ownWhyNot({ files, scopes }: PolicyStatement, target: Target, scope: string | undefined): string {
  if (target.kind === 'file')
    return files ? 'it is not the default; verify --statement names it' : 'it is for artifacts'
  if (files) return 'it is for files'
  if (scope === undefined) return NO_REPOSITORY
  return scopes.some(each => coversRepository(each, scope))
    ? 'a scope of another statement is more exact'
    : `its scopes do not cover ${scope}`
}

function coversRepository(scope: string, repository: string): boolean {
  const canonical = canonicalScope(repository)
  return (
    scope === '*' || scope === canonical || (scope.endsWith('/*') && canonical.startsWith(scope.slice(0, -1)))
  )
}

/** The text of {@link appliesTo}. */
export function appliesLines({ target, file, statement, denied, others }: AppliesDocument): string[] {
  const several = new Set([file, ...others.map(other => other.file)]).size > 1
  const named = (where: string | undefined): string => (several && where !== undefined ? ` of ${where}` : '')
  const head =
    denied !== undefined
      ? `for ${target}: denied (${denied.code}): ${denied.why}`
      : statement === null
        ? `for ${target}: no statement applies, so verification is denied`
        : `for ${target}: statement "${statement}"${named(file)} applies`
  return [head, ...others.map(other => `  "${other.statement}"${named(other.file)} does not: ${other.why}`)]
}

/** Which file decides for which targets, where Sealwright's policy exists. */
export function decisionLines(own: OwnPolicy, others: readonly ShownPolicy[]): readonly string[] {
  if (own.source.policy === undefined) return []
  const { statements, otherwise } = own.source.policy
  const covered = statements.flatMap(({ files, name, scopes, default: isDefault }) =>
    files ? [isDefault ? 'files' : `files by --statement ${name}`] : scopes,
  )
  const rest = others.map(({ file }) => file).join(', ')
  const lines = covered.length === 0 ? [] : [`${own.file} decides for ${covered.join(', ')}`]
  if (otherwise === 'deny')
    lines.push(`all else is denied by ${own.file}${rest === '' ? '' : `; ${rest} has no effect`}`)
  else lines.push(`all else is left to ${rest === '' ? "Notation's policy, which does not exist" : rest}`)
  return lines
}
