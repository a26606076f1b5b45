import type { AttestationLeaf, Requirement, RequirementLeaf, SignerLeaf } from '../../src/policy/policy.ts'
import type { LeafCandidate, LeafFinding, LeafFindings } from '../../src/policy/requirement-report.ts'

export const signer = (name: string): SignerLeaf => ({ kind: 'signer', signer: name })

export const attestation = (...by: readonly string[]): AttestationLeaf => ({
  kind: 'attestation',
  predicateType: 'https://slsa.dev/provenance/v1',
  by,
})

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

export function* subsets<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) yield []
  else
    for (const [index, item] of items.entries())
      for (const rest of subsets(items.slice(index + 1), size - 1)) yield [item, ...rest]
}

let serial = 0

/** A candidate; `marks` as in a report, or names that become keys. */
export function candidate(
  state: LeafCandidate['state'],
  marks: readonly string[],
  extra: Partial<LeafCandidate> = {},
): LeafCandidate {
  return {
    state,
    signature: `sha256:${(++serial).toString(16).padStart(64, '0')}`,
    principal: marks.map(mark => (mark.includes(':') ? mark : `key:${mark}`)),
    trusted: state !== 'unmet',
    ...(state === 'met'
      ? {}
      : { why: state === 'unknown' ? 'signed, but the OCSP responder timed out' : 'signed, but expired' }),
    ...extra,
  }
}

/** A finding for each leaf, from candidates by the name of its signer. */
export function findingsFor(
  requirement: Requirement,
  byName: Readonly<Record<string, readonly LeafCandidate[] | LeafFinding>>,
): LeafFindings {
  return new Map(
    leavesOf(requirement).map(leaf => {
      const name = leaf.kind === 'signer' ? leaf.signer : leaf.by.join('+')
      const found = byName[name] ?? []
      return [leaf, 'candidates' in found ? found : { candidates: found }] as const
    }),
  )
}
