import type { Requirement, RequirementLeaf } from '../../src/policy/policy.ts'
import type { LeafCandidate, LeafFindings } from '../../src/policy/requirement-report.ts'

/**
 * Reads a tree as the tests write it: `all(vendor, 2(alice, bob, carol), any(hub, @builder))`. `@builder` is an attestation
 * by the builder.
 */
export function tree(text: string): Requirement {
  const tokens = text.match(/[^\s(),]+|[(),]/g)!
  const read = (): Requirement => {
    const name = tokens.shift()!
    if (tokens[0] !== '(') {
      return name.startsWith('@')
        ? { kind: 'attestation', predicateType: 'https://slsa.dev/provenance/v1', by: [name.slice(1)] }
        : { kind: 'signer', signer: name }
    }
    const of: Requirement[] = []
    while (tokens.shift() !== ')') of.push(read())
    return name === 'all' || name === 'any'
      ? { kind: name, of }
      : { kind: 'atLeast', count: Number(name), of }
  }
  return read()
}

export const all = (...of: readonly Requirement[]): Requirement => ({ kind: 'all', of })
export const any = (...of: readonly Requirement[]): Requirement => ({ kind: 'any', of })
export const atLeast = (count: number, ...of: readonly Requirement[]): Requirement => ({
  kind: 'atLeast',
  count,
  of,
})

export function leavesOf(requirement: Requirement): readonly RequirementLeaf[] {
  return 'of' in requirement ? requirement.of.flatMap(leavesOf) : [requirement]
}

/** Whether the leaves in `met` satisfy the tree, whoever met them. */
export function satisfies(requirement: Requirement, met: ReadonlySet<RequirementLeaf>): boolean {
  if (!('of' in requirement)) return met.has(requirement)
  const count = requirement.of.filter(child => satisfies(child, met)).length
  if (requirement.kind === 'all') return count === requirement.of.length
  return count >= (requirement.kind === 'any' ? 1 : requirement.count)
}

export function sharesMark(a: LeafCandidate, b: LeafCandidate): boolean {
  return a.principal.some(mark => b.principal.includes(mark))
}

/**
 * The rule itself, tried out: whether candidates of these states, one or none for each leaf, satisfy the tree, with those
 * of signer leaves by pairwise different principals. Leaves of `fresh` are met by somebody who signed nothing else.
 */
export function isSatisfiable(
  requirement: Requirement,
  findings: LeafFindings,
  states: readonly LeafCandidate['state'][],
  fresh: ReadonlySet<RequirementLeaf> = new Set(),
): boolean {
  const leaves = leavesOf(requirement)
  const tryFrom = (
    index: number,
    met: ReadonlySet<RequirementLeaf>,
    chosen: readonly LeafCandidate[],
  ): boolean => {
    const leaf = leaves[index]
    if (leaf === undefined) return satisfies(requirement, met)
    const { candidates, unknown } = findings.get(leaf) ?? { candidates: [] }
    const next = new Set([...met, leaf])
    if (fresh.has(leaf) || (unknown !== undefined && states.includes('unknown')))
      return tryFrom(index + 1, next, chosen)
    const usable = candidates.filter(({ state }) => states.includes(state))
    const isFree = (candidate: LeafCandidate) =>
      leaf.kind === 'attestation' || !chosen.some(other => sharesMark(candidate, other))
    return (
      usable.some(
        candidate =>
          isFree(candidate) &&
          tryFrom(index + 1, next, leaf.kind === 'attestation' ? chosen : [...chosen, candidate]),
      ) || tryFrom(index + 1, met, chosen)
    )
  }
  return tryFrom(0, new Set(), [])
}

/** The size of a smallest set of leaves whose fulfilment by new principals satisfies the tree. */
export function smallestMissing(requirement: Requirement, findings: LeafFindings): number {
  const leaves = leavesOf(requirement)
  for (let size = 0; size <= leaves.length; size++) {
    for (const subset of subsets(leaves, size)) {
      if (isSatisfiable(requirement, findings, ['met'], new Set(subset))) return size
    }
  }
  throw new Error('the tree cannot be satisfied at all')
}

function* subsets<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) yield []
  else
    for (const [index, item] of items.entries())
      for (const rest of subsets(items.slice(index + 1), size - 1)) yield [item, ...rest]
}

let serial = 0

export function candidate(
  state: LeafCandidate['state'],
  principal: readonly string[],
  extra: Partial<LeafCandidate> = {},
): LeafCandidate {
  return {
    state,
    signature: `sha256:${(++serial).toString(16).padStart(64, '0')}`,
    principal,
    trusted: state !== 'unmet',
    ...(state === 'met'
      ? {}
      : { why: state === 'unknown' ? 'signed, but the OCSP responder timed out' : 'signed, but expired' }),
    ...extra,
  }
}

const STATES = { '=': 'met', '?': 'unknown', '!': 'unmet', '-': 'unmet' } as const

/**
 * Reads what was found, as the tests write it: `alice=A bob?B carol!C dave-`. `alice=A` is a signature by the key A that
 * meets the leaf of alice, `?` one that could not be judged, `!` one by a trusted signer that fails in what the policy asks
 * beyond trust, `-` one that fails otherwise; `alice=A+s` has the subject s besides, and `alice...` says that the list was cut off.
 */
export function found(requirement: Requirement, text: string): LeafFindings {
  const leaves = leavesOf(requirement)
  const candidates = new Map<string, LeafCandidate[]>()
  const cut = new Set<string>()
  for (const token of text.split(' ').filter(each => each !== '')) {
    const [, name = '', mark = '', rest = ''] = /^(@?\w+)(\.\.\.|[=?!-])(.*)$/.exec(token)!
    if (!leaves.some(leaf => nameOf(leaf) === name)) throw new Error(`${token} is of another tree`)
    if (mark === '...') cut.add(name)
    else {
      const state = STATES[mark as keyof typeof STATES]
      const [key, ...subjects] = rest.split('+').filter(each => each !== '')
      const principal = [
        ...(key === undefined ? [] : [`key:${key}`]),
        ...subjects.map(each => `subject:${each}`),
      ]
      const trusted = mark === '!' || state !== 'unmet'
      const why = state === 'unknown' ? 'not known whether revoked' : trusted ? 'too old' : 'revoked'
      const one = candidate(state, principal, { trusted, ...(state === 'met' ? {} : { why }) })
      candidates.set(name, [...(candidates.get(name) ?? []), one])
    }
  }
  return new Map(
    leaves.map(leaf => [
      leaf,
      {
        candidates: candidates.get(nameOf(leaf)) ?? [],
        unknown: cut.has(nameOf(leaf)) ? 'the list of signatures was cut off' : undefined,
      },
    ]),
  )
}

function nameOf(leaf: RequirementLeaf): string {
  return leaf.kind === 'signer' ? leaf.signer : `@${leaf.by[0]}`
}

export function leafAt(requirement: Requirement, path: readonly number[]): RequirementLeaf {
  const node = path.reduce<Requirement>(
    (at, index) => (at as { of: readonly Requirement[] }).of[index]!,
    requirement,
  )
  return node as RequirementLeaf
}

/** The findings with a new principal for each of the leaves. */
export function fulfil(findings: LeafFindings, leaves: ReadonlySet<RequirementLeaf>): LeafFindings {
  return new Map(
    [...findings].map(([leaf, found], index) => [
      leaf,
      leaves.has(leaf)
        ? { ...found, candidates: [...found.candidates, candidate('met', [`key:new-${index}`])] }
        : found,
    ]),
  )
}
