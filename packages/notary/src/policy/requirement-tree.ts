import { SealwrightError } from '@sealwright/core'
import { MISSING, type Plan } from './distinct-principals.ts'
import type { Requirement, RequirementLeaf } from './policy.ts'
import {
  type LeafCandidate,
  type MissingLeaf,
  NOTHING,
  type RequirementReport,
  type RequirementState,
  type UnmetLeaf,
} from './requirement-report.ts'

export type JudgedNode = JudgedLeaf | JudgedGroup

/** A leaf with what was found for it. */
export interface JudgedLeaf {
  /** Its index among all leaves. */
  readonly leaf: number
  readonly requirement: RequirementLeaf
  /** The index of the child at each level. */
  readonly path: readonly number[]
  /** In an order that does not depend on that in which they were found. */
  readonly met: readonly LeafCandidate[]
  readonly unknown: readonly LeafCandidate[]
  readonly unmet: readonly LeafCandidate[]
  /** Why something might meet it that was not seen. */
  readonly unseen: string | undefined
}

interface JudgedGroup {
  readonly leaf?: undefined
  readonly requirement: Exclude<Requirement, RequirementLeaf>
  readonly path: readonly number[]
  readonly need: number
  readonly of: readonly JudgedNode[]
}

/** How the judgement of a tree ended. */
export interface Outcome {
  /** Who counts for which leaf; leaves that cost something are missing. */
  readonly plan: Plan<LeafCandidate | undefined>
  /** No plan has fewer leaves missing. */
  readonly smallest: boolean
  /** The budget ended before anything was certain. */
  readonly limit?: boolean | undefined
  /** The plan counts only on what might be met already. */
  readonly onlyUnknown?: boolean | undefined
}

interface ToldRequirement {
  readonly report: RequirementReport
  readonly missing: readonly MissingLeaf[]
  readonly used: ReadonlyMap<RequirementLeaf, LeafCandidate>
}

/** Makes the report of a judged tree, and names what is missing. */
export function reportRequirement(
  tree: JudgedNode,
  leaves: readonly JudgedLeaf[],
  outcome: Outcome,
): ToldRequirement {
  const assigned = assign(leaves, outcome)
  const states = leaves.map(leaf => stateOf(leaf, assigned, outcome))
  const report = reportOf(tree, states)
  const used = [...assigned].filter(([, { state }]) => state === 'met')
  return {
    report,
    missing: missingOf(tree, report, outcome),
    used: new Map(used.map(([{ requirement }, { candidate }]) => [requirement, candidate!])),
  }
}

/** What counts for a leaf; `candidate` is absent where only something that was not seen might meet it. */
interface Assigned {
  readonly state: 'met' | 'unknown'
  readonly candidate: LeafCandidate | undefined
}

type Assignment = ReadonlyMap<JudgedLeaf, Assigned>

/** Assigns what the plan chose, then all else that is or might be met at the same time. */
function assign(leaves: readonly JudgedLeaf[], { plan }: Outcome): Assignment {
  const assigned = new Map<JudgedLeaf, Assigned>()
  const taken = new Set<string>()
  const give = (leaf: JudgedLeaf, state: Assigned['state'], candidate: LeafCandidate | undefined): void => {
    if (assigned.has(leaf)) return
    const marks = candidate === undefined ? [] : marksOf(leaf, candidate)
    if (marks.some(mark => taken.has(mark))) return
    for (const mark of marks) taken.add(mark)
    assigned.set(leaf, { state, candidate })
  }
  for (const [index, { by, cost }] of plan.chosen) {
    if (by !== undefined) give(leaves[index]!, cost === 0 ? 'met' : 'unknown', by)
  }
  for (const leaf of leaves) for (const candidate of leaf.met) give(leaf, 'met', candidate)
  for (const leaf of leaves) {
    for (const candidate of leaf.unknown) give(leaf, 'unknown', candidate)
    if (leaf.unseen !== undefined) give(leaf, 'unknown', undefined)
  }
  return assigned
}

/** A leaf as the report shows it. */
interface LeafState {
  readonly state: RequirementState
  readonly signature?: string | undefined
  readonly why?: string | undefined
}

function stateOf(leaf: JudgedLeaf, assigned: Assignment, { limit }: Outcome): LeafState {
  const own = assigned.get(leaf)
  if (own?.state === 'met') return { state: 'met', signature: own.candidate!.signature }
  if (own !== undefined) {
    return { state: 'unknown', why: own.candidate?.why ?? leaf.unseen ?? 'it could not be judged' }
  }
  const rival = rivalOf(leaf, assigned)
  if (rival !== undefined) return { state: limit === true ? 'unknown' : 'unmet', why: rival }
  const [nearest] = leaf.unmet.toSorted((a, b) => distance(a) - distance(b) || byIdentity(a, b))
  return { state: 'unmet', why: nearest?.why ?? NOTHING[leaf.requirement.kind] }
}

/** Of a leaf that has a good candidate and does not count: for which other leaf the same principal counts. */
function rivalOf(leaf: JudgedLeaf, assigned: Assignment): string | undefined {
  const [candidate] = [...leaf.met, ...leaf.unknown]
  if (candidate === undefined) return undefined
  const marks = marksOf(leaf, candidate)
  for (const [other, { candidate: counted }] of assigned) {
    const shared = counted && marksOf(other, counted).find(mark => marks.includes(mark))
    if (shared) return `signed by the same principal as ${nameOf(other.requirement)}: ${shared}`
  }
  return undefined
}

function reportOf(node: JudgedNode, states: readonly LeafState[]): RequirementReport {
  if (node.leaf !== undefined) {
    const { requirement } = node
    const state = states[node.leaf]!
    if (requirement.kind === 'signer') return { kind: 'signer', signer: requirement.signer, ...state }
    return { kind: 'attestation', predicateType: requirement.predicateType, by: requirement.by, ...state }
  }
  const { requirement, need } = node
  const of = node.of.map(child => reportOf(child, states))
  const met = of.filter(({ state }) => state === 'met').length
  const unknown = of.filter(({ state }) => state === 'unknown').length
  const state = met >= need ? 'met' : met + unknown >= need ? 'unknown' : 'unmet'
  if (requirement.kind === 'atLeast') return { kind: 'atLeast', count: need, state, of }
  return { kind: requirement.kind, state, of }
}

/** The leaves for which the plan counts on something that was not found. */
function missingOf(node: JudgedNode, report: RequirementReport, outcome: Outcome): readonly MissingLeaf[] {
  if (node.leaf !== undefined) {
    return isMissing(node, report, outcome) ? [{ ...unmetLeaf(node, report), path: node.path }] : []
  }
  const reports = 'of' in report ? report.of : []
  const children = node.of.map((child, index) => ({ child, told: reports[index]! }))
  const among = children.flatMap(({ child, told }) =>
    child.leaf !== undefined && (isMissing(child, told, outcome) || wouldDo(child, told, outcome))
      ? [unmetLeaf(child, told)]
      : [],
  )
  const missing = children.filter(({ child, told }) => isMissing(child, told, outcome)).length
  const met = children.flatMap(({ child, told }) => (told.state === 'met' ? [nameOf(child.requirement)] : []))
  const choice = { need: node.need, size: node.of.length, met, missing, among }
  return children.flatMap(({ child, told }) => {
    const lacking = missingOf(child, told, outcome)
    return child.leaf === undefined || among.length === missing
      ? lacking
      : lacking.map(leaf => ({ ...leaf, choice }))
  })
}

function isMissing(node: JudgedNode, { state }: RequirementReport, { plan }: Outcome): boolean {
  if (node.leaf === undefined || state === 'met') return false
  return (plan.chosen.get(node.leaf)?.cost ?? 0) >= MISSING
}

/** Whether a leaf that the plan passed over could take the place of one that is missing in the same group. */
function wouldDo(node: JudgedLeaf, { state }: RequirementReport, { plan, onlyUnknown }: Outcome): boolean {
  return !plan.chosen.has(node.leaf) && (state === 'unknown' || (state === 'unmet' && onlyUnknown !== true))
}

function unmetLeaf({ requirement }: JudgedNode, report: RequirementReport): UnmetLeaf {
  const why = 'why' in report ? report.why : undefined
  return { leaf: nameOf(requirement), state: report.state === 'unknown' ? 'unknown' : 'unmet', why: why! }
}

function nameOf(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'signer':
      return requirement.signer
    case 'attestation':
      return `attestation ${requirement.predicateType} by ${requirement.by.join(', ')}`
    default: {
      const count = requirement.kind === 'atLeast' ? requirement.count : requirement.kind
      return `${count} of (${requirement.of.map(nameOf).join(', ')})`
    }
  }
}

/** What identifies whom a candidate is by; nothing for an attestation, whose signer may sign as well. */
export function marksOf(leaf: JudgedLeaf, { principal, state, signature }: LeafCandidate): readonly string[] {
  if (leaf.requirement.kind === 'attestation') return []
  if (state === 'met' && principal.length === 0) {
    throw new SealwrightError('INTERNAL', `signature ${signature} was accepted without a principal`)
  }
  return principal
}

/** How far a candidate is from meeting its leaf. */
export function distance({ trusted, principal }: LeafCandidate): number {
  return trusted ? 1 : principal.length > 0 ? 2 : 3
}

/** Sorts candidates by what they are. */
export function byIdentity(a: LeafCandidate, b: LeafCandidate): number {
  return compare(a.signature, b.signature) || compare(detailOf(a), detailOf(b))
}

function detailOf({ principal, why = '' }: LeafCandidate): string {
  return JSON.stringify([principal.toSorted(), why])
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
